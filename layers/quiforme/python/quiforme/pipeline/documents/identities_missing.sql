-- Reads: establishments, sirene_candidates (1_declarations.sql), sirene_recente; previous.identites_sirene and
--   previous.unites_sirene; the variables same_stock and same_units: whether the previous run had the same stocks.
-- Makes:
--   sirene_documents (siret, code_commune): the documents' establishments that Sirene knows
--   recent_identites (siret, identite), recent_unites (siren, unite): what INSEE's API said since the stock
--   known_identites (siret, identite), known_unites (siren, unite): what the previous run knew; null for what it looked
--     for in vain, so that no run looks for it again
--   missing_identites, missing_unites (numero): what is to be looked for in the stocks
--   found_identites (numero, identite), found_unites (numero, unite): without rows

-- The same row of a SIRET as in sirene_states (5_documents.sql).
CREATE OR REPLACE TABLE sirene_documents AS
SELECT siret, code_commune
FROM sirene_candidates SEMI JOIN establishments USING (siret)
QUALIFY row_number() OVER (
    PARTITION BY siret ORDER BY date_debut DESC NULLS LAST, etat, diffusion, code_commune) = 1;

-- By name: answers that an earlier version stored lack these columns.
CREATE OR REPLACE VIEW recent_sirene AS FROM empty.sirene_recente UNION ALL BY NAME FROM sirene_recente;
CREATE OR REPLACE TABLE recent_identites AS SELECT siret, identite FROM recent_sirene WHERE identite IS NOT NULL;
CREATE OR REPLACE TABLE recent_unites AS
SELECT left(siret, 9) AS siren, first(unite ORDER BY traite_le DESC NULLS LAST, siret) AS unite
FROM recent_sirene WHERE unite IS NOT NULL GROUP BY ALL;

CREATE OR REPLACE VIEW known_identites AS
SELECT siret, identite FROM previous.identites_sirene WHERE getvariable('same_stock');
CREATE OR REPLACE VIEW known_unites AS FROM previous.unites_sirene WHERE getvariable('same_units');

CREATE OR REPLACE TABLE missing_identites AS
SELECT siret_number(siret) AS numero
FROM sirene_documents ANTI JOIN known_identites USING (siret) ANTI JOIN recent_identites USING (siret);
CREATE OR REPLACE TABLE missing_unites AS
SELECT siren::BIGINT AS numero
FROM (SELECT DISTINCT left(siret, 9) AS siren FROM establishments)
ANTI JOIN known_unites USING (siren) ANTI JOIN recent_unites USING (siren);

CREATE OR REPLACE TABLE found_identites AS
SELECT NULL::BIGINT AS numero, identite FROM previous.identites_sirene WHERE false;
CREATE OR REPLACE TABLE found_unites AS SELECT NULL::BIGINT AS numero, unite FROM previous.unites_sirene WHERE false;
