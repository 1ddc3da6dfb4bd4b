"""`FICHE/ACTIF = Oui` though `DATE_FIN_ENREGISTREMENT` is before the day of the data of its register."""

from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="fin_enregistrement_depassee",
    severite="mineure",
    cle=("code_fiche",),
    needs=("rncp|rs",),
    sql="""
    SELECT code AS code_fiche,
           to_json({france_competences: {actif: 'Oui', date_fin_enregistrement: date_fin_enregistrement}}) AS constats
    FROM fiches JOIN source_outcomes ON source = lower(regexp_extract(code, '^[A-Z]+'))
    WHERE actif AND date_fin_enregistrement < day
    """,
    message="""
    France compétences tient la fiche {{ code_fiche }} pour active, alors que son enregistrement a pris fin le
    {{ france_competences.date_fin_enregistrement }}.
    """,
    request="""
    Demander au certificateur si l'enregistrement est renouvelé, et à France compétences de corriger la date ou l'état de la fiche.
    """,
)
