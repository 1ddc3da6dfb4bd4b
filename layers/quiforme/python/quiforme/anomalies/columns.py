"""Columns that many rules select alike."""

from typing import Final

LIGNES_OF: Final = """
    to_json({liste_of: list(DISTINCT constat ORDER BY constat)}) AS constats,
    first(siret ORDER BY line) FILTER (siret_valide) AS siret,
    first(siren_retenu ORDER BY line) FILTER (siren_retenu IS NOT NULL) AS siren,
    first(code_region ORDER BY line) FILTER (code_region IN (SELECT region FROM departements)) AS code_region
"""
"""Over rows of `lignes_of`, grouped: the rows as evidence, the establishment they declare first, its region."""
