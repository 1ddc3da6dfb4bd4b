"""What two optional services add to the files: Sirene's changes since the stock, and the communes of addresses."""

from typing import Final

KEPT: Final = ("sirene_recente", "adresses")
"""The tables that are stored and passed from one run to the next (pipeline/shared/source_tables.sql defines them)."""
