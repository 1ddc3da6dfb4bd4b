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
    siret VARCHAR, etat VARCHAR,
    date_debut DATE,       -- of a closed establishment: the day it closed; else of the current period
    code_commune VARCHAR, diffusion VARCHAR,
    traite_le TIMESTAMP,   -- when INSEE last processed it
    -- NULL in what an earlier version stored; [ND] and empty are NULL.
    identite STRUCT(
        siege BOOLEAN, date_creation DATE, activite_principale VARCHAR, enseigne VARCHAR, denomination_usuelle VARCHAR,
        complement_adresse VARCHAR, numero_voie VARCHAR, indice_repetition VARCHAR, type_voie VARCHAR,
        libelle_voie VARCHAR, distribution_speciale VARCHAR, code_postal VARCHAR, libelle_commune VARCHAR,
        code_cedex VARCHAR, libelle_cedex VARCHAR, libelle_commune_etranger VARCHAR, libelle_pays_etranger VARCHAR),
    unite STRUCT(
        etat VARCHAR, diffusion VARCHAR, denomination VARCHAR, denomination_usuelle VARCHAR, sigle VARCHAR,
        pseudonyme VARCHAR, prenom_usuel VARCHAR, nom VARCHAR, nom_usage VARCHAR, categorie_juridique VARCHAR,
        activite_principale VARCHAR, nic_siege VARCHAR, date_creation DATE),
    debut_periode DATE     -- of a closed establishment: the start of its current period, which a correction moves
);
CREATE OR REPLACE TABLE empty.adresses (
    adresse STRUCT(voie VARCHAR, code_postal VARCHAR, ville VARCHAR),
    score DOUBLE,           -- 0 to 1; NULL when the geocoder found nothing
    citycode VARCHAR, label VARCHAR,
    demandee DATE,          -- the day of the run that the geocoder answered; NULL: nothing is known of the address yet
    score_suivant DOUBLE,   -- of the second match; NULL when there is none
    ban STRUCT(type VARCHAR, nom VARCHAR, numero VARCHAR, voie VARCHAR, code_postal VARCHAR, commune VARCHAR,
               contexte VARCHAR, id VARCHAR, latitude VARCHAR, longitude VARCHAR),
    lecteur INTEGER,        -- the version of the reader of the answer (ban.READER); NULL in what an earlier version stored
    ecartee DATE,           -- the day on which it was set aside, for a month: the geocoder fails on it alone
    lot INTEGER             -- the size of the last file with it on which the geocoder failed: the next one has half of it
);
