-- Reads: documents, establishment_facts, declarations, habilitations, published_fiches.
-- Makes: the views export_ndjson, export_parquet, export_csv: a row for each document, by SIRET.
--
-- An establishment that is not to be disclosed has [ND] for its names, address and commune: everybody may read the files.
-- What is written with a dollar sign is generated from the fields in document_fields.py.

CREATE OR REPLACE MACRO masked(hidden, text) AS CASE WHEN hidden THEN '[ND]' ELSE text END;

CREATE OR REPLACE VIEW export_facts AS
SELECT siret, uai, several_ndas, etat, date_fermeture, successeur,
       masked(documents.non_diffusible, denomination) AS denomination,
       masked(documents.non_diffusible, adresse.voie) AS voie,
       masked(documents.non_diffusible, adresse.code_postal) AS code_postal,
       masked(documents.non_diffusible, adresse.ville) AS ville,
       masked(documents.non_diffusible, enseigne) AS enseigne,
       masked(documents.non_diffusible, code_commune) AS code_commune,
       activite_principale, categorie_juridique, siege, date_creation, source_identite
FROM documents JOIN establishment_facts USING (siret);

-- Each line is an object like an answer of the API.
CREATE OR REPLACE VIEW export_ndjson AS
SELECT data::JSON AS data,
       ('{"etablissement":{'
        || CASE WHEN non_diffusible THEN '"' || array_to_string(json_keys(identite), '":"[ND]","') || '":"[ND]"'
                ELSE identite[2:-2] END
        || ',' || string_split(details, '},"fiches":{')[1][length('{"etablissement":{') + 1:] || '}}')::JSON AS meta
FROM documents ORDER BY siret;

-- The lists are in the order of the documents (5_documents.sql).
CREATE OR REPLACE VIEW export_parquet AS
WITH of_ndas AS (
    SELECT siret,
           list($declaration_struct ORDER BY actif DESC, date_derniere_declaration DESC NULLS LAST, nda) AS declarations
    FROM declarations GROUP BY siret
), of_fiches AS (
    SELECT siret,
           list(struct_insert($habilitation_struct, role := role_of(partenaire, certificateur), etat_depuis := etat_depuis,
                              type_enregistrement := type_enregistrement, date_effet := date_effet,
                              date_limite_delivrance := date_limite_delivrance, intitule := intitule, niveau := niveau)
                ORDER BY fiche_order) AS habilitations
    FROM habilitations JOIN published_fiches USING (code) GROUP BY siret
)
SELECT siret, uai AS code_uai, several_ndas AS unite_legale_avec_plusieurs_nda,
       denomination, voie, code_postal, ville,
       etat AS etat_administratif, date_fermeture, successeur AS siret_successeur,
       enseigne, code_commune, activite_principale, categorie_juridique, siege, date_creation, source_identite,
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
       habilitations_former, habilitations_organiser,
       no_formula(enseigne) AS enseigne, no_formula(code_commune) AS code_commune,
       no_formula(activite_principale) AS activite_principale, no_formula(categorie_juridique) AS categorie_juridique,
       siege, date_creation, source_identite
FROM export_parquet LEFT JOIN of_ndas USING (siret) LEFT JOIN of_fiches USING (siret)
ORDER BY siret;
