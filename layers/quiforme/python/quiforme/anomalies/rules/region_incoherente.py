"""`codeRegion` is not the region of the declared establishment's Sirene commune, both known."""

from quiforme.anomalies.columns import LIGNES_OF
from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="region_incoherente",
    severite="mineure",
    cle=("nda",),
    needs=("liste_of", "sirene"),
    sql=f"""
    SELECT nda, {LIGNES_OF}
    FROM (SELECT lignes_of.* REPLACE ({{liste_of: constat, region_sirene: region}} AS constat)
          FROM lignes_of JOIN lieux USING (siret)
          WHERE nda <> '' AND code_region IN (SELECT region FROM departements) AND region <> code_region)
    GROUP BY nda
    """,
    message=(
        "La région déclarée pour {nda} n'est pas celle de la commune de l'établissement selon Sirene : "
        "vérifier l'adresse."
    ),
)
