-- Reads: liste_of, partenaires_rncp, partenaires_rs, certificateurs_rncp, certificateurs_rs, sirene (the stock),
-- previous.sirene_recente.
-- Makes: received_establishments, empty: the rows that the API sends in this run, by page: those of sirene_recente.
-- Makes: the table macro page_establishments(page_json): the usable rows of one page of the API.
-- Makes: the view unknown_sirens: the SIRENs of the establishments that the sources name and Sirene does not know.

CREATE OR REPLACE TABLE received_establishments AS SELECT 0 AS page, * FROM empty.sirene_recente;

-- The same as clean(cell), but short: with dozens of long macros DuckDB takes longer to plan a query than to answer it.
CREATE OR REPLACE MACRO known(cell) AS nullif(nullif(trim(cell, getvariable('white_space')), ''), '[ND]');

-- INSEE writes 1900-01-01 when it does not know. A period without an end is the current one.
CREATE OR REPLACE MACRO unknown_day() AS DATE '1900-01-01';
CREATE OR REPLACE MACRO no_end() AS DATE '9999-12-31';

-- Newest first, whatever their order in the answer; of several current ones the last that began comes first.
CREATE OR REPLACE MACRO newest_first(periods) AS list_reverse_sort(list_filter(list_transform(periods, lambda p: {
    fin: CASE WHEN nullif(p.dateFin, '') IS NULL THEN no_end() ELSE TRY_CAST(p.dateFin AS DATE) END,
    debut: greatest(coalesce(TRY_CAST(p.dateDebut AS DATE), unknown_day()), unknown_day()),
    etat: p.etatAdministratifEtablissement, period: p}), lambda p: p.fin IS NOT NULL));

-- The first day of the last unbroken run of closed periods: a correction begins a new period, and the closing date stays.
-- A period of another state ends the run, and so do days of which no period tells. NULL when that first day is not known.
CREATE OR REPLACE MACRO closing_day(periods) AS nullif(list_reduce(periods, lambda run, p:
    CASE WHEN run.etat = 'F' AND p.etat = 'F' AND p.fin >= run.debut - 1
         THEN {fin: run.fin, debut: least(run.debut, p.debut), etat: run.etat, period: run.period}
         ELSE {fin: run.fin, debut: run.debut, etat: 'the run has ended', period: run.period} END).debut, unknown_day());

-- A structure of which nothing is known is NULL.
CREATE OR REPLACE MACRO if_any(structure) AS
    CASE WHEN len(list_filter(json_extract_string(to_json(structure), '$.*'), lambda one: one IS NOT NULL)) > 0
         THEN structure END;

-- A row is usable with a SIRET and a current state. The steps are materialized: DuckDB would repeat each wherever the next
-- one refers to it.
CREATE OR REPLACE MACRO page_establishments(page_json) AS TABLE
WITH read AS MATERIALIZED (
    SELECT unnest(from_json(json_extract(page_json, '$.etablissements'), '[{
        "siret": "VARCHAR", "statutDiffusionEtablissement": "VARCHAR", "dateDernierTraitementEtablissement": "VARCHAR",
        "dateCreationEtablissement": "VARCHAR", "etablissementSiege": "VARCHAR",
        "adresseEtablissement": {
            "complementAdresseEtablissement": "VARCHAR", "numeroVoieEtablissement": "VARCHAR",
            "indiceRepetitionEtablissement": "VARCHAR", "typeVoieEtablissement": "VARCHAR",
            "libelleVoieEtablissement": "VARCHAR", "distributionSpecialeEtablissement": "VARCHAR",
            "codePostalEtablissement": "VARCHAR", "codeCommuneEtablissement": "VARCHAR",
            "libelleCommuneEtablissement": "VARCHAR", "codeCedexEtablissement": "VARCHAR",
            "libelleCedexEtablissement": "VARCHAR", "libelleCommuneEtrangerEtablissement": "VARCHAR",
            "libellePaysEtrangerEtablissement": "VARCHAR"},
        "uniteLegale": {
            "etatAdministratifUniteLegale": "VARCHAR", "statutDiffusionUniteLegale": "VARCHAR",
            "denominationUniteLegale": "VARCHAR", "denominationUsuelle1UniteLegale": "VARCHAR",
            "sigleUniteLegale": "VARCHAR", "pseudonymeUniteLegale": "VARCHAR", "prenomUsuelUniteLegale": "VARCHAR",
            "nomUniteLegale": "VARCHAR", "nomUsageUniteLegale": "VARCHAR", "categorieJuridiqueUniteLegale": "VARCHAR",
            "activitePrincipaleUniteLegale": "VARCHAR", "nicSiegeUniteLegale": "VARCHAR",
            "dateCreationUniteLegale": "VARCHAR"},
        "periodesEtablissement": [{
            "dateFin": "VARCHAR", "dateDebut": "VARCHAR", "etatAdministratifEtablissement": "VARCHAR",
            "enseigne1Etablissement": "VARCHAR", "denominationUsuelleEtablissement": "VARCHAR",
            "activitePrincipaleEtablissement": "VARCHAR"}]
    }]')) AS e
),
ordered AS MATERIALIZED (SELECT e, newest_first(e.periodesEtablissement) AS periods FROM read),
current AS MATERIALIZED (
    SELECT e, e.adresseEtablissement AS place, e.uniteLegale AS unit, periods,
           list_filter(periods, lambda p: p.fin = no_end())[1] AS latest
    FROM ordered
),
usable AS MATERIALIZED (
    SELECT clean(e.siret) AS siret, latest.etat AS etat,
           CASE WHEN latest.etat = 'F' THEN closing_day(periods)
                ELSE TRY_CAST(latest.period.dateDebut AS DATE) END AS date_debut,
           clean(place.codeCommuneEtablissement) AS code_commune,
           clean(e.statutDiffusionEtablissement) AS diffusion,
           TRY_CAST(e.dateDernierTraitementEtablissement AS TIMESTAMP) AS traite_le,
           {
               siege: TRY_CAST(e.etablissementSiege AS BOOLEAN),
               date_creation: TRY_CAST(e.dateCreationEtablissement AS DATE),
               activite_principale: known(latest.period.activitePrincipaleEtablissement),
               enseigne: known(latest.period.enseigne1Etablissement),
               denomination_usuelle: known(latest.period.denominationUsuelleEtablissement),
               complement_adresse: known(place.complementAdresseEtablissement),
               numero_voie: known(place.numeroVoieEtablissement),
               indice_repetition: known(place.indiceRepetitionEtablissement),
               type_voie: known(place.typeVoieEtablissement),
               libelle_voie: known(place.libelleVoieEtablissement),
               distribution_speciale: known(place.distributionSpecialeEtablissement),
               code_postal: known(place.codePostalEtablissement),
               libelle_commune: known(place.libelleCommuneEtablissement),
               code_cedex: known(place.codeCedexEtablissement),
               libelle_cedex: known(place.libelleCedexEtablissement),
               libelle_commune_etranger: known(place.libelleCommuneEtrangerEtablissement),
               libelle_pays_etranger: known(place.libellePaysEtrangerEtablissement)
           } AS identite,
           {
               etat: known(unit.etatAdministratifUniteLegale),
               diffusion: known(unit.statutDiffusionUniteLegale),
               denomination: known(unit.denominationUniteLegale),
               denomination_usuelle: known(unit.denominationUsuelle1UniteLegale),
               sigle: known(unit.sigleUniteLegale),
               pseudonyme: known(unit.pseudonymeUniteLegale),
               prenom_usuel: known(unit.prenomUsuelUniteLegale),
               nom: known(unit.nomUniteLegale),
               nom_usage: known(unit.nomUsageUniteLegale),
               categorie_juridique: known(unit.categorieJuridiqueUniteLegale),
               activite_principale: known(unit.activitePrincipaleUniteLegale),
               nic_siege: known(unit.nicSiegeUniteLegale),
               date_creation: TRY_CAST(unit.dateCreationUniteLegale AS DATE)
           } AS unite,
           CASE WHEN latest.etat = 'F' THEN nullif(latest.debut, unknown_day()) END AS debut_periode
    FROM current
    WHERE regexp_full_match(clean(e.siret), '[0-9]{14}') AND latest.etat IN ('A', 'F')
)
SELECT * REPLACE (if_any(identite) AS identite, if_any(unite) AS unite) FROM usable;

CREATE OR REPLACE VIEW unknown_sirens AS
SELECT DISTINCT left(siret, 9) AS siren
FROM (SELECT siret FROM liste_of
      UNION SELECT siret FROM partenaires_rncp UNION SELECT siret FROM partenaires_rs
      UNION SELECT siret FROM certificateurs_rncp UNION SELECT siret FROM certificateurs_rs) AS named
ANTI JOIN previous.sirene_recente USING (siret)
ANTI JOIN sirene ON numero = siret_number(named.siret)
WHERE is_siret(siret);
