-- Reads: annuaire_education.
-- Makes: uai_annuaire (uai, siret, etat, type_etablissement): the rows of the education directory whose UAI key and SIRET are valid.
-- Used by the documents and by the anomaly rules.

CREATE OR REPLACE TABLE uai_annuaire AS
SELECT uai, siret, etat, type_etablissement FROM annuaire_education WHERE is_uai(uai) AND is_siret(siret);
