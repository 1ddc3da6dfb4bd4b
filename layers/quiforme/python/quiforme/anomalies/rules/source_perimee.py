"""The data in use are older than their source allows: `stale_after_days` of sources/, 3 days, 45 for the Sirene stocks."""

from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="source_perimee",
    severite="majeure",
    cle=("source",),
    needs=(),
    sql="""
    SELECT source, to_json({fichier: fichier, jour_des_donnees: jour}) AS constats
    FROM sources
    WHERE date_diff('day', jour, getvariable('day')::DATE) > stale_after_days
    """,
    message="Les données en usage de la source « {source} » datent du {jour_des_donnees} : elles sont trop anciennes.",
    demande="Demander au producteur s'il publie encore, et vérifier que son dernier fichier est arrivé.",
)
