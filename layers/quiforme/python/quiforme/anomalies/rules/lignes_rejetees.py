"""Rows of the file in use could not be read: how many, the line and reason of the first ten, where they are stored."""

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
    message="""
    Lignes ou fiches illisibles dans le fichier de la source « {{ source | source }} » : {{ nombre }}
    {%- if premieres %}, à commencer par la n° {{ premieres[0].line }}{% endif %}. Le reste du fichier est utilisé.
    """,
    request="Les signaler au producteur, avec leur texte, qui est gardé à part.",
)
