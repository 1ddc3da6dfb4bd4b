"""Measurements at national size: `make bench`."""
