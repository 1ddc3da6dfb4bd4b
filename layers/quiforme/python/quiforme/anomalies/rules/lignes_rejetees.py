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
        "{nombre} ligne(s) du fichier de la source {source} n'ont pas pu être lues et ont été mises de côté : "
        "les signaler au producteur."
    ),
)
