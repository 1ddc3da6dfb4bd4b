-- Reads: fiches_rncp, partenaires_rncp, certificateurs_rncp, and the same three of the RS.
-- Makes: the views fiches, partenaires, certificateurs: both registers of France compétences together.
-- Used by the documents and by the anomaly rules.

CREATE OR REPLACE VIEW fiches AS
SELECT *, 1 AS register_rank FROM fiches_rncp      -- a document lists the RNCP before the RS
UNION ALL SELECT *, 2 FROM fiches_rs;

CREATE OR REPLACE VIEW partenaires AS
SELECT *, 'rncp' AS source FROM partenaires_rncp UNION ALL SELECT *, 'rs' FROM partenaires_rs;

CREATE OR REPLACE VIEW certificateurs AS
SELECT *, 'rncp' AS source FROM certificateurs_rncp UNION ALL SELECT *, 'rs' FROM certificateurs_rs;
