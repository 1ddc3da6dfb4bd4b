-- declarations_activites_etablissement[]: which NDA belongs to which establishment.

-- N(siren), the distinct NDAs of the current list.
CREATE OR REPLACE TABLE unites_legales AS
SELECT siren_retenu AS siren, count(DISTINCT nda) AS nombre_nda
FROM liste_of WHERE siren_retenu IS NOT NULL AND nda <> '' GROUP BY ALL;

-- The sets of SIRETs that may have a document (document.md, "Which SIRETs have a document").
CREATE OR REPLACE TABLE declares AS SELECT DISTINCT siret FROM liste_of WHERE siret_valide;

-- The fiches name the same few over and over: each is looked at once.
CREATE OR REPLACE TABLE nommes_par_une_fiche AS
WITH nommes AS MATERIALIZED (
    SELECT siret FROM partenaires WHERE etat IS DISTINCT FROM 'Supprimé'
    UNION
    SELECT siret FROM certificateurs WHERE etat = 'Actif'
)
FROM nommes WHERE is_siret(siret);

-- Of the 44 million establishments, those of the SIRENs that a document may be about: the stock is gone through once.
CREATE OR REPLACE TABLE sirene_proche AS
SELECT siret_text(numero) AS siret, etat, date_debut, diffusion
FROM sirene
SEMI JOIN (SELECT siren::BIGINT AS siren
           FROM (SELECT siren FROM unites_legales
                 UNION SELECT left(siret, 9) FROM declares
                 UNION SELECT left(siret, 9) FROM nommes_par_une_fiche
                 UNION SELECT left(siret, 9) FROM previous.declarations)) AS proches ON proches.siren = numero // 100000;

CREATE OR REPLACE TABLE propages AS
SELECT DISTINCT siret
FROM sirene_proche JOIN unites_legales ON unites_legales.siren = left(siret, 9)
WHERE etat = 'A' AND nombre_nda = 1;

-- An NDA of the previously accepted list that is in the current one no more is inactive as of this run. It is not
-- when a listed row of the same SIREN names it among the NDAs it replaces, or no longer once its age reaches the retention.
CREATE OR REPLACE TABLE ndas_inactifs AS
WITH sortis AS (
    SELECT nda, siren_retenu AS siren, coalesce(min(line) FILTER (siret_valide), min(line)) AS line,
           first(siret ORDER BY line) FILTER (siret_valide) AS siret,
           first(code_region ORDER BY NOT siret_valide, line) AS code_region,
           max(date_derniere_declaration) AS date_derniere_declaration, getvariable('day')::DATE AS depuis
    FROM previous.liste_of WHERE nda <> '' GROUP BY nda, siren_retenu
), remplaces AS (
    SELECT DISTINCT siren_retenu AS siren, unnest(ndas_precedents) AS nda FROM liste_of WHERE siren_retenu IS NOT NULL
)
SELECT *
FROM (FROM previous.ndas_inactifs
      UNION ALL BY NAME
      SELECT * FROM sortis ANTI JOIN previous.ndas_inactifs AS connus
           ON connus.nda = sortis.nda AND connus.siren IS NOT DISTINCT FROM sortis.siren) AS inactifs
ANTI JOIN liste_of USING (nda)
ANTI JOIN remplaces USING (siren, nda)
WHERE date_diff('day', depuis, getvariable('day')::DATE) < getvariable('retention_days')::INTEGER;

-- The inactive NDAs stay on the documents that carried them.
CREATE OR REPLACE TABLE declarations_inactives AS
SELECT portee.* REPLACE (
           false AS actif, false AS action_formation, false AS bilan_competences,
           false AS validation_acquis_experience, false AS apprentissage, NULL AS obtention_via_unite_legale)
FROM previous.declarations AS portee
JOIN ndas_inactifs ON ndas_inactifs.nda = portee.nda AND ndas_inactifs.siren = left(portee.siret, 9);

CREATE OR REPLACE TABLE etablissements AS
FROM declares UNION FROM nommes_par_une_fiche UNION FROM propages
UNION SELECT siret FROM declarations_inactives;

-- With one NDA it belongs to every document of the SIREN; with several, to the SIRETs it is declared for.
CREATE OR REPLACE TABLE declarations AS
WITH portees AS (
    SELECT etablissements.siret, liste_of.* EXCLUDE (siret)
    FROM etablissements
    JOIN unites_legales ON unites_legales.siren = left(etablissements.siret, 9) AND nombre_nda = 1
    JOIN (FROM liste_of WHERE nda <> ''
          QUALIFY row_number() OVER (
              PARTITION BY siren_retenu ORDER BY date_derniere_declaration DESC NULLS LAST, line) = 1) AS liste_of
      ON liste_of.siren_retenu = unites_legales.siren
), propres AS (
    SELECT siret, liste_of.* EXCLUDE (siret)
    FROM liste_of JOIN unites_legales ON unites_legales.siren = siren_retenu AND nombre_nda > 1
    WHERE siret_valide AND nda <> ''
    QUALIFY row_number() OVER (
        PARTITION BY siret, nda ORDER BY date_derniere_declaration DESC NULLS LAST, line) = 1
), actives AS (
    SELECT *, true AS via_unite_legale FROM portees UNION ALL SELECT *, false FROM propres
)
SELECT siret, nda, true AS actif,
       date_derniere_declaration, date_debut_exercice, date_fin_exercice,
       coalesce(action_formation, false) AS action_formation,
       coalesce(bilan_competences, false) AS bilan_competences,
       coalesce(validation_acquis_experience, false) AS validation_acquis_experience,
       coalesce(apprentissage, false) AS apprentissage,
       CASE WHEN coalesce(action_formation, bilan_competences, validation_acquis_experience, apprentissage) IS NOT NULL
            THEN via_unite_legale END AS obtention_via_unite_legale,
       code_specialite_1, libelle_specialite_1, code_specialite_2, libelle_specialite_2,
       code_specialite_3, libelle_specialite_3
FROM actives
UNION ALL BY NAME
FROM declarations_inactives;
