-- Reads: liste_of, partenaires_*, certificateurs_*; previous.declarations, previous.sirene_recente.
-- Makes: named_sirens (siren BIGINT): every SIREN that the run may look up in Sirene's stock. It is a superset of the
--   SIRENs that documents are about, so that the stock is filtered while it is read (sources/sirene.py).

CREATE OR REPLACE TABLE named_sirens AS
SELECT DISTINCT TRY_CAST(left(siret, 9) AS BIGINT) AS siren
FROM (SELECT siret FROM liste_of
      UNION ALL SELECT siren_retenu FROM liste_of
      UNION ALL SELECT siret FROM partenaires_rncp UNION ALL SELECT siret FROM partenaires_rs
      UNION ALL SELECT siret FROM certificateurs_rncp UNION ALL SELECT siret FROM certificateurs_rs
      UNION ALL SELECT siret FROM previous.declarations
      UNION ALL SELECT siret FROM previous.sirene_recente)
WHERE TRY_CAST(left(siret, 9) AS BIGINT) IS NOT NULL;
