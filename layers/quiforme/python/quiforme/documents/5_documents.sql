-- The documents as JSON: `data` is closed by the published contract, `details` goes to `meta`. An entry of a list is
-- made JSON before the list is put in order, since texts are far quicker to sort and to group than nested values.

CREATE OR REPLACE TABLE declarations_json AS
SELECT siret,
       '[' || string_agg(entree, ',' ORDER BY actif DESC, date_derniere_declaration DESC NULLS LAST, nda) || ']'
           AS declarations
FROM (SELECT siret, actif, date_derniere_declaration, nda,
             to_json({
                 numero_de_declaration: nda,
                 actif: actif,
                 date_derniere_declaration: date_derniere_declaration,
                 date_debut_exercice: date_debut_exercice,
                 date_fin_exercice: date_fin_exercice,
                 certification_qualiopi: {
                     action_formation: action_formation,
                     bilan_competences: bilan_competences,
                     validation_acquis_experience: validation_acquis_experience,
                     apprentissage: apprentissage,
                     obtention_via_unite_legale: obtention_via_unite_legale
                 },
                 specialites: {
                     specialite_1: {code: code_specialite_1, libelle: libelle_specialite_1},
                     specialite_2: {code: code_specialite_2, libelle: libelle_specialite_2},
                     specialite_3: {code: code_specialite_3, libelle: libelle_specialite_3}
                 }
             })::VARCHAR AS entree
      FROM declarations)
GROUP BY siret;

CREATE OR REPLACE TABLE fiches_publiees AS
SELECT code, rang_registre, TRY_CAST(regexp_extract(code, '[0-9]+') AS BIGINT) AS numero,
       date_decision, date_fin_enregistrement,
       concat(to_json(code), ':', to_json({
           intitule: intitule, niveau: niveau, remplacee_par: coalesce(nouvelles_certifications, [])
       })) AS details,
       coalesce(certificateurs.sirets, []) AS sirets_organismes_certificateurs
FROM fiches
LEFT JOIN (SELECT code, list(siret ORDER BY siret) AS sirets FROM certificateurs_actifs GROUP BY code) AS certificateurs
  USING (code);

CREATE OR REPLACE TABLE habilitations_json AS
SELECT siret,
       '[' || string_agg(entree, ',' ORDER BY rang_registre, numero) || ']' AS habilitations,
       '{' || string_agg(details, ',' ORDER BY rang_registre, numero) || '}' AS details
FROM (SELECT siret, rang_registre, numero, details,
             to_json({
                 code: code,
                 actif: actif,
                 date_actif: date_actif,
                 date_fin_enregistrement: date_fin_enregistrement,
                 date_decision: date_decision,
                 habilitation_pour_former: former,
                 habilitation_pour_organiser_l_evaluation: organiser,
                 sirets_organismes_certificateurs: sirets_organismes_certificateurs
             })::VARCHAR AS entree
      FROM habilitations JOIN fiches_publiees USING (code))
GROUP BY siret;

-- One row an establishment of Sirene that a document speaks of.
CREATE OR REPLACE TABLE sirene_utile AS
FROM sirene_proche SEMI JOIN etablissements USING (siret)
QUALIFY row_number() OVER (PARTITION BY siret ORDER BY date_debut DESC NULLS LAST) = 1;

CREATE OR REPLACE TABLE successeurs AS
SELECT predecesseur AS siret, successeur FROM sirene_succession
SEMI JOIN sirene_utile ON sirene_utile.siret = predecesseur
QUALIFY row_number() OVER (PARTITION BY predecesseur ORDER BY date_lien DESC NULLS LAST, successeur) = 1;

-- The denomination and the address, from the OF list: of the SIRET's own row, else the name of its legal unit's only NDA.
CREATE OR REPLACE TABLE identites AS
WITH propres AS (
    SELECT siret, denomination, adresse FROM liste_of WHERE siret_valide
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
       to_json({
           siret: siret,
           code_uai: uai,
           unite_legale_avec_plusieurs_nda: coalesce(nombre_nda > 1, false),
           declarations_activites_etablissement: coalesce(declarations, '[]')::JSON,
           habilitations_france_competence: coalesce(habilitations, '[]')::JSON
       })::VARCHAR AS data,
       to_json({
           etablissement: {
               etat_administratif: sirene_utile.etat,
               date_fermeture: CASE sirene_utile.etat WHEN 'F' THEN date_debut END,
               siret_successeur: successeur,
               diffusion_partielle: sirene_utile.diffusion = 'P'
           },
           habilitations: coalesce(habilitations_json.details, '{}')::JSON
       })::VARCHAR AS details,
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
