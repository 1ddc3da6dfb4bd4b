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
    message="""
    La liste publique des organismes de formation donne plusieurs numéros de déclaration d'activité à l'établissement
    {{ siret }} : {{ liste_of }}.
    """,
    request="Demander à l'établissement lequel il utilise, et s'il a fait annuler les autres par la DREETS.",
)
