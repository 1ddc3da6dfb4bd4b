"""Mutation tests of the SQL that decides: the rules, their facts, the ledger and the documents (docs/mutations.md)."""
