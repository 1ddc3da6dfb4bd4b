-- What has to be written so that the look-up answers the documents and the index of today: only what changed.

CREATE OR REPLACE TABLE reponses AS
SELECT siret AS id, 'document' AS etat, sha256(data) AS empreinte,
       sha256(concat(details, identite, non_diffusible)) AS empreinte_details
FROM documents
UNION ALL
SELECT siret, 'hors_perimetre', NULL, NULL FROM hors_perimetre
UNION ALL
SELECT id, 'index', sha256(data), NULL FROM index_publie;

-- What answered once and answers no more leaves a tombstone, since its earlier items stay.
INSERT INTO reponses
SELECT id, 'retire', NULL, NULL FROM previous.repertoire ANTI JOIN reponses USING (id);

CREATE OR REPLACE TABLE changements AS
SELECT id, reponses.etat,
       CASE WHEN contains(id, '/') THEN 'index'
            WHEN reponses.etat = 'document' THEN
                CASE WHEN avant.etat IS DISTINCT FROM 'document' THEN 'new'
                     WHEN avant.empreinte <> reponses.empreinte THEN 'changed'
                     ELSE 'details_only' END
            WHEN avant.etat = 'document' THEN 'retired'
            ELSE 'perimeter_only' END AS nature,
       avant.generation AS generation_remplacee
FROM reponses LEFT JOIN previous.repertoire AS avant USING (id)
WHERE (reponses.etat, reponses.empreinte, reponses.empreinte_details)
      IS DISTINCT FROM (avant.etat, avant.empreinte, avant.empreinte_details);

CREATE OR REPLACE TABLE repertoire AS
SELECT reponses.*,
       CASE WHEN changements.id IS NULL THEN avant.generation ELSE getvariable('generation')::INTEGER END AS generation
FROM reponses LEFT JOIN changements USING (id) LEFT JOIN previous.repertoire AS avant USING (id);

CREATE OR REPLACE TABLE remplaces AS
SELECT id, generation_remplacee AS generation FROM changements WHERE generation_remplacee IS NOT NULL;
