"""A Qualiopi category was true in the previously accepted list and is not any more; the NDA is still listed."""

from quiforme.anomalies.columns import LIST_EVIDENCE
from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="perte_qualiopi",
    severite="critique",
    cle=("nda", "categorie"),
    needs=("liste_of",),
    sql=f"""
    WITH lost AS (
        SELECT nda, categorie FROM qualiopi('previous.liste_of') WHERE certified
        UNION   -- what is open stays so: a loss shows only in the snapshots from before it
        SELECT cle->>'nda', cle->>'categorie' FROM ledger WHERE code = 'perte_qualiopi' AND etat = 'ouverte'
    ), subjects AS (
        SELECT nda, {LIST_EVIDENCE} FROM list_rows GROUP BY nda
    )
    SELECT nda, categorie, to_json({{liste_of: {{avant: true, maintenant: false}}}}) AS constats,
           siret, siren, code_region
    -- An NDA that left the list is in neither of the joined tables: nda_sorti_de_liste reports it.
    FROM lost JOIN current_qualiopi USING (nda, categorie) JOIN subjects USING (nda)
    WHERE NOT certified
    """,
    message="""
    La certification Qualiopi « {{ categorie | categorie }} » du numéro d'activité {{ nda }}
    {%- if siret %} (établissement {{ siret }}){% endif %} n'est plus dans la liste publique des organismes de formation, où elle
    était jusqu'alors.
    """,
    request="Demander à l'organisme si elle est retirée, suspendue ou en cours de renouvellement, et une copie de son certificat.",
    compares_with_previous=True,
)
