"""Rows could not be read: how many, the first ten with their line and reason, where they are kept."""

from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="lignes_rejetees",
    severite="mineure",
    cle=("source",),
    needs=(),
    sql="""
    SELECT source,
           to_json({nombre: lignes_rejetees, premieres: premieres, conservees: lignes_conservees}) AS constats
    FROM sources WHERE lignes_rejetees > 0
    """,
    message=(
        "Lignes ou fiches illisibles dans le fichier de la source « {source} » : {nombre}[, à commencer par la "
        "n° {premieres.0.line}]. Le reste du fichier est utilisé."
    ),
    demande="Les signaler au producteur, avec leur texte, qui est gardé à part.",
)
