-- Reads: documents, declarations, habilitations, uai_codes.
-- Makes: reverse_index (id, data): for `kind/identifier`, the JSON list of the SIRETs of the published documents that
--   carry it, ascending, each followed by its marks. An NDA, well formed or not, is found under the text that the list
--   gives; it is (A)ctive on a document or (I)nactive. An active habilitation allows to train (F), to examine (O), both
--   or neither. This is the stored format of index items.

CREATE OR REPLACE TABLE reverse_index AS
WITH entries AS (
    SELECT 'siren/' || left(siret, 9) AS id, siret AS entry FROM documents
    UNION ALL
    SELECT DISTINCT 'nda/' || nda, siret || CASE WHEN actif THEN 'A' ELSE 'I' END
    FROM declarations SEMI JOIN documents USING (siret) WHERE is_findable_nda(nda)
    UNION ALL
    SELECT 'uai/' || uai, siret FROM uai_codes SEMI JOIN documents USING (siret)
    UNION ALL
    SELECT 'certification/' || code,
           concat(siret, CASE WHEN former THEN 'F' END, CASE WHEN organiser THEN 'O' END)
    FROM habilitations SEMI JOIN documents USING (siret) WHERE actif AND length(code) <= 13
)
SELECT id, '["' || array_to_string(list_sort(list(entry)), '","') || '"]' AS data FROM entries GROUP BY id;
