"""Listed though `dateDerniereDeclaration` is more than 730 days old."""

from quiforme.anomalies.columns import LIGNES_OF
from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="declaration_perimee",
    severite="mineure",
    cle=("nda",),
    needs=("liste_of",),
    sql=f"""
    SELECT nda, {LIGNES_OF} FROM lignes_of
    WHERE nda <> '' AND date_diff('day', date_derniere_declaration, getvariable('jour')::DATE) > 730
    GROUP BY nda
    """,
    message=(
        "La dernière déclaration connue pour {nda} a plus de deux ans : demander si le bilan pédagogique "
        "et financier a été transmis."
    ),
)
