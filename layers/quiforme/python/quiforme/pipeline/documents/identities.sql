-- Reads: the tables of identities_missing.sql; the variable has_units: whether there is a stock of legal units.
-- Makes: identites_sirene, unites_sirene: stored, so their columns keep their names (shared/previous_run.sql).

-- The order is total, so that the row chosen of two does not depend on how the stock is stored.
CREATE OR REPLACE TABLE identites_sirene AS
SELECT siret, nullif(code_commune, '[ND]') AS code_commune,
       coalesce(recent_identites.identite, known_identites.identite, found.identite) AS identite
FROM sirene_documents
LEFT JOIN recent_identites USING (siret)
LEFT JOIN known_identites USING (siret)
LEFT JOIN (SELECT siret_text(numero) AS siret, max(identite) AS identite FROM found_identites GROUP BY ALL) AS found
    USING (siret);

CREATE OR REPLACE TABLE unites_sirene AS
SELECT siren, coalesce(recent_unites.unite, known_unites.unite, found.unite) AS unite
FROM (SELECT DISTINCT left(siret, 9) AS siren FROM establishments)
LEFT JOIN recent_unites USING (siren)
LEFT JOIN known_unites USING (siren)
LEFT JOIN (SELECT lpad(numero::VARCHAR, 9, '0') AS siren, max(unite) AS unite FROM found_unites GROUP BY ALL) AS found
    USING (siren)
WHERE getvariable('has_units') OR recent_unites.unite IS NOT NULL;
