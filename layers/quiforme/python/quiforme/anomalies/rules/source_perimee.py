"""The day of the data used is more than 3 days before the run's day (Sirene stock and succession: 45 days)."""

from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="source_perimee",
    severite="majeure",
    cle=("source",),
    needs=(),
    sql="""
    SELECT source, to_json({fichier: file, jour_des_donnees: day}) AS constats
    FROM source_outcomes
    WHERE date_diff('day', day, getvariable('day')::DATE) > stale_after_days
    """,
    message="""
    Les données en usage de la source « {{ source | source }} » datent du {{ jour_des_donnees }} : elles sont trop anciennes.
    """,
    request="Demander au producteur s'il publie encore, et vérifier que son dernier fichier est arrivé.",
)
