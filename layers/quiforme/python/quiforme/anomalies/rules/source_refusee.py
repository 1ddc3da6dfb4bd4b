"""Today's file was refused by a guard, or there is none where an earlier one is in use; the earlier one stays in use."""

from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="source_refusee",
    severite="critique",
    cle=("source",),
    needs=(),
    sql="""
    SELECT source,
           to_json({fichier: fichier_refuse, motif: coalesce(motif, 'fichier absent'),
                    conserve: fichier_refuse_conserve, fichier_en_usage: fichier}) AS constats,
           CASE etat WHEN 'absent' THEN '{"code": "absent", "facts": {}}' ELSE refusal END AS details
    FROM sources WHERE etat IN ('refused', 'absent')
    """,
    message="""
    Le fichier du jour de la source « {{ source | source }} » n'a pas été accepté ({{ details | refusal }}) : le dernier accepté
    reste en usage.
    """,
    request="Vérifier le fichier, et demander au producteur d'en publier un qui soit complet.",
)
