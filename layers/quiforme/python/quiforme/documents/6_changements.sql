-- What has to be written so that the look-up answers the documents of today: only what changed.

CREATE OR REPLACE TABLE changements AS
SELECT siret,
       coalesce(repertoire.etat, 'retire') AS etat,
       CASE WHEN repertoire.etat = 'document' THEN
                CASE WHEN avant.etat IS DISTINCT FROM 'document' THEN 'new'
                     WHEN avant.empreinte <> repertoire.empreinte THEN 'changed'
                     ELSE 'details_only' END
            WHEN avant.etat = 'document' THEN 'retired'
            ELSE 'perimeter_only' END AS nature
FROM repertoire FULL JOIN before.repertoire AS avant USING (siret)
WHERE (repertoire.etat, repertoire.empreinte, repertoire.empreinte_details)
      IS DISTINCT FROM (avant.etat, avant.empreinte, avant.empreinte_details);
