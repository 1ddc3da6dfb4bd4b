-- Reads: documents, declarations, habilitations, uai_codes; of the publication in force, in the schema `previous`:
--   in_force, liste_of, fiches_rncp, fiches_rs, ndas_inactifs, declarations, habilitations, uai_codes
--   (shared/previous_run.sql); the variables `day` and `previous_retention_days`.
-- Makes: losses (siret, kind): what each document in force would lose. The kind is `retired`, after which nothing else
--   counts; or `active_nda`, the last one; one of the four Qualiopi categories; `habilitations`, all active ones; `uai`.
--
-- What the calendar announced is no loss: the publication in force knew the day of its end, and that day has come.

CREATE OR REPLACE TABLE announced_ndas AS
SELECT DISTINCT nda FROM previous.ndas_inactifs
WHERE date_diff('day', depuis, getvariable('day')::DATE) >= getvariable('previous_retention_days')::INTEGER;

CREATE OR REPLACE TABLE announced_fiches AS
SELECT code FROM previous.fiches_rncp WHERE date_fin_enregistrement <= getvariable('day')::DATE
UNION
SELECT code FROM previous.fiches_rs WHERE date_fin_enregistrement <= getvariable('day')::DATE;

-- Why a SIRET has a document ("Which SIRETs have a document" in document.md), and whether the calendar ends it.
CREATE OR REPLACE VIEW reasons AS
SELECT siret, false AS announced FROM previous.liste_of WHERE siret_valide
UNION ALL
SELECT siret, nda IN (FROM announced_ndas) FROM previous.declarations
UNION ALL
SELECT siret, code IN (FROM announced_fiches) FROM previous.habilitations;

-- What an entry of `declarations_activites_etablissement[]` gives. The categories of an inactive one are false.
CREATE OR REPLACE MACRO kinds_given(actif, action, bilan, vae, apprentis) AS [
    CASE WHEN actif THEN 'active_nda' END,
    CASE WHEN action THEN 'action_formation' END,
    CASE WHEN bilan THEN 'bilan_competences' END,
    CASE WHEN vae THEN 'validation_acquis_experience' END,
    CASE WHEN apprentis THEN 'apprentissage' END
];

CREATE OR REPLACE TABLE losses AS
WITH had AS (
    SELECT siret, unnest(kinds_given(
        actif, action_formation, bilan_competences, validation_acquis_experience, apprentissage)) AS kind
    FROM previous.declarations
    UNION
    SELECT siret, 'habilitations' FROM previous.habilitations WHERE actif AND code NOT IN (FROM announced_fiches)
    UNION
    SELECT siret, 'uai' FROM previous.uai_codes
), has AS (
    SELECT siret, unnest(kinds_given(
        actif, action_formation, bilan_competences, validation_acquis_experience, apprentissage)) AS kind
    FROM declarations
    UNION
    SELECT siret, 'habilitations' FROM habilitations WHERE actif
    UNION
    SELECT siret, 'uai' FROM uai_codes
), in_force AS (
    SELECT id AS siret FROM previous.in_force WHERE etat = 'document'
), retired AS (
    FROM in_force ANTI JOIN documents USING (siret)
), retired_by_the_calendar AS (
    SELECT siret FROM reasons SEMI JOIN retired USING (siret) GROUP BY siret HAVING bool_and(announced)
)
SELECT siret, 'retired' AS kind FROM retired ANTI JOIN retired_by_the_calendar USING (siret)
UNION ALL
SELECT siret, kind FROM had SEMI JOIN in_force USING (siret) SEMI JOIN documents USING (siret) ANTI JOIN has USING (siret, kind)
WHERE kind IS NOT NULL;
