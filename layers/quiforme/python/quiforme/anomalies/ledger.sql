-- The ledger of anomalies, here without a row: every finding ever made, open or resolved.
CREATE OR REPLACE TABLE registre (
    id VARCHAR, code VARCHAR, cle JSON, etat VARCHAR, occurrence INTEGER, sequence INTEGER, constats VARCHAR,
    siret VARCHAR, siren VARCHAR, nda VARCHAR, code_fiche VARCHAR, uai VARCHAR, source VARCHAR,
    departement VARCHAR, region VARCHAR,
    premiere_detection DATE,   -- of the current occurrence
    derniere_detection DATE,
    resolue_le DATE,           -- of the current occurrence; null while it is open
    -- Whether consumers know of the current occurrence: `faite` they were told; `retenue` by the flood breaker, until ops
    -- decide; `abandonnee` by ops, or `classee` by an agent: not told as long as the evidence stays the same.
    annonce VARCHAR,
    details VARCHAR            -- JSON, or null: what the message says beyond the evidence
);
CREATE OR REPLACE TABLE constatees (
    code VARCHAR, cle JSON, constats VARCHAR,
    siret VARCHAR, siren VARCHAR, nda VARCHAR, code_fiche VARCHAR, uai VARCHAR, source VARCHAR, code_region VARCHAR,
    details VARCHAR            -- as in `registre`
);
CREATE OR REPLACE TABLE regles_evaluees (code VARCHAR, duree_jours INTEGER);
-- Those whose openings are news and not a backlog: evaluated before, or comparing with the snapshots before.
CREATE OR REPLACE TABLE regles_eprouvees (code VARCHAR);

-- What agents dismissed, and the digest of the evidence that they judged.
CREATE OR REPLACE TABLE classees (id VARCHAR, empreinte VARCHAR);
CREATE OR REPLACE MACRO empreinte(constats) AS left(sha256(constats), 32);

-- What became of each source in the run that made the snapshot.
CREATE OR REPLACE TABLE sources (
    source VARCHAR, etat VARCHAR,
    fichier_refuse VARCHAR, motif VARCHAR, fichier_refuse_conserve VARCHAR,
    fichier VARCHAR, jour DATE,                                        -- of the file in use
    lignes_rejetees BIGINT, premieres JSON, lignes_conservees VARCHAR, -- of it that could not be read
    refusal JSON                                                       -- of `fichier_refuse` (quiforme/refusals.py)
);
