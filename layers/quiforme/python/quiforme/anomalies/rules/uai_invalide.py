"""The control letter of a UAI is wrong; for ONISEP, only the validated `uai` counts."""

from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="uai_invalide",
    severite="mineure",
    cle=("source", "uai"),
    needs=("annuaire_education|referentiel_onisep",),
    sql="""
    SELECT source, uai, to_json({uai: uai, sirets: list(DISTINCT siret ORDER BY siret)}) AS constats,
           first(siret ORDER BY rank) FILTER (is_siret(siret)) AS siret
    FROM (SELECT 'annuaire_education' AS source, uai, siret, row_number() OVER () AS rank FROM annuaire_education
          UNION ALL SELECT 'referentiel_onisep', uai, siret, rank FROM referentiel_onisep)
    WHERE uai <> '' AND NOT is_uai(uai)
    GROUP BY source, uai
    """,
    message="""
    Le code UAI « {{ uai }} » de la source « {{ source | source }} »
    {%- if sirets | present %} (SIRET {{ sirets }}){% endif %} n'est pas valide : ses 7 chiffres et sa lettre de contrôle ne vont
    pas ensemble.
    """,
    request="Demander à l'établissement son code UAI, et de faire corriger la source par son producteur.",
)
