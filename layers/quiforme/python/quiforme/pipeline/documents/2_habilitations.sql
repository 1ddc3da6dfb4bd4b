-- habilitations_france_competence[]: one entry per (SIRET, fiche), from the rows of its partners and certifiers.

CREATE OR REPLACE TABLE certificateurs_actifs AS
SELECT DISTINCT code, siret FROM certificateurs SEMI JOIN nommes_par_une_fiche USING (siret) WHERE etat = 'Actif';

CREATE OR REPLACE TABLE habilitations AS
WITH lignes AS (
    SELECT siret, code, etat = 'Actif' AND actif AS active, date_actif, true AS partenaire,
           habilitation IN ('HABILITATION_FORMER', 'HABILITATION_ORGA_FORM') AS former,
           habilitation IN ('HABILITATION_ORGANISER', 'HABILITATION_ORGA_FORM') AS organiser
    FROM partenaires JOIN fiches USING (code) SEMI JOIN nommes_par_une_fiche USING (siret)
    WHERE etat IS DISTINCT FROM 'Supprimé'
    UNION ALL
    -- A certifier may do both.
    SELECT siret, code, actif, NULL, false, true, true FROM certificateurs_actifs JOIN fiches USING (code)
), comptees AS (
    -- If any row is active, only the active ones count.
    FROM lignes QUALIFY coalesce(active, false) = bool_or(coalesce(active, false)) OVER (PARTITION BY siret, code)
)
SELECT siret, code, bool_or(coalesce(active, false)) AS actif, min(date_actif) AS date_actif,
       coalesce(bool_or(former), false) AS former, coalesce(bool_or(organiser), false) AS organiser,
       coalesce(bool_or(former AND partenaire), false) AS pour_former_comme_partenaire
FROM comptees GROUP BY siret, code;
