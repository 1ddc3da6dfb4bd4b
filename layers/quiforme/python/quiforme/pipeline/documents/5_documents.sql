-- Reads: the tables of 1_declarations.sql to 4_perimeter.sql; liste_of, fiches, sirene_succession.
-- Makes:
--   published_fiches: what the documents and the exports say of each fiche
--   identities (siret, denomination, adresse), sirene_states, successors
--   establishment_facts: the columns of a document that are no list, and what goes beside it
--   documents (siret, data, details, identite, non_diffusible): one row for each document
--
-- `data` is the document, closed by the published contract; `details` and `identite` go to `meta`. All are JSON texts,
-- concatenated piece by piece: many times faster than to_json of nested values. What is written with a dollar sign is
-- generated from the fields in document_fields.py.

CREATE OR REPLACE MACRO json_of(value) AS coalesce(to_json(value)::VARCHAR, 'null');
CREATE OR REPLACE MACRO json_date(day) AS coalesce('"' || day::VARCHAR || '"', 'null');
CREATE OR REPLACE MACRO json_boolean(value) AS coalesce(value::VARCHAR, 'null');

-- `declarations_activites_etablissement[]`, "Order": active first, then the latest declaration, then the NDA.
CREATE OR REPLACE VIEW declarations_json AS
WITH entries AS (
    SELECT siret, actif, date_derniere_declaration, nda, count(*) OVER (PARTITION BY siret) AS number,
           $declaration_json AS entry
    FROM declarations
)
-- Nearly all establishments have one entry, which needs no sorting.
SELECT siret, entry AS declarations FROM entries WHERE number = 1
UNION ALL
SELECT siret, string_agg(entry, ',' ORDER BY actif DESC, date_derniere_declaration DESC NULLS LAST, nda)
FROM entries WHERE number > 1 GROUP BY siret;

-- `fiche_order` is the order of `habilitations_france_competence[]`: RNCP before RS, then by number.
-- The pieces of JSON text are shared by all habilitations for one fiche, so they are made once.
CREATE OR REPLACE TABLE published_fiches AS
WITH certifiers AS (
    SELECT code, list(siret ORDER BY siret) AS sirets FROM active_certifiers GROUP BY code
), numbered AS (
    SELECT *, row_number() OVER (ORDER BY register_rank, TRY_CAST(regexp_extract(code, '[0-9]+') AS BIGINT), code) AS fiche_order,
           coalesce(certifiers.sirets, []) AS sirets_organismes_certificateurs
    FROM fiches LEFT JOIN certifiers USING (code)
)
SELECT code, fiche_order, date_decision, date_fin_enregistrement, sirets_organismes_certificateurs,
       $fiche_pieces,
       concat(json_of(code), ':{"intitule":', json_of(intitule), ',"niveau":', json_of(niveau),
              ',"remplacee_par":', json_of(coalesce(nouvelles_certifications, [])), '}') AS details
FROM numbered;

-- The lists are sorted after they are made: sorting long texts while aggregating takes half as long again.
CREATE OR REPLACE VIEW habilitations_json AS
SELECT siret, array_to_string(list_select(entries, by_order), ',') AS habilitations,
       array_to_string(list_select(details, by_order), ',') AS details
FROM (SELECT siret, list(entry) AS entries, list(details) AS details, list_grade_up(list(fiche_order)) AS by_order
      FROM (SELECT siret, fiche_order, details, $habilitation_json AS entry
            FROM habilitations JOIN published_fiches USING (code))
      GROUP BY siret);

-- One row for each establishment that Sirene knows. The order is total, so that the row chosen does not depend on how
-- the stock is stored.
CREATE OR REPLACE TABLE sirene_states AS
FROM sirene_candidates SEMI JOIN establishments USING (siret)
QUALIFY row_number() OVER (PARTITION BY siret ORDER BY date_debut DESC NULLS LAST, etat, diffusion) = 1;

CREATE OR REPLACE TABLE successors AS
SELECT predecesseur AS siret, successeur FROM sirene_succession
SEMI JOIN establishments ON establishments.siret = predecesseur
QUALIFY row_number() OVER (PARTITION BY predecesseur ORDER BY date_lien DESC NULLS LAST, successeur) = 1;

-- The denomination and the address of the SIRET's own row in the OF list. Without one, the denomination of the row of
-- its legal unit's only NDA.
CREATE OR REPLACE TABLE identities AS
WITH of_siret AS (
    SELECT siret, denomination, adresse FROM liste_of
    QUALIFY row_number() OVER (PARTITION BY siret ORDER BY date_derniere_declaration DESC NULLS LAST, line) = 1
), of_unit AS (
    SELECT legal_units.siren, denomination
    FROM liste_of JOIN legal_units ON legal_units.siren = siren_retenu AND nda_count = 1
    QUALIFY row_number() OVER (PARTITION BY legal_units.siren ORDER BY date_derniere_declaration DESC NULLS LAST, line) = 1
)
SELECT establishments.siret, coalesce(of_siret.denomination, of_unit.denomination) AS denomination,
       CASE WHEN adresse IS NOT NULL THEN {
           voie: nullif(adresse.voie, ''), code_postal: nullif(adresse.code_postal, ''), ville: nullif(adresse.ville, '')
       } END AS adresse
FROM establishments
LEFT JOIN of_siret USING (siret)
LEFT JOIN of_unit ON of_unit.siren = left(establishments.siret, 9);

CREATE OR REPLACE VIEW establishment_facts AS
SELECT siret, uai,
       coalesce(nda_count > 1, false) AS several_ndas,   -- `unite_legale_avec_plusieurs_nda`
       etat, CASE etat WHEN 'F' THEN date_debut END AS date_fermeture, successeur, diffusion,
       coalesce(diffusion IN ('P', 'N'), false) AS non_diffusible,
       denomination, adresse
FROM establishments
JOIN identities USING (siret)
LEFT JOIN uai_codes USING (siret)
LEFT JOIN legal_units ON legal_units.siren = left(establishments.siret, 9)
LEFT JOIN sirene_states USING (siret)
LEFT JOIN successors USING (siret);

CREATE OR REPLACE TABLE documents AS
SELECT siret,
       $document_json AS data,
       concat('{"etablissement":{"etat_administratif":', json_of(etat),
              ',"date_fermeture":', json_date(date_fermeture),
              ',"siret_successeur":', json_of(successeur),
              ',"diffusion_partielle":', json_boolean(diffusion = 'P'),
              '},"habilitations":{', habilitations_json.details, '}}') AS details,
       to_json({denomination: denomination, adresse: adresse})::VARCHAR AS identite,
       non_diffusible
FROM establishment_facts
LEFT JOIN declarations_json USING (siret)
LEFT JOIN habilitations_json USING (siret)
WHERE siret NOT IN (SELECT siret FROM out_of_perimeter);
