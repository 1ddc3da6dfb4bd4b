r"""Does not match ^\\d{4}[0-9A-Z]\\d{6}$."""

from quiforme.anomalies.columns import LIGNES_OF
from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="nda_malforme",
    severite="mineure",
    cle=("nda",),
    needs=("liste_of",),
    sql=f"""
    SELECT nda, {LIGNES_OF} FROM lignes_of WHERE NOT is_nda(nda) GROUP BY nda
    """,
    message="Le numéro de déclaration « {nda} » n'a pas la forme attendue : le faire vérifier.",
)
