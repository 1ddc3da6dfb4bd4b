-- The SIRENs that the run may ask Sirene's stock about: of all that the other sources name, and of what the run before
-- left. They are more than the documents are about, which is for documents/ to say, and never fewer.
CREATE OR REPLACE TABLE sirens_nommes AS
SELECT DISTINCT TRY_CAST(left(siret, 9) AS BIGINT) AS siren
FROM (SELECT siret FROM liste_of
      UNION ALL SELECT siren_retenu FROM liste_of
      UNION ALL SELECT siret FROM partenaires_rncp UNION ALL SELECT siret FROM partenaires_rs
      UNION ALL SELECT siret FROM certificateurs_rncp UNION ALL SELECT siret FROM certificateurs_rs
      UNION ALL SELECT siret FROM previous.declarations
      UNION ALL SELECT siret FROM previous.sirene_recente)
WHERE TRY_CAST(left(siret, 9) AS BIGINT) IS NOT NULL;
