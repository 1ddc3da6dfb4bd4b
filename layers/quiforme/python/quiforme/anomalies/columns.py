"""SQL columns that several rules select."""

from typing import Final

LIST_EVIDENCE: Final = """
    to_json({liste_of: list(DISTINCT evidence ORDER BY evidence)}) AS constats,
    unnest(first({
        siret: CASE WHEN siret_valide THEN siret END,
        siren: siren_retenu,
        code_region: CASE WHEN code_region IN (SELECT region FROM departements) THEN code_region END
    } ORDER BY NOT siret_valide, siren_retenu IS NULL, line))
"""
"""Over grouped rows of `list_rows`: `constats` from all of them; `siret`, `siren` and `code_region` from one of them.

That row is the first with a valid SIRET, else the first with a SIREN, else the first. All three columns come from the same
row, so that an anomaly never gets the SIRET of one body and the region of another.
"""
