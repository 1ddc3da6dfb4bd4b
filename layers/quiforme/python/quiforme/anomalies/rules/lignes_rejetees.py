"""Rows of a source file could not be read: how many; of the first ten, in the file's order, the identifier and the reason.

The raw text stands in for an identifier that cannot be read. Line numbers, file and place are in the message and not in
the evidence: the same rows in the next file change nothing.
"""

from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="lignes_rejetees",
    severite="mineure",
    cle=("source",),
    needs=(),
    sql="""
    WITH set_aside AS (
        SELECT source, rows_set_aside, file, rows_set_aside_key, from_json(
            first_rows_set_aside, '[{"line": "BIGINT", "reason": "VARCHAR", "identifier": "VARCHAR", "raw": "VARCHAR"}]'
        ) AS rows
        FROM source_outcomes WHERE rows_set_aside > 0
    ), known AS (
        SELECT cle->>'source' AS source, constats::JSON AS constats
        FROM ledger WHERE code = 'lignes_rejetees' AND etat = 'ouverte'
    )
    SELECT source,
           -- A manifest of an earlier version has neither identifiers nor texts: what is open stays as it is until the
           -- file is read again.
           CASE WHEN known.source IS NOT NULL AND list_count([coalesce(one.identifier, one.raw) FOR one IN rows]) = 0
                THEN known.constats
                ELSE to_json({nombre: rows_set_aside, premieres: [{
                    identifiant: one.identifier,
                    texte: CASE WHEN one.identifier IS NULL THEN one.raw END,
                    -- The reader of the fiches says on which line of the file the XML is damaged.
                    motif: regexp_replace(one.reason, ',? ?(on )?(line|column) [0-9]+', '', 'g')
                } FOR one IN rows]})
           END AS constats,
           to_json({fichier: file, lignes: [one.line FOR one IN rows], conservees: rows_set_aside_key}) AS details
    FROM set_aside LEFT JOIN known USING (source)
    """,
    message="""
    Lignes ou fiches illisibles dans le fichier {% if details %}« {{ details.fichier }} » {% endif %}de la source
    « {{ source | source }} » : {{ nombre }}
    {%- if details %}, à commencer par la n° {{ details.lignes[0] }}
      {%- if premieres[0].identifiant %} ({{ premieres[0].identifiant }}){% endif %}
    {%- endif %}. Le reste du fichier est utilisé.
    """,
    request="""
    Les signaler au producteur, avec leur texte,
    {% if details %}
      que l'exploitant du service garde à part sous « {{ details.conservees }} ».
    {% else %}
      qui est gardé à part.
    {% endif %}
    """,
)
