-- What the API gives in this run, page after page, and the SIRENs of the establishments that nobody knows yet.
CREATE OR REPLACE TABLE sirene_recues (
    page INTEGER, siret VARCHAR, etat VARCHAR, date_debut DATE, code_commune VARCHAR, diffusion VARCHAR, traite_le TIMESTAMP
);

-- The establishments of a page that have a SIRET and a current state; the current period is the one without an end.
CREATE OR REPLACE MACRO etablissements(page_json) AS TABLE
SELECT clean(e.siret) AS siret, clean(courante.etatAdministratifEtablissement) AS etat,
       TRY_CAST(courante.dateDebut AS DATE) AS date_debut,
       clean(e.adresseEtablissement.codeCommuneEtablissement) AS code_commune,
       clean(e.statutDiffusionEtablissement) AS diffusion,
       TRY_CAST(e.dateDernierTraitementEtablissement AS TIMESTAMP) AS traite_le
FROM (SELECT e, list_filter(e.periodesEtablissement, lambda p: p.dateFin IS NULL)[1] AS courante
      FROM (SELECT unnest(from_json(json_extract(page_json, '$.etablissements'), '[{
          "siret": "VARCHAR", "statutDiffusionEtablissement": "VARCHAR", "dateDernierTraitementEtablissement": "VARCHAR",
          "adresseEtablissement": {"codeCommuneEtablissement": "VARCHAR"},
          "periodesEtablissement": [
              {"dateFin": "VARCHAR", "dateDebut": "VARCHAR", "etatAdministratifEtablissement": "VARCHAR"}]
      }]')) AS e))
WHERE regexp_full_match(clean(e.siret), '[0-9]{14}') AND courante.etatAdministratifEtablissement IN ('A', 'F');

CREATE OR REPLACE VIEW sirens_inconnus AS
SELECT DISTINCT left(siret, 9) AS siren
FROM (SELECT siret FROM liste_of
      UNION SELECT siret FROM partenaires_rncp UNION SELECT siret FROM partenaires_rs
      UNION SELECT siret FROM certificateurs_rncp UNION SELECT siret FROM certificateurs_rs) AS nommes
ANTI JOIN previous.sirene_recente USING (siret)
ANTI JOIN sirene ON numero = siret_number(nommes.siret)
WHERE is_siret(siret);
