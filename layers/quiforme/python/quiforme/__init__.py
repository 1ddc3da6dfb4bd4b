"""Quiforme: may this training body be paid? From the producers' files to one answer per SIRET."""
