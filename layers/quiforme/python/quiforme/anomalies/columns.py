"""Columns that many rules select alike."""

from typing import Final

LIGNES_OF: Final = """
    to_json({liste_of: list(DISTINCT constat ORDER BY constat)}) AS constats,
    unnest(first({
        siret: CASE WHEN siret_valide THEN siret END,
        siren: siren_retenu,
        code_region: CASE WHEN code_region IN (SELECT region FROM departements) THEN code_region END
    } ORDER BY NOT siret_valide, siren_retenu IS NULL, line))
"""
"""Over rows of `lignes_of`, grouped: the rows as evidence; and of one of them, the first with a valid SIRET, else with
a SIREN, else the first, what it is about: never the SIRET of one body with the region of another."""
