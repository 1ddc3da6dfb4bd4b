-- code_uai: the complement list, then ONISEP's validated one, then the directory.

CREATE OR REPLACE TABLE uai_onisep AS
SELECT uai, siret FROM referentiel_onisep WHERE is_uai(uai) AND is_siret(siret);

CREATE OR REPLACE TABLE codes_uai AS
SELECT siret, uai
FROM (SELECT siret, uai, 1 AS rang FROM complement_uai
      UNION ALL
      SELECT siret, uai, 2 FROM uai_onisep
      UNION ALL
      SELECT siret, uai, CASE etat WHEN 'OUVERT' THEN 3 ELSE 4 END FROM uai_annuaire)
QUALIFY row_number() OVER (PARTITION BY siret ORDER BY rang, uai) = 1;
