"""The same NDA on rows of different SIRENs."""

from quiforme.anomalies.columns import LIGNES_OF
from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="nda_partage",
    severite="majeure",
    cle=("nda",),
    needs=("liste_of",),
    sql=f"""
    SELECT nda, {LIGNES_OF} FROM lignes_of WHERE nda <> '' AND siren_retenu IS NOT NULL
    GROUP BY nda HAVING count(DISTINCT siren_retenu) > 1
    """,
    message="Le numéro de déclaration {nda} est porté par plusieurs unités légales : demander laquelle le détient.",
)
