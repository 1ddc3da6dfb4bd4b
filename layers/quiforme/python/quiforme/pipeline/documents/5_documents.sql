-- The documents as JSON: `data` is closed by the published contract, `details` goes to `meta`. The texts are put together
-- piece by piece, many times quicker than nested values made JSON as a whole.

CREATE OR REPLACE MACRO json_of(value) AS coalesce(to_json(value)::VARCHAR, 'null');
CREATE OR REPLACE MACRO json_date(day) AS coalesce('"' || day::VARCHAR || '"', 'null');
CREATE OR REPLACE MACRO json_boolean(value) AS coalesce(value::VARCHAR, 'null');
CREATE OR REPLACE MACRO json_specialite(code, libelle) AS
    concat('{"code":', json_of(code), ',"libelle":', json_of(libelle), '}');

CREATE OR REPLACE VIEW declarations_json AS
WITH entrees AS (
    SELECT siret, actif, date_derniere_declaration, nda, count(*) OVER (PARTITION BY siret) AS nombre,
           concat(
               '{"numero_de_declaration":', json_of(nda),
               ',"actif":', json_boolean(actif),
               ',"date_derniere_declaration":', json_date(date_derniere_declaration),
               ',"date_debut_exercice":', json_date(date_debut_exercice),
               ',"date_fin_exercice":', json_date(date_fin_exercice),
               ',"certification_qualiopi":{"action_formation":', json_boolean(action_formation),
               ',"bilan_competences":', json_boolean(bilan_competences),
               ',"validation_acquis_experience":', json_boolean(validation_acquis_experience),
               ',"apprentissage":', json_boolean(apprentissage),
               ',"obtention_via_unite_legale":', json_boolean(obtention_via_unite_legale),
               '},"specialites":{"specialite_1":', json_specialite(code_specialite_1, libelle_specialite_1),
               ',"specialite_2":', json_specialite(code_specialite_2, libelle_specialite_2),
               ',"specialite_3":', json_specialite(code_specialite_3, libelle_specialite_3), '}}') AS entree
    FROM declarations
)
-- Nearly all have one, which nothing has to be sorted for.
SELECT siret, entree AS declarations FROM entrees WHERE nombre = 1
UNION ALL
SELECT siret, string_agg(entree, ',' ORDER BY actif DESC, date_derniere_declaration DESC NULLS LAST, nda)
FROM entrees WHERE nombre > 1 GROUP BY siret;

-- What the entries of one fiche have in common: the pieces between which what is their own goes.
CREATE OR REPLACE TABLE fiches_publiees AS
SELECT code, register_rank, TRY_CAST(regexp_extract(code, '[0-9]+') AS BIGINT) AS numero,
       concat('{"code":', json_of(code), ',"actif":') AS debut,
       concat(',"date_fin_enregistrement":', json_date(date_fin_enregistrement),
              ',"date_decision":', json_date(date_decision), ',"habilitation_pour_former":') AS milieu,
       concat(',"sirets_organismes_certificateurs":', json_of(coalesce(certificateurs.sirets, [])), '}') AS fin,
       concat(json_of(code), ':{"intitule":', json_of(intitule), ',"niveau":', json_of(niveau),
              ',"remplacee_par":', json_of(coalesce(nouvelles_certifications, [])), '}') AS details
FROM fiches
LEFT JOIN (SELECT code, list(siret ORDER BY siret) AS sirets FROM certificateurs_actifs GROUP BY code) AS certificateurs
  USING (code);

-- Lists put in order at the end: to aggregate long texts in order takes half as long again.
CREATE OR REPLACE VIEW habilitations_json AS
SELECT siret, array_to_string(list_select(entrees, ordre), ',') AS habilitations,
       array_to_string(list_select(details, ordre), ',') AS details
FROM (SELECT siret, list(entree) AS entrees, list(details) AS details,
             list_grade_up(list({rang: register_rank, numero: numero, code: code})) AS ordre
      FROM (SELECT siret, register_rank, numero, code, details,
                   concat(debut, json_boolean(actif), ',"date_actif":', json_date(date_actif), milieu, json_boolean(former),
                          ',"habilitation_pour_organiser_l_evaluation":', json_boolean(organiser), fin) AS entree
            FROM habilitations JOIN fiches_publiees USING (code))
      GROUP BY siret);

-- One row an establishment of Sirene that a document speaks of; which one never depends on how the stock is stored.
CREATE OR REPLACE TABLE sirene_utile AS
FROM sirene_proche SEMI JOIN etablissements USING (siret)
QUALIFY row_number() OVER (PARTITION BY siret ORDER BY date_debut DESC NULLS LAST, etat, diffusion) = 1;

CREATE OR REPLACE TABLE successeurs AS
SELECT predecesseur AS siret, successeur FROM sirene_succession
SEMI JOIN etablissements ON etablissements.siret = predecesseur
QUALIFY row_number() OVER (PARTITION BY predecesseur ORDER BY date_lien DESC NULLS LAST, successeur) = 1;

-- The denomination and the address, from the OF list: of the SIRET's own row, else the name of its legal unit's only NDA.
CREATE OR REPLACE TABLE identites AS
WITH propres AS (
    SELECT siret, denomination, adresse FROM liste_of
    QUALIFY row_number() OVER (PARTITION BY siret ORDER BY date_derniere_declaration DESC NULLS LAST, line) = 1
), uniques AS (
    SELECT unites_legales.siren, denomination
    FROM liste_of JOIN unites_legales ON unites_legales.siren = siren_retenu AND nombre_nda = 1
    QUALIFY row_number() OVER (PARTITION BY unites_legales.siren ORDER BY date_derniere_declaration DESC NULLS LAST, line) = 1
)
SELECT etablissements.siret, coalesce(propres.denomination, uniques.denomination) AS denomination,
       CASE WHEN adresse IS NOT NULL THEN {
           voie: nullif(adresse.voie, ''), code_postal: nullif(adresse.code_postal, ''), ville: nullif(adresse.ville, '')
       } END AS adresse
FROM etablissements
LEFT JOIN propres USING (siret)
LEFT JOIN uniques ON uniques.siren = left(etablissements.siret, 9);

CREATE OR REPLACE TABLE documents AS
SELECT siret,
       concat('{"siret":', json_of(siret),
              ',"code_uai":', json_of(uai),
              ',"unite_legale_avec_plusieurs_nda":', json_boolean(coalesce(nombre_nda > 1, false)),
              ',"declarations_activites_etablissement":[', declarations,
              '],"habilitations_france_competence":[', habilitations, ']}') AS data,
       concat('{"etablissement":{"etat_administratif":', json_of(sirene_utile.etat),
              ',"date_fermeture":', json_date(CASE sirene_utile.etat WHEN 'F' THEN date_debut END),
              ',"siret_successeur":', json_of(successeur),
              ',"diffusion_partielle":', json_boolean(sirene_utile.diffusion = 'P'),
              '},"habilitations":{', habilitations_json.details, '}}') AS details,
       to_json({denomination: identites.denomination, adresse: identites.adresse})::VARCHAR AS identite,
       coalesce(sirene_utile.diffusion IN ('P', 'N'), false) AS non_diffusible
FROM etablissements
JOIN identites USING (siret)
LEFT JOIN codes_uai USING (siret)
LEFT JOIN unites_legales ON unites_legales.siren = left(etablissements.siret, 9)
LEFT JOIN declarations_json USING (siret)
LEFT JOIN habilitations_json USING (siret)
LEFT JOIN sirene_utile USING (siret)
LEFT JOIN successeurs USING (siret)
WHERE siret NOT IN (SELECT siret FROM hors_perimetre);
