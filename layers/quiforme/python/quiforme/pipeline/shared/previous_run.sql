-- Reads: empty.liste_of, empty.fiches_rncp, empty.fiches_rs, empty.sirene_recente, empty.adresses (source_tables.sql).
-- Makes: the schema `previous`, without rows: the state before the first run. Each run stores these tables for the
--   next one and for the reconciliation (Parquet). Their names and columns are stored names: to change one needs a
--   migration. A column that is added is null in what earlier runs stored.
CREATE SCHEMA IF NOT EXISTS previous;

-- The list and the fiches accepted by the previous run.
CREATE OR REPLACE TABLE previous.liste_of AS FROM empty.liste_of;
CREATE OR REPLACE TABLE previous.fiches_rncp AS FROM empty.fiches_rncp;
CREATE OR REPLACE TABLE previous.fiches_rs AS FROM empty.fiches_rs;

-- NDAs that left the list; `depuis` is the day of the run that found them gone.
CREATE OR REPLACE TABLE previous.ndas_inactifs (
    nda VARCHAR, siren VARCHAR, line BIGINT, siret VARCHAR, code_region VARCHAR, date_derniere_declaration DATE, depuis DATE
);

-- The declarations of the documents, one row for each entry, including establishments out of perimeter.
CREATE OR REPLACE TABLE previous.declarations (
    siret VARCHAR, nda VARCHAR, actif BOOLEAN,
    date_derniere_declaration DATE, date_debut_exercice DATE, date_fin_exercice DATE,
    action_formation BOOLEAN, bilan_competences BOOLEAN, validation_acquis_experience BOOLEAN, apprentissage BOOLEAN,
    obtention_via_unite_legale BOOLEAN,
    code_specialite_1 VARCHAR, libelle_specialite_1 VARCHAR,
    code_specialite_2 VARCHAR, libelle_specialite_2 VARCHAR,
    code_specialite_3 VARCHAR, libelle_specialite_3 VARCHAR
);

-- The habilitations of the documents, including establishments out of perimeter. `pour_former_comme_partenaire`: a
-- counted partner row allows to train. `partenaire`, `certificateur`: a counted row is of a partner, of a certifier.
CREATE OR REPLACE TABLE previous.habilitations (
    siret VARCHAR, code VARCHAR, actif BOOLEAN, pour_former_comme_partenaire BOOLEAN,
    partenaire BOOLEAN, certificateur BOOLEAN, etat_depuis DATE
);

-- The UAI code of each SIRET that has one. Earlier versions did not store it.
CREATE OR REPLACE TABLE previous.uai_codes (siret VARCHAR, uai VARCHAR);

-- The directory of answers, without their texts. `id` is a SIRET or `kind/identifier`; `etat` is the state of its item
-- (registry/ports.py); the two digests (SHA-256) are of the texts; `generation` is the one that wrote the item.
CREATE OR REPLACE TABLE previous.repertoire (
    id VARCHAR, etat VARCHAR, empreinte VARCHAR, empreinte_details VARCHAR, generation INTEGER
);

-- The directory of answers of the publication in force. After a roll-back, `repertoire` is that of a later one.
CREATE OR REPLACE TABLE previous.in_force AS FROM previous.repertoire;

-- What the optional services have answered so far.
CREATE OR REPLACE TABLE previous.sirene_recente AS FROM empty.sirene_recente;
CREATE OR REPLACE TABLE previous.adresses AS FROM empty.adresses;

-- What Sirene says of the documents' establishments, and of their legal units: one row for each that was looked for,
-- with null for what its stock does not know. `[ND]` (not to be disclosed) and empty cells are null.
CREATE OR REPLACE TABLE previous.identites_sirene (
    siret VARCHAR, code_commune VARCHAR,
    identite STRUCT(
        siege BOOLEAN, date_creation DATE, activite_principale VARCHAR, enseigne VARCHAR, denomination_usuelle VARCHAR,
        complement_adresse VARCHAR, numero_voie VARCHAR, indice_repetition VARCHAR, type_voie VARCHAR,
        libelle_voie VARCHAR, distribution_speciale VARCHAR, code_postal VARCHAR, libelle_commune VARCHAR,
        code_cedex VARCHAR, libelle_cedex VARCHAR, libelle_commune_etranger VARCHAR, libelle_pays_etranger VARCHAR)
);
CREATE OR REPLACE TABLE previous.unites_sirene (
    siren VARCHAR,
    unite STRUCT(
        etat VARCHAR, diffusion VARCHAR, denomination VARCHAR, denomination_usuelle VARCHAR, sigle VARCHAR,
        pseudonyme VARCHAR, prenom_usuel VARCHAR, nom VARCHAR, nom_usage VARCHAR, categorie_juridique VARCHAR,
        activite_principale VARCHAR, nic_siege VARCHAR, date_creation DATE)
);
