-- Reads: liste_of, partenaires, certificateurs, sirene; of the previous run: liste_of, ndas_inactifs, declarations.
-- Makes:
--   legal_units (siren, nda_count)
--   declared, named_by_fiche, propagated (siret), establishments (siret): which SIRETs have a document
--   sirene_candidates (siret, etat, date_debut, diffusion, code_commune)
--   ndas_inactifs, declarations: stored, so their columns keep their names (see shared/previous_run.sql)
--
-- Places in document.md: "Which SIRETs have a document" and `declarations_activites_etablissement[]`.

-- N(siren): the number of distinct NDAs of the current list. The SIREN of a row is decided in sources/liste_of.py.
CREATE OR REPLACE TABLE legal_units AS
SELECT siren_retenu AS siren, count(DISTINCT nda) AS nda_count
FROM liste_of WHERE siren_retenu IS NOT NULL AND nda <> '' GROUP BY ALL;

-- "Which SIRETs have a document", 1: every valid SIRET declared in the OF list.
CREATE OR REPLACE TABLE declared AS SELECT DISTINCT siret FROM liste_of WHERE siret_valide;

-- "Which SIRETs have a document", 2: every valid SIRET that a fiche names as a partner or as an active certifier.
-- Millions of rows name the same SIRETs, so duplicates go before the check.
CREATE OR REPLACE TABLE named_by_fiche AS
WITH named AS MATERIALIZED (
    SELECT siret FROM partenaires WHERE etat IS DISTINCT FROM 'Supprimé'
    UNION
    SELECT siret FROM certificateurs WHERE etat = 'Actif'
)
FROM named WHERE is_siret(siret);

-- Sirene has 44 million establishments: this is the only scan. It takes those of every SIREN that may have a document.
CREATE OR REPLACE TABLE sirene_candidates AS
SELECT siret_text(numero) AS siret, etat, date_debut, diffusion, code_commune
FROM sirene
SEMI JOIN (SELECT siren::BIGINT AS siren
           FROM (SELECT siren FROM legal_units
                 UNION SELECT left(siret, 9) FROM declared
                 UNION SELECT left(siret, 9) FROM named_by_fiche
                 UNION SELECT left(siret, 9) FROM previous.declarations)) AS sirens ON sirens.siren = numero // 100000;

-- "Which SIRETs have a document", 3: every active establishment of a SIREN that has exactly one NDA (propagation).
CREATE OR REPLACE TABLE propagated AS
SELECT DISTINCT siret
FROM sirene_candidates JOIN legal_units ON legal_units.siren = left(siret, 9)
WHERE etat = 'A' AND nda_count = 1;

-- An NDA of the previously accepted list that is no longer in the current one becomes inactive as of this run. It stays
-- inactive until it comes back, until its age reaches the retention (days), or until a listed row of the same SIREN
-- names it among the NDAs that it replaces: then it was replaced, not lost.
CREATE OR REPLACE TABLE ndas_inactifs AS
WITH gone AS (
    SELECT nda, siren_retenu AS siren, coalesce(min(line) FILTER (siret_valide), min(line)) AS line,
           first(siret ORDER BY line) FILTER (siret_valide) AS siret,
           first(code_region ORDER BY NOT siret_valide, line) AS code_region,
           max(date_derniere_declaration) AS date_derniere_declaration, getvariable('day')::DATE AS depuis
    FROM previous.liste_of WHERE nda <> '' GROUP BY nda, siren_retenu
), replaced AS (
    SELECT DISTINCT siren_retenu AS siren, unnest(ndas_precedents) AS nda FROM liste_of WHERE siren_retenu IS NOT NULL
)
SELECT *
FROM (FROM previous.ndas_inactifs
      UNION ALL BY NAME
      SELECT * FROM gone ANTI JOIN previous.ndas_inactifs AS known
           ON known.nda = gone.nda AND known.siren IS NOT DISTINCT FROM gone.siren) AS inactive
ANTI JOIN liste_of USING (nda)
ANTI JOIN replaced USING (siren, nda)
WHERE date_diff('day', depuis, getvariable('day')::DATE) < getvariable('retention_days')::INTEGER;

-- An inactive NDA stays on the documents that carried it: not active, no Qualiopi flag, no way of obtaining it.
CREATE OR REPLACE TABLE inactive_declarations AS
SELECT carried.* REPLACE (
           false AS actif, false AS action_formation, false AS bilan_competences,
           false AS validation_acquis_experience, false AS apprentissage, NULL AS obtention_via_unite_legale)
FROM previous.declarations AS carried
JOIN ndas_inactifs ON ndas_inactifs.nda = carried.nda AND ndas_inactifs.siren = left(carried.siret, 9);

-- "Which SIRETs have a document": the first three, and 4: every SIRET that still carries an inactive NDA.
CREATE OR REPLACE TABLE establishments AS
FROM declared UNION FROM named_by_fiche UNION FROM propagated
UNION SELECT siret FROM inactive_declarations;

-- One row for each entry of a document's `declarations_activites_etablissement[]`.
CREATE OR REPLACE TABLE declarations AS
-- |N| = 1: the NDA belongs to every document of the SIREN. Of several rows, the latest declaration, then the first
-- in the file.
WITH of_unit AS (
    SELECT establishments.siret, liste_of.* EXCLUDE (siret)
    FROM establishments
    JOIN legal_units ON legal_units.siren = left(establishments.siret, 9) AND nda_count = 1
    JOIN (FROM liste_of WHERE nda <> ''
          QUALIFY row_number() OVER (
              PARTITION BY siren_retenu ORDER BY date_derniere_declaration DESC NULLS LAST, line) = 1) AS liste_of
      ON liste_of.siren_retenu = legal_units.siren
-- |N| > 1: a document carries the NDAs declared for its own SIRET. Of several rows of an NDA, the same one.
), of_siret AS (
    SELECT siret, liste_of.* EXCLUDE (siret)
    FROM liste_of JOIN legal_units ON legal_units.siren = siren_retenu AND nda_count > 1
    WHERE siret_valide AND nda <> ''
    QUALIFY row_number() OVER (
        PARTITION BY siret, nda ORDER BY date_derniere_declaration DESC NULLS LAST, line) = 1
), active AS (
    SELECT *, true AS via_legal_unit FROM of_unit UNION ALL SELECT *, false FROM of_siret
)
SELECT siret, nda, true AS actif,
       date_derniere_declaration, date_debut_exercice, date_fin_exercice,
       -- An empty Qualiopi column means false.
       coalesce(action_formation, false) AS action_formation,
       coalesce(bilan_competences, false) AS bilan_competences,
       coalesce(validation_acquis_experience, false) AS validation_acquis_experience,
       coalesce(apprentissage, false) AS apprentissage,
       -- Null when the four columns are all empty (no Qualiopi application), else true when |N| = 1, false when |N| > 1.
       CASE WHEN coalesce(action_formation, bilan_competences, validation_acquis_experience, apprentissage) IS NOT NULL
            THEN via_legal_unit END AS obtention_via_unite_legale,
       code_specialite_1, libelle_specialite_1, code_specialite_2, libelle_specialite_2,
       code_specialite_3, libelle_specialite_3
FROM active
UNION ALL BY NAME
FROM inactive_declarations;
