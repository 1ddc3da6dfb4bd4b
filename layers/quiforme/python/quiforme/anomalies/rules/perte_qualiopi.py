"""A category that was true in the previous list is not true now, and its NDA is still listed."""

from quiforme.anomalies.columns import LIGNES_OF
from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="perte_qualiopi",
    severite="critique",
    cle=("nda", "categorie"),
    needs=("liste_of",),
    sql=f"""
    WITH perdues AS (
        SELECT nda, categorie FROM qualiopi('previous.liste_of') WHERE vrai
        UNION
        SELECT cle->>'nda', cle->>'categorie' FROM registre WHERE code = 'perte_qualiopi' AND etat = 'ouverte'
    ), lieu AS (
        SELECT nda, {LIGNES_OF} FROM lignes_of GROUP BY nda
    )
    SELECT nda, categorie, to_json({{liste_of: {{avant: true, maintenant: false}}}}) AS constats,
           siret, siren, code_region
    FROM perdues JOIN qualiopi_maintenant USING (nda, categorie) JOIN lieu USING (nda)
    WHERE NOT vrai
    """,
    message="""
    La certification Qualiopi « {{ categorie | categorie }} » du numéro d'activité {{ nda }}
    {%- if siret %} (établissement {{ siret }}){% endif %} n'est plus dans la liste publique des organismes de formation, où elle
    était jusqu'alors.
    """,
    request="Demander à l'organisme si elle est retirée, suspendue ou en cours de renouvellement, et une copie de son certificat.",
    compare_avant=True,
)
