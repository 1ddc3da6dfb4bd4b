"""ONISEP's validated UAI is not among the directory's UAIs for that document SIRET."""

from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="uai_divergent",
    severite="majeure",
    cle=("siret",),
    needs=("annuaire_education", "referentiel_onisep"),
    sql="""
    SELECT siret, min(uai) AS uai,
           to_json({referentiel_onisep: list(DISTINCT uai ORDER BY uai), annuaire_education: any_value(known)}) AS constats
    FROM (SELECT siret, uai FROM referentiel_onisep WHERE is_uai(uai) AND is_siret(siret)) AS onisep
    JOIN (SELECT siret, list(DISTINCT uai ORDER BY uai) AS known FROM uai_annuaire GROUP BY siret) AS directory USING (siret)
    SEMI JOIN document_sirets USING (siret)
    WHERE NOT list_contains(known, uai)
    GROUP BY siret
    """,
    message="""
    Le référentiel ONISEP donne à l'établissement {{ siret }} le code UAI {{ referentiel_onisep }}, mais l'annuaire de l'éducation
    lui donne {{ annuaire_education }}.
    """,
    request="Demander à l'établissement son code UAI, et de faire corriger la source qui se trompe.",
)
