-- Makes: the schema `empty`: the tables that the sources fill, without rows, for a source of which no file was ever
--   accepted. These tables are stored (Parquet): their names and columns are stored names.
CREATE SCHEMA IF NOT EXISTS empty;

CREATE OR REPLACE TABLE empty.liste_of (
    line BIGINT, nda VARCHAR, ndas_precedents VARCHAR[], siren VARCHAR, siret VARCHAR, code_region VARCHAR,
    denomination VARCHAR,
    adresse STRUCT(voie VARCHAR, code_postal VARCHAR, ville VARCHAR),   -- NULL when no street and no town is given
    action_formation BOOLEAN, bilan_competences BOOLEAN, validation_acquis_experience BOOLEAN, apprentissage BOOLEAN,
    date_derniere_declaration DATE, date_derniere_declaration_source VARCHAR,
    date_debut_exercice DATE, date_debut_exercice_source VARCHAR,
    date_fin_exercice DATE, date_fin_exercice_source VARCHAR,
    code_specialite_1 VARCHAR, libelle_specialite_1 VARCHAR,
    code_specialite_2 VARCHAR, libelle_specialite_2 VARCHAR,
    code_specialite_3 VARCHAR, libelle_specialite_3 VARCHAR,
    kept BOOLEAN,          -- from the previous list: the line is unreadable in this one
    siret_valide BOOLEAN,
    siren_retenu VARCHAR   -- the SIREN of the row (document.md): of its valid SIRET, else its own valid one
);

CREATE OR REPLACE TABLE empty.fiches_rncp (
    code VARCHAR, actif BOOLEAN, intitule VARCHAR, niveau VARCHAR,
    date_decision DATE, date_fin_enregistrement DATE, nouvelles_certifications VARCHAR[],
    type_enregistrement VARCHAR,   -- `de droit` or `sur demande`
    date_effet DATE, date_limite_delivrance DATE,
    existence_partenaires BOOLEAN,
    accessibilite VARCHAR[]        -- the active ways to it: fi, fc, cq, cl, vae, ca
);
CREATE OR REPLACE TABLE empty.partenaires_rncp (
    code VARCHAR, siret VARCHAR, etat VARCHAR, habilitation VARCHAR, date_actif DATE,
    date_etat DATE,   -- of the last change of `etat`
    nom VARCHAR
);
CREATE OR REPLACE TABLE empty.certificateurs_rncp (code VARCHAR, siret VARCHAR, etat VARCHAR, date_etat DATE, nom VARCHAR);
CREATE OR REPLACE TABLE empty.fiches_rs AS FROM empty.fiches_rncp;
CREATE OR REPLACE TABLE empty.partenaires_rs AS FROM empty.partenaires_rncp;
CREATE OR REPLACE TABLE empty.certificateurs_rs AS FROM empty.certificateurs_rncp;

CREATE OR REPLACE TABLE empty.sirene (
    siret VARCHAR, etat VARCHAR, date_debut DATE, code_commune VARCHAR, diffusion VARCHAR,
    numero BIGINT AS (siret_number(siret))   -- among 44 million rows, joins by number are fast
);
CREATE OR REPLACE TABLE empty.sirene_succession (predecesseur VARCHAR, successeur VARCHAR, date_lien DATE);

CREATE OR REPLACE TABLE empty.annuaire_education (
    uai VARCHAR, siret VARCHAR, etat VARCHAR, hors_contrat BOOLEAN, lycee_agricole BOOLEAN,
    type_etablissement VARCHAR
);
CREATE OR REPLACE TABLE empty.referentiel_onisep (rank INTEGER, siret VARCHAR, uai VARCHAR);

-- What the optional services add, stored by each run for the next (enrichment/).
CREATE OR REPLACE TABLE empty.sirene_recente (
    siret VARCHAR, etat VARCHAR, date_debut DATE, code_commune VARCHAR, diffusion VARCHAR,
    traite_le TIMESTAMP   -- when INSEE last processed it
);
CREATE OR REPLACE TABLE empty.adresses (
    adresse STRUCT(voie VARCHAR, code_postal VARCHAR, ville VARCHAR),
    score DOUBLE,         -- 0 to 1; NULL when the geocoder found nothing
    citycode VARCHAR, label VARCHAR,
    demandee DATE         -- the day of the run that asked the geocoder
);
