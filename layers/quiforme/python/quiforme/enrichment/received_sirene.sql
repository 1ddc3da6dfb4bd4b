-- Reads: liste_of, partenaires_rncp, partenaires_rs, certificateurs_rncp, certificateurs_rs, sirene (the stock),
-- previous.sirene_recente.
-- Makes: received_establishments, empty: the rows that the API sends in this run, by page.
-- Makes: the table macro page_establishments(page_json): the usable rows of one page of the API.
-- Makes: the view unknown_sirens: the SIRENs of the establishments that the sources name and Sirene does not know.

CREATE OR REPLACE TABLE received_establishments (
    page INTEGER, siret VARCHAR, etat VARCHAR, date_debut DATE, code_commune VARCHAR, diffusion VARCHAR, traite_le TIMESTAMP
);

-- A row is usable with a SIRET and a current state. The current period is the one without an end.
CREATE OR REPLACE MACRO page_establishments(page_json) AS TABLE
SELECT clean(e.siret) AS siret, clean(current_period.etatAdministratifEtablissement) AS etat,
       TRY_CAST(current_period.dateDebut AS DATE) AS date_debut,
       clean(e.adresseEtablissement.codeCommuneEtablissement) AS code_commune,
       clean(e.statutDiffusionEtablissement) AS diffusion,
       TRY_CAST(e.dateDernierTraitementEtablissement AS TIMESTAMP) AS traite_le
FROM (SELECT e, list_filter(e.periodesEtablissement, lambda p: p.dateFin IS NULL)[1] AS current_period
      FROM (SELECT unnest(from_json(json_extract(page_json, '$.etablissements'), '[{
          "siret": "VARCHAR", "statutDiffusionEtablissement": "VARCHAR", "dateDernierTraitementEtablissement": "VARCHAR",
          "adresseEtablissement": {"codeCommuneEtablissement": "VARCHAR"},
          "periodesEtablissement": [
              {"dateFin": "VARCHAR", "dateDebut": "VARCHAR", "etatAdministratifEtablissement": "VARCHAR"}]
      }]')) AS e))
WHERE regexp_full_match(clean(e.siret), '[0-9]{14}') AND current_period.etatAdministratifEtablissement IN ('A', 'F');

CREATE OR REPLACE VIEW unknown_sirens AS
SELECT DISTINCT left(siret, 9) AS siren
FROM (SELECT siret FROM liste_of
      UNION SELECT siret FROM partenaires_rncp UNION SELECT siret FROM partenaires_rs
      UNION SELECT siret FROM certificateurs_rncp UNION SELECT siret FROM certificateurs_rs) AS named
ANTI JOIN previous.sirene_recente USING (siret)
ANTI JOIN sirene ON numero = siret_number(named.siret)
WHERE is_siret(siret);
