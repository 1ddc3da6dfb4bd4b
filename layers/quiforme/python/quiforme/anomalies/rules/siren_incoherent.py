"""OF row: `siren` is not the first 9 digits of the declared SIRET, both well formed."""

from quiforme.anomalies.columns import LIGNES_OF
from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="siren_incoherent",
    severite="majeure",
    cle=("nda",),
    needs=("liste_of",),
    sql=f"""
    SELECT nda, {LIGNES_OF} FROM lignes_of
    WHERE nda <> '' AND regexp_full_match(siren, '[0-9]{{9}}') AND regexp_full_match(siret, '[0-9]{{14}}')
      AND siren <> left(siret, 9)
    GROUP BY nda
    """,
    message=(
        "La déclaration {nda} porte un SIREN qui n'est pas celui de son SIRET : faire préciser "
        "l'établissement déclarant."
    ),
)
