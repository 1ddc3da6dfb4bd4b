-- What one run keeps for the next, here without a row: the state before the very first run.
CREATE SCHEMA IF NOT EXISTS previous;

-- The list accepted last.
CREATE OR REPLACE TABLE previous.liste_of AS FROM empty.liste_of;

-- NDAs that left the list, and the day of the run that saw them gone.
CREATE OR REPLACE TABLE previous.ndas_inactifs (
    nda VARCHAR, siren VARCHAR, line BIGINT, siret VARCHAR, code_region VARCHAR, date_derniere_declaration DATE, depuis DATE
);

-- The declarations of the documents, one row an entry, perimeter aside.
CREATE OR REPLACE TABLE previous.declarations (
    siret VARCHAR, nda VARCHAR, actif BOOLEAN,
    date_derniere_declaration DATE, date_debut_exercice DATE, date_fin_exercice DATE,
    action_formation BOOLEAN, bilan_competences BOOLEAN, validation_acquis_experience BOOLEAN, apprentissage BOOLEAN,
    obtention_via_unite_legale BOOLEAN,
    code_specialite_1 VARCHAR, libelle_specialite_1 VARCHAR,
    code_specialite_2 VARCHAR, libelle_specialite_2 VARCHAR,
    code_specialite_3 VARCHAR, libelle_specialite_3 VARCHAR
);

-- The habilitations of the documents, perimeter aside; `pour_former_comme_partenaire`: a counted partner row allows it.
CREATE OR REPLACE TABLE previous.habilitations (
    siret VARCHAR, code VARCHAR, actif BOOLEAN, pour_former_comme_partenaire BOOLEAN
);

-- What the look-up answers for a SIRET, without the texts: a document, that it is out of perimeter, or a tombstone; for
-- `kind/identifier`, the index of who is behind it, or a tombstone; and the generation of the item that says so.
CREATE OR REPLACE TABLE previous.repertoire (
    id VARCHAR, etat VARCHAR, empreinte VARCHAR, empreinte_details VARCHAR, generation INTEGER
);

-- What the optional services answered so far.
CREATE OR REPLACE TABLE previous.sirene_recente AS FROM empty.sirene_recente;
CREATE OR REPLACE TABLE previous.adresses AS FROM empty.adresses;
