"""The data in use are more than 3 days older than the run (Sirene's stock and succession: 45 days)."""

from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="source_perimee",
    severite="majeure",
    cle=("source",),
    needs=(),
    sql="""
    SELECT source, to_json({fichier: fichier, jour_des_donnees: jour}) AS constats
    FROM sources
    WHERE date_diff('day', jour, getvariable('day')::DATE)
          > CASE WHEN source IN ('sirene', 'sirene_succession') THEN 45 ELSE 3 END
    """,
    message="""
    Les données en usage de la source « {{ source | source }} » datent du {{ jour_des_donnees }} : elles sont trop anciennes.
    """,
    request="Demander au producteur s'il publie encore, et vérifier que son dernier fichier est arrivé.",
)
