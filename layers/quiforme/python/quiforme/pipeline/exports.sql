-- Reads: documents, establishment_facts, declarations, habilitations, published_fiches.
-- Makes: the views export_ndjson, export_parquet, export_csv: a row for each document, by SIRET.
--
-- An establishment that is not to be disclosed has [ND] for its denomination and address: everybody may read the files.
-- What is written with a dollar sign is generated from the fields in document_fields.py.

CREATE OR REPLACE VIEW export_facts AS
SELECT siret, uai, several_ndas, etat, date_fermeture, successeur,
       CASE WHEN documents.non_diffusible THEN '[ND]' ELSE denomination END AS denomination,
       CASE WHEN documents.non_diffusible THEN '[ND]' ELSE adresse.voie END AS voie,
       CASE WHEN documents.non_diffusible THEN '[ND]' ELSE adresse.code_postal END AS code_postal,
       CASE WHEN documents.non_diffusible THEN '[ND]' ELSE adresse.ville END AS ville
FROM documents JOIN establishment_facts USING (siret);

-- Each line is an object like an answer of the API.
CREATE OR REPLACE VIEW export_ndjson AS
SELECT data::JSON AS data,
       ('{"etablissement":{'
        || CASE WHEN non_diffusible THEN '"denomination":"[ND]","adresse":"[ND]"' ELSE identite[2:-2] END
        || ',' || details[length('{"etablissement":{') + 1:])::JSON AS meta
FROM documents ORDER BY siret;

-- The lists are in the order of the documents (5_documents.sql).
CREATE OR REPLACE VIEW export_parquet AS
WITH of_ndas AS (
    SELECT siret,
           list($declaration_struct ORDER BY actif DESC, date_derniere_declaration DESC NULLS LAST, nda) AS declarations
    FROM declarations GROUP BY siret
), of_fiches AS (
    SELECT siret, list($habilitation_struct ORDER BY fiche_order) AS habilitations
    FROM habilitations JOIN published_fiches USING (code) GROUP BY siret
)
SELECT siret, uai AS code_uai, several_ndas AS unite_legale_avec_plusieurs_nda,
       denomination, voie, code_postal, ville,
       etat AS etat_administratif, date_fermeture, successeur AS siret_successeur,
       coalesce(declarations, []) AS declarations, coalesce(habilitations, []) AS habilitations
FROM export_facts
LEFT JOIN of_ndas USING (siret)
LEFT JOIN of_fiches USING (siret)
ORDER BY siret;

-- A spreadsheet takes a text that starts like this for a formula: an apostrophe before it prevents that.
CREATE OR REPLACE MACRO no_formula(text) AS
    CASE WHEN regexp_matches(text, '^[=+@\-\t\r]') THEN '''' || text ELSE text END;

-- For spreadsheets: a list is one cell, and only active declarations and habilitations count.
CREATE OR REPLACE VIEW export_csv AS
WITH of_ndas AS (
    SELECT siret, string_agg(nda, ' ' ORDER BY nda) AS nda_actifs, $any_qualiopi
    FROM declarations WHERE actif GROUP BY siret
), of_fiches AS (
    SELECT siret, string_agg(code, ' ' ORDER BY fiche_order) FILTER (former) AS habilitations_former,
           string_agg(code, ' ' ORDER BY fiche_order) FILTER (organiser) AS habilitations_organiser
    FROM habilitations JOIN published_fiches USING (code) WHERE actif GROUP BY siret
)
SELECT siret, code_uai, no_formula(denomination) AS denomination, no_formula(voie) AS voie,
       no_formula(code_postal) AS code_postal, no_formula(ville) AS ville,
       etat_administratif, unite_legale_avec_plusieurs_nda, no_formula(nda_actifs) AS nda_actifs,
       $qualiopi_columns,
       habilitations_former, habilitations_organiser
FROM export_parquet LEFT JOIN of_ndas USING (siret) LEFT JOIN of_fiches USING (siret)
ORDER BY siret;
