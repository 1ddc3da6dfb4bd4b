-- Reads: liste_of, habilitations, fiches, repertoire, uai_annuaire.
-- Makes: document_sirets, population, training_partners, open_uais: the sets of SIRETs that the rules speak of.

CREATE OR REPLACE VIEW document_sirets AS SELECT id AS siret FROM repertoire WHERE etat = 'document';

-- Declared in the OF list, or holder of an active habilitation. The columns liste_of and france_competences are what each
-- source contributes to the evidence; NULL when it does not name the SIRET.
CREATE OR REPLACE TABLE population AS
SELECT siret, CASE WHEN ndas IS NOT NULL THEN {nda: ndas} END AS liste_of,
       CASE WHEN is_habilitated THEN {etat_habilitation: 'Actif'} END AS france_competences
FROM (SELECT siret, list(DISTINCT nda ORDER BY nda) AS ndas FROM liste_of WHERE siret_valide GROUP BY siret) AS declared
FULL JOIN (SELECT DISTINCT siret, true AS is_habilitated FROM habilitations WHERE actif) AS habilitated USING (siret);

-- Active habilitation to train, as a partner. `on_request`: on a fiche registered `sur demande`; `of_unknown_kind`: on a fiche
-- of which the register, or what an earlier version stored of it, does not say how it was registered.
CREATE OR REPLACE TABLE training_partners AS
SELECT siret, coalesce(bool_or(type_enregistrement = 'sur demande'), false) AS on_request,
       bool_or(type_enregistrement IS NULL) AS of_unknown_kind
FROM habilitations LEFT JOIN fiches USING (code)
WHERE habilitations.actif AND pour_former_comme_partenaire
GROUP BY siret;

-- The UAIs that the education directory marks as open, by SIRET.
CREATE OR REPLACE TABLE open_uais AS
SELECT siret, list(DISTINCT uai ORDER BY uai) AS uais FROM uai_annuaire WHERE etat = 'OUVERT' GROUP BY siret;
