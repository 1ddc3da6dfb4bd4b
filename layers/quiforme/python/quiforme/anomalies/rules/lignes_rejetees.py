"""Rows of a source file could not be read: how many, the first ten with line and reason, and where they are kept."""

from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="lignes_rejetees",
    severite="mineure",
    cle=("source",),
    needs=(),
    sql="""
    SELECT source,
           to_json({nombre: rows_set_aside, premieres: first_rows_set_aside, conservees: rows_set_aside_key}) AS constats
    FROM source_outcomes WHERE rows_set_aside > 0
    """,
    message="""
    Lignes ou fiches illisibles dans le fichier de la source « {{ source | source }} » : {{ nombre }}
    {%- if premieres %}, à commencer par la n° {{ premieres[0].line }}{% endif %}. Le reste du fichier est utilisé.
    """,
    request="Les signaler au producteur, avec leur texte, qui est gardé à part.",
)
