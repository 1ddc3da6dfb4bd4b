-- Reads: complement_uai (build.py), referentiel_onisep, uai_annuaire.
-- Makes:
--   uai_onisep (uai, siret): the rows of ONISEP's référentiel whose UAI key and SIRET are valid
--   uai_codes (siret, uai): the UAI code of each SIRET that has one; stored, so its columns keep their names (see
--     shared/previous_run.sql)
--
-- Place in document.md: `code_uai`.

CREATE OR REPLACE TABLE uai_onisep AS
SELECT uai, siret FROM referentiel_onisep WHERE is_uai(uai) AND is_siret(siret);

-- The first found of: the complement list, ONISEP's référentiel, the directory; there, open schools first.
-- Within one of them, the smallest code.
CREATE OR REPLACE TABLE uai_codes AS
SELECT siret, uai
FROM (SELECT siret, uai, 1 AS rank FROM complement_uai
      UNION ALL
      SELECT siret, uai, 2 FROM uai_onisep
      UNION ALL
      SELECT siret, uai, CASE etat WHEN 'OUVERT' THEN 3 ELSE 4 END FROM uai_annuaire)
QUALIFY row_number() OVER (PARTITION BY siret ORDER BY rank, uai) = 1;
