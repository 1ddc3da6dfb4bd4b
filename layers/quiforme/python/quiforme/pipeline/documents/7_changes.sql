-- Reads: documents, reverse_index, out_of_perimeter; previous.repertoire; the variable `generation`.
-- Makes:
--   answers (id, etat, empreinte, empreinte_details): what every identifier answers from this run on
--   changes (id, etat, nature, replaced_generation): the answers that differ from the published ones, to be written
--   repertoire: stored, so its columns keep their names (see shared/previous_run.sql)
--   replaced_items (id, generation): stored with the generation; the items that the changes replace
--
-- `etat` is the state of the stored item (registry/ports.py), `nature` names the change in the run's summary.

CREATE OR REPLACE TABLE answers AS
SELECT siret AS id, 'document' AS etat, sha256(data) AS empreinte,
       sha256(concat(details, identite, non_diffusible)) AS empreinte_details
FROM documents
UNION ALL
SELECT siret, 'hors_perimetre', NULL, NULL FROM out_of_perimeter
UNION ALL
SELECT id, 'index', sha256(data), NULL FROM reverse_index;

-- An identifier that no longer answers gets a tombstone, since its earlier items stay.
INSERT INTO answers
SELECT id, 'retire', NULL, NULL FROM previous.repertoire ANTI JOIN answers USING (id);

CREATE OR REPLACE TABLE changes AS
SELECT id, answers.etat,
       CASE WHEN contains(id, '/') THEN 'index'
            WHEN answers.etat = 'document' THEN
                CASE WHEN published.etat IS DISTINCT FROM 'document' THEN 'new'
                     WHEN published.empreinte <> answers.empreinte THEN 'changed'
                     ELSE 'details_only' END
            WHEN published.etat = 'document' THEN 'retired'
            ELSE 'perimeter_only' END AS nature,
       published.generation AS replaced_generation
FROM answers LEFT JOIN previous.repertoire AS published USING (id)
WHERE (answers.etat, answers.empreinte, answers.empreinte_details)
      IS DISTINCT FROM (published.etat, published.empreinte, published.empreinte_details);

CREATE OR REPLACE TABLE repertoire AS
SELECT answers.*,
       CASE WHEN changes.id IS NULL THEN published.generation ELSE getvariable('generation')::INTEGER END AS generation
FROM answers LEFT JOIN changes USING (id) LEFT JOIN previous.repertoire AS published USING (id);

CREATE OR REPLACE TABLE replaced_items AS
SELECT id, replaced_generation AS generation FROM changes WHERE replaced_generation IS NOT NULL;
