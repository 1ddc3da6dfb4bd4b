-- Reads: nothing.
-- Makes: ledger, raw_findings, evaluated_rules, rules_with_history, dismissals (without rows: loading.py and evaluation.py
--        fill them), evidence_digest(constats).

-- The ledger of anomalies: every anomaly ever found, open or resolved. It is stored as Parquet and read by the next
-- reconciliation: a column cannot be renamed without a migration, nor the values of `etat` and `annonce`.
CREATE OR REPLACE TABLE ledger (
    id VARCHAR, code VARCHAR, cle JSON, etat VARCHAR, occurrence INTEGER, sequence INTEGER, constats VARCHAR,
    siret VARCHAR, siren VARCHAR, nda VARCHAR, code_fiche VARCHAR, uai VARCHAR, source VARCHAR,
    departement VARCHAR, region VARCHAR,
    premiere_detection DATE,   -- of the current occurrence
    derniere_detection DATE,
    resolue_le DATE,           -- of the current occurrence; NULL while it is open
    -- Whether the current occurrence was announced to consumers. `faite`: yes. `retenue`: held by the flood breaker until
    -- ops decide. `abandonnee` (dropped by ops) and `classee` (dismissed by an agent): not announced as long as the
    -- evidence stays the same.
    annonce VARCHAR,
    details VARCHAR            -- JSON, or NULL: what the message says beyond the evidence
);

-- What the rules find in this run, one row an open anomaly.
CREATE OR REPLACE TABLE raw_findings (
    code VARCHAR, cle JSON, constats VARCHAR,
    siret VARCHAR, siren VARCHAR, nda VARCHAR, code_fiche VARCHAR, uai VARCHAR, source VARCHAR, code_region VARCHAR,
    details VARCHAR            -- as in `ledger`
);
CREATE OR REPLACE TABLE evaluated_rules (code VARCHAR, max_age_days INTEGER);

-- Rules whose openings are news: evaluated by an earlier run, or comparing with previous snapshots. The openings of any
-- other rule are its backlog, which is never a flood. So are those of a rule whose key has changed since.
CREATE OR REPLACE TABLE rules_with_history (code VARCHAR);

-- The anomalies that agents dismissed, and the digest of the evidence that they saw.
CREATE OR REPLACE TABLE dismissals (id VARCHAR, digest VARCHAR);
CREATE OR REPLACE MACRO evidence_digest(constats) AS left(sha256(constats), 32);
