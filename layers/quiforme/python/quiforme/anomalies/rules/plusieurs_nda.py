"""One establishment declares more than one NDA."""

from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="plusieurs_nda",
    severite="info",
    cle=("siret",),
    needs=("liste_of",),
    sql="""
    SELECT siret, to_json({liste_of: list(DISTINCT nda ORDER BY nda)}) AS constats,
           first(code_region ORDER BY line) FILTER (code_region IN (SELECT region FROM departements)) AS code_region
    FROM liste_of WHERE siret_valide AND nda <> '' GROUP BY siret HAVING count(DISTINCT nda) > 1
    """,
    message="L'établissement {siret} déclare plusieurs numéros de déclaration d'activité.",
)
