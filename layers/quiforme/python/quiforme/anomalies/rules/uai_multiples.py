"""Several `OUVERT` directory UAIs for one document SIRET, primary schools left out: a commune has one SIRET for all of its.

A directory that an earlier version stored does not say which are primary schools: nothing opens, and what is open stays open.
"""

from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="uai_multiples",
    severite="mineure",
    cle=("siret",),
    needs=("annuaire_education",),
    sql="""
    SELECT siret, to_json({annuaire_education: list(DISTINCT uai ORDER BY uai)}) AS constats
    FROM uai_annuaire SEMI JOIN document_sirets USING (siret)
    WHERE etat = 'OUVERT' AND CASE
        WHEN (SELECT count(type_etablissement) > 0 FROM annuaire_education) THEN type_etablissement IS DISTINCT FROM 'Ecole'
        ELSE siret IN (SELECT cle->>'siret' FROM ledger WHERE code = 'uai_multiples' AND etat = 'ouverte')
    END
    GROUP BY siret HAVING count(DISTINCT uai) > 1
    """,
    message="""
    L'annuaire de l'éducation donne à l'établissement {{ siret }}, écoles primaires mises à part, plusieurs codes UAI ouverts :
    {{ annuaire_education }}.
    """,
    request="Demander à l'établissement lequel désigne son activité de formation, et si les autres servent encore.",
)
