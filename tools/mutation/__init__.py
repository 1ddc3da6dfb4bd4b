"""Mutation tests of the SQL that decides: the rules, the ledger and the documents, each spoilt in small ways."""
