-- What has to be written so that the look-up answers the documents of today: only what changed.

CREATE OR REPLACE TABLE reponses AS
SELECT siret, 'document' AS etat, sha256(data) AS empreinte, sha256(details) AS empreinte_details FROM documents
UNION ALL
SELECT siret, 'hors_perimetre', NULL, NULL FROM hors_perimetre;

-- What answered once and answers no more leaves a tombstone, since its earlier items stay.
INSERT INTO reponses
SELECT siret, 'retire', NULL, NULL FROM before.repertoire ANTI JOIN reponses USING (siret);

CREATE OR REPLACE TABLE changements AS
SELECT siret, reponses.etat,
       CASE WHEN reponses.etat = 'document' THEN
                CASE WHEN avant.etat IS DISTINCT FROM 'document' THEN 'new'
                     WHEN avant.empreinte <> reponses.empreinte THEN 'changed'
                     ELSE 'details_only' END
            WHEN avant.etat = 'document' THEN 'retired'
            ELSE 'perimeter_only' END AS nature,
       avant.generation AS generation_remplacee
FROM reponses LEFT JOIN before.repertoire AS avant USING (siret)
WHERE (reponses.etat, reponses.empreinte, reponses.empreinte_details)
      IS DISTINCT FROM (avant.etat, avant.empreinte, avant.empreinte_details);

CREATE OR REPLACE TABLE repertoire AS
SELECT reponses.*,
       CASE WHEN changements.siret IS NULL THEN avant.generation ELSE getvariable('generation')::INTEGER END AS generation
FROM reponses LEFT JOIN changements USING (siret) LEFT JOIN before.repertoire AS avant USING (siret);

CREATE OR REPLACE TABLE remplaces AS
SELECT siret, generation_remplacee AS generation FROM changements WHERE generation_remplacee IS NOT NULL;
