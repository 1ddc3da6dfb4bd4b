-- Reads: partenaires, certificateurs, fiches, named_by_fiche.
-- Makes:
--   active_certifiers (code, siret, date_etat)
--   habilitations: stored, so its columns keep their names (see shared/previous_run.sql)
--
-- Places in document.md: `habilitations_france_competence[]`, "What goes beside it".

-- Active certifiers with a valid SIRET, for `sirets_organismes_certificateurs` too.
CREATE OR REPLACE TABLE active_certifiers AS
SELECT code, siret, max(date_etat) AS date_etat
FROM certificateurs SEMI JOIN named_by_fiche USING (siret) WHERE etat = 'Actif' GROUP BY code, siret;

-- One row for each entry of a document's `habilitations_france_competence[]`: the rows of one (SIRET, fiche), merged.
CREATE OR REPLACE TABLE habilitations AS
WITH all_rows AS (
    -- A partner's row is active when the partner and the fiche are. Deleted rows (`Supprimé`) are ignored.
    SELECT siret, code, etat = 'Actif' AND actif AS active, date_actif, date_etat, true AS partner,
           habilitation IN ('HABILITATION_FORMER', 'HABILITATION_ORGA_FORM') AS former,
           habilitation IN ('HABILITATION_ORGANISER', 'HABILITATION_ORGA_FORM') AS organiser
    FROM partenaires JOIN fiches USING (code) SEMI JOIN named_by_fiche USING (siret)
    WHERE etat IS DISTINCT FROM 'Supprimé'
    UNION ALL
    -- An active certifier may train and examine; its row is active when the fiche is.
    SELECT siret, code, actif, NULL, date_etat, false, true, true FROM active_certifiers JOIN fiches USING (code)
), counted AS (
    -- If any row is active, only the active rows count.
    FROM all_rows QUALIFY coalesce(active, false) = bool_or(coalesce(active, false)) OVER (PARTITION BY siret, code)
)
SELECT siret, code, bool_or(coalesce(active, false)) AS actif, min(date_actif) AS date_actif,
       coalesce(bool_or(former), false) AS former, coalesce(bool_or(organiser), false) AS organiser,
       coalesce(bool_or(former AND partner), false) AS pour_former_comme_partenaire,
       -- "For each habilitation": `role`, which a payer must see, and `etat_depuis`.
       bool_or(partner) AS partenaire, bool_or(NOT partner) AS certificateur, max(date_etat) AS etat_depuis
FROM counted GROUP BY siret, code;
