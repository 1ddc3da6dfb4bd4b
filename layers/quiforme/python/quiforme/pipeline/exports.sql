-- The rows of the exports. Denomination and address are masked where they are not to be disclosed.

CREATE OR REPLACE VIEW export_identites AS
SELECT siret, non_diffusible,
       CASE WHEN non_diffusible THEN '[ND]' ELSE denomination END AS denomination,
       CASE WHEN non_diffusible THEN '[ND]' ELSE adresse.voie END AS voie,
       CASE WHEN non_diffusible THEN '[ND]' ELSE adresse.code_postal END AS code_postal,
       CASE WHEN non_diffusible THEN '[ND]' ELSE adresse.ville END AS ville
FROM documents JOIN identites USING (siret);

-- An object a line, as the look-up answers one.
CREATE OR REPLACE VIEW export_ndjson AS
SELECT data::JSON AS data,
       ('{"etablissement":{'
        || CASE WHEN non_diffusible THEN '"denomination":"[ND]","adresse":"[ND]"' ELSE identite[2:-2] END
        || ',' || details[length('{"etablissement":{') + 1:])::JSON AS meta
FROM documents ORDER BY siret;

CREATE OR REPLACE TABLE fiches_exportees AS
SELECT code, register_rank, TRY_CAST(regexp_extract(code, '[0-9]+') AS BIGINT) AS numero,
       date_decision, date_fin_enregistrement, coalesce(sirets, []) AS sirets_organismes_certificateurs
FROM fiches
LEFT JOIN (SELECT code, list(siret ORDER BY siret) AS sirets FROM certificateurs_actifs GROUP BY code) USING (code);

CREATE OR REPLACE VIEW export_parquet AS
WITH nda AS (
    SELECT siret, list({
        numero_de_declaration: nda, actif: actif, date_derniere_declaration: date_derniere_declaration,
        date_debut_exercice: date_debut_exercice, date_fin_exercice: date_fin_exercice,
        action_formation: action_formation, bilan_competences: bilan_competences,
        validation_acquis_experience: validation_acquis_experience, apprentissage: apprentissage,
        obtention_via_unite_legale: obtention_via_unite_legale,
        code_specialite_1: code_specialite_1, libelle_specialite_1: libelle_specialite_1,
        code_specialite_2: code_specialite_2, libelle_specialite_2: libelle_specialite_2,
        code_specialite_3: code_specialite_3, libelle_specialite_3: libelle_specialite_3
    } ORDER BY actif DESC, date_derniere_declaration DESC NULLS LAST, nda) AS declarations
    FROM declarations GROUP BY siret
), fiches AS (
    SELECT siret, list({
        code: code, actif: actif, date_actif: date_actif, date_fin_enregistrement: date_fin_enregistrement,
        date_decision: date_decision, pour_former: former, pour_organiser_l_evaluation: organiser,
        sirets_organismes_certificateurs: sirets_organismes_certificateurs
    } ORDER BY register_rank, numero) AS habilitations
    FROM habilitations JOIN fiches_exportees USING (code) GROUP BY siret
)
SELECT siret, uai AS code_uai, coalesce(nombre_nda > 1, false) AS unite_legale_avec_plusieurs_nda,
       denomination, voie, code_postal, ville,
       sirene_utile.etat AS etat_administratif, CASE sirene_utile.etat WHEN 'F' THEN date_debut END AS date_fermeture,
       successeur AS siret_successeur,
       coalesce(declarations, []) AS declarations, coalesce(habilitations, []) AS habilitations
FROM export_identites
LEFT JOIN codes_uai USING (siret)
LEFT JOIN unites_legales ON unites_legales.siren = left(export_identites.siret, 9)
LEFT JOIN sirene_utile USING (siret)
LEFT JOIN successeurs USING (siret)
LEFT JOIN nda USING (siret)
LEFT JOIN fiches USING (siret)
ORDER BY siret;

-- For spreadsheets: a row a SIRET, the lists put in a cell. A text that a spreadsheet would take for a formula starts
-- with an apostrophe.
CREATE OR REPLACE MACRO pas_une_formule(texte) AS
    CASE WHEN regexp_matches(texte, '^[=+@\-\t\r]') THEN '''' || texte ELSE texte END;

CREATE OR REPLACE VIEW export_csv AS
WITH nda AS (
    SELECT siret, string_agg(nda, ' ' ORDER BY nda) AS nda_actifs,
           bool_or(action_formation) AS action_formation, bool_or(bilan_competences) AS bilan_competences,
           bool_or(validation_acquis_experience) AS validation_acquis_experience,
           bool_or(apprentissage) AS apprentissage, bool_or(obtention_via_unite_legale) AS obtention_via_unite_legale
    FROM declarations WHERE actif GROUP BY siret
), fiches AS (
    SELECT siret, string_agg(code, ' ' ORDER BY register_rank, numero) FILTER (former) AS habilitations_former,
           string_agg(code, ' ' ORDER BY register_rank, numero) FILTER (organiser) AS habilitations_organiser
    FROM habilitations JOIN fiches_exportees USING (code) WHERE actif GROUP BY siret
)
SELECT siret, code_uai, pas_une_formule(denomination) AS denomination, pas_une_formule(voie) AS voie,
       pas_une_formule(code_postal) AS code_postal, pas_une_formule(ville) AS ville,
       etat_administratif, unite_legale_avec_plusieurs_nda, pas_une_formule(nda_actifs) AS nda_actifs,
       coalesce(action_formation, false) AS action_formation, coalesce(bilan_competences, false) AS bilan_competences,
       coalesce(validation_acquis_experience, false) AS validation_acquis_experience,
       coalesce(apprentissage, false) AS apprentissage, obtention_via_unite_legale,
       habilitations_former, habilitations_organiser
FROM export_parquet LEFT JOIN nda USING (siret) LEFT JOIN fiches USING (siret)
ORDER BY siret;
