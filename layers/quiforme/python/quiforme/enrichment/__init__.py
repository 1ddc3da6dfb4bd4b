"""What two optional services add to the files: Sirene's changes since the stock, and where the OF list's addresses are."""

from typing import Final

KEPT: Final = ("sirene_recente", "adresses")
"""The tables that go from one run to the next (sources/schema.sql says what each holds)."""
