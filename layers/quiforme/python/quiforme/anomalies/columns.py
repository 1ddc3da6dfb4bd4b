"""Columns that many rules select alike."""

from typing import Final

_FIRST: Final = "ORDER BY NOT siret_valide, siren_retenu IS NULL, line"
LIGNES_OF: Final = f"""
    to_json({{liste_of: list(DISTINCT constat ORDER BY constat)}}) AS constats,
    first(CASE WHEN siret_valide THEN siret END {_FIRST}) AS siret,
    first(siren_retenu {_FIRST}) AS siren,
    first(CASE WHEN code_region IN (SELECT region FROM departements) THEN code_region END {_FIRST}) AS code_region
"""
"""Over rows of `lignes_of`, grouped: the rows as evidence; and of one of them, the first with a valid SIRET, else with
a SIREN, else the first, what it is about: never the SIRET of one body with the region of another."""
