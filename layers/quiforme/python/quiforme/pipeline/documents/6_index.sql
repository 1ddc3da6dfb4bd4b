-- Who is behind an identifier: the SIRETs of the documents published, in order, each followed by its marks. An NDA is
-- (A)ctive on a document or (I)nactive; an active habilitation is to (F) train, to (O) examine, to do both or neither.

CREATE OR REPLACE TABLE index_publie AS
WITH entrees AS (
    SELECT 'siren/' || left(siret, 9) AS id, siret AS entree FROM documents
    UNION ALL
    SELECT DISTINCT 'nda/' || nda, siret || CASE WHEN actif THEN 'A' ELSE 'I' END
    FROM declarations SEMI JOIN documents USING (siret) WHERE is_nda(nda)
    UNION ALL
    SELECT 'uai/' || uai, siret FROM codes_uai SEMI JOIN documents USING (siret)
    UNION ALL
    SELECT 'certification/' || code,
           concat(siret, CASE WHEN former THEN 'F' END, CASE WHEN organiser THEN 'O' END)
    FROM habilitations SEMI JOIN documents USING (siret) WHERE actif AND length(code) <= 13
)
SELECT id, '["' || array_to_string(list_sort(list(entree)), '","') || '"]' AS data FROM entrees GROUP BY id;
