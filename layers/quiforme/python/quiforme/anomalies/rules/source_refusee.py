"""A guard refused today's file, or the file of a source that had one is absent; the previous one stays in use."""

from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="source_refusee",
    severite="critique",
    cle=("source",),
    needs=(),
    sql="""
    SELECT source,
           to_json({fichier: refused_file, motif: coalesce(reason, 'fichier absent'),
                    conserve: refused_file_key, fichier_en_usage: file}) AS constats,
           CASE state WHEN 'absent' THEN '{"code": "absent", "facts": {}}' ELSE refusal END AS details
    FROM source_outcomes WHERE state IN ('refused', 'absent')
    """,
    message="""
    Le fichier du jour de la source « {{ source | source }} » n'a pas été accepté ({{ details | refusal }}) : le dernier accepté
    reste en usage.
    """,
    request="Vérifier le fichier, et demander au producteur d'en publier un qui soit complet.",
)
