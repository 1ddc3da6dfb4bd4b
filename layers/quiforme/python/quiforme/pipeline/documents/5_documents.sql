-- Reads: the tables of 1_declarations.sql to 4_perimeter.sql; liste_of, fiches, partenaires, certificateurs,
--   identites_sirene, unites_sirene, sirene_succession, adresses.
-- Makes:
--   published_fiches: what the documents and the exports say of each fiche
--   names, fiche_names, identities: who each establishment is
--   sirene_states, successors
--   establishment_facts: the columns of a document that are no list, and what goes beside it
--   documents (siret, data, details, identite, non_diffusible): one row for each document
--
-- `data` is the document, closed by the published contract; `details` and `identite` go to `meta`. `identite` has what
-- is masked for whoever may not see it. The last key of `details`, `fiches`, is for the raw format only: the documents
-- that certify ten thousand fiches have to fit in an answer of the function. All are JSON texts, concatenated piece by piece: many times faster than to_json
-- of nested values. What is written with a dollar sign is generated from the fields in document_fields.py.

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
       intitule, niveau, type_enregistrement, date_effet, date_limite_delivrance,
       $fiche_pieces,
       concat(json_of(code), ':{"intitule":', json_of(intitule), ',"niveau":', json_of(niveau),
              ',"remplacee_par":', json_of(coalesce(nouvelles_certifications, [])),
              ',"type_enregistrement":', json_of(type_enregistrement), ',"date_effet":', json_date(date_effet),
              ',"date_limite_delivrance":', json_date(date_limite_delivrance)) AS details,   -- closed in habilitations_json
       concat(json_of(code), ':{"existence_partenaires":', json_boolean(existence_partenaires),
              ',"accessibilite":', json_of(accessibilite), '}') AS raw
FROM numbered;

-- `role`: a certifier who trains is asked to be a partner of its own fiche too, so a payer must see the difference.
CREATE OR REPLACE MACRO role_of(partner, certifier) AS
    CASE WHEN partner AND certifier THEN ['partenaire', 'certificateur']
         WHEN partner THEN ['partenaire'] ELSE ['certificateur'] END;

-- The lists are sorted after they are made: sorting long texts while aggregating takes half as long again.
CREATE OR REPLACE VIEW habilitations_json AS
SELECT siret, array_to_string(list_select(entries, by_order), ',') AS habilitations,
       array_to_string(list_select(details, by_order), ',') AS details,
       array_to_string(list_select(raws, by_order), ',') AS raws
FROM (SELECT siret, list(entry) AS entries, list(details) AS details, list(raw) AS raws,
             list_grade_up(list(fiche_order)) AS by_order
      FROM (SELECT siret, fiche_order, raw, $habilitation_json AS entry,
                   concat(details, ',"role":', json_of(role_of(partenaire, certificateur)),
                          ',"etat_depuis":', json_date(etat_depuis), '}') AS details
            FROM habilitations JOIN published_fiches USING (code))
      GROUP BY siret);

-- One row for each establishment that Sirene knows. The order is total, so that the row chosen does not depend on how
-- the stock is stored.
CREATE OR REPLACE TABLE sirene_states AS
FROM sirene_candidates SEMI JOIN establishments USING (siret)
QUALIFY row_number() OVER (PARTITION BY siret ORDER BY date_debut DESC NULLS LAST, etat, diffusion) = 1;

-- Callers are promised a SIRET: a malformed value, of which a file may have a few, names no successor.
CREATE OR REPLACE TABLE successors AS
SELECT predecesseur AS siret, successeur FROM sirene_succession
SEMI JOIN establishments ON establishments.siret = predecesseur
WHERE siret_number(successeur) IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY predecesseur ORDER BY date_lien DESC NULLS LAST, successeur) = 1;

-- "Who it is": the name and the sources of each establishment. A name is never `[ND]`, which stands in Sirene and in
-- what is copied from it where a person objects to being named.
CREATE OR REPLACE MACRO disclosed(text) AS nullif(nullif(text, ''), '[ND]');
CREATE OR REPLACE MACRO unit_name(unit) AS coalesce(
    unit.denomination,
    CASE WHEN coalesce(unit.nom_usage, unit.nom) IS NOT NULL   -- a natural person
         THEN concat_ws(' ', unit.prenom_usuel, coalesce(unit.nom_usage, unit.nom)) END,
    unit.denomination_usuelle);

CREATE OR REPLACE MACRO address_of(street, postcode, town) AS
    CASE WHEN coalesce(disclosed(street), disclosed(postcode), disclosed(town)) IS NOT NULL
         THEN {voie: disclosed(street), code_postal: disclosed(postcode), ville: disclosed(town)} END;

-- The row of the SIRET in the OF list, what Sirene says, and the row of the legal unit's only NDA.
CREATE OR REPLACE TABLE names AS
WITH of_siret AS (
    SELECT siret, disclosed(denomination) AS denomination, adresse FROM liste_of
    QUALIFY row_number() OVER (PARTITION BY siret ORDER BY date_derniere_declaration DESC NULLS LAST, line) = 1
), of_unit AS (
    SELECT legal_units.siren, disclosed(denomination) AS denomination
    FROM liste_of JOIN legal_units ON legal_units.siren = siren_retenu AND nda_count = 1
    QUALIFY row_number() OVER (PARTITION BY legal_units.siren ORDER BY date_derniere_declaration DESC NULLS LAST, line) = 1
)
SELECT establishments.siret, code_commune, identite, unite, unit_name(unite) AS unit_name,
       of_siret.adresse AS listed_address, of_siret.denomination AS own_name,
       coalesce(unit_name(unite), identite.enseigne, identite.denomination_usuelle) AS sirene_name,
       of_unit.denomination AS unit_row_name
FROM establishments
LEFT JOIN of_siret USING (siret)
LEFT JOIN of_unit ON of_unit.siren = left(establishments.siret, 9)
LEFT JOIN identites_sirene USING (siret)
LEFT JOIN unites_sirene ON unites_sirene.siren = left(establishments.siret, 9);

-- The name that a fiche gives to whom neither the list nor Sirene names: of an active row if there is one, of the first
-- fiche, as a partner rather than as a certifier.
CREATE OR REPLACE TABLE fiche_names AS
WITH unnamed AS (
    SELECT siret FROM names WHERE own_name IS NULL AND sirene_name IS NULL
), named AS (
    SELECT siret, code, source, disclosed(nom) AS nom, etat, 1 AS rank FROM partenaires SEMI JOIN unnamed USING (siret)
    WHERE etat IS DISTINCT FROM 'Supprimé'
    UNION ALL
    SELECT siret, code, source, disclosed(nom), etat, 2 FROM certificateurs SEMI JOIN unnamed USING (siret)
    WHERE etat = 'Actif'
)
SELECT siret, nom, source
FROM named JOIN fiches USING (code) JOIN published_fiches USING (code)
WHERE nom IS NOT NULL
QUALIFY row_number() OVER (
    PARTITION BY siret ORDER BY coalesce(etat = 'Actif' AND actif, false) DESC, fiche_order, rank, nom) = 1;

CREATE OR REPLACE TABLE identities AS
SELECT siret,
       coalesce(own_name, sirene_name, nom, unit_row_name) AS denomination,
       -- Where the denomination comes from.
       CASE WHEN own_name IS NOT NULL THEN 'liste_of' WHEN sirene_name IS NOT NULL THEN 'sirene'
            WHEN nom IS NOT NULL THEN source WHEN unit_row_name IS NOT NULL THEN 'liste_of' END AS source_identite,
       coalesce(identite.enseigne, identite.denomination_usuelle) AS enseigne,
       coalesce(address_of(listed_address.voie, listed_address.code_postal, listed_address.ville),
                address_of(concat_ws(' ', identite.numero_voie, identite.indice_repetition, identite.type_voie,
                                     identite.libelle_voie),
                           identite.code_postal,
                           coalesce(identite.libelle_commune,
                                    concat_ws(' ', identite.libelle_commune_etranger, identite.libelle_pays_etranger)))
               ) AS adresse,
       code_commune,
       identite.activite_principale, unite.categorie_juridique, identite.siege, identite.date_creation,
       unite.activite_principale AS activite_principale_unite_legale,
       CASE WHEN regexp_full_match(unite.nic_siege, '[0-9]{5}') THEN left(siret, 9) || unite.nic_siege
            WHEN identite.siege THEN siret END AS siret_siege,
       CASE WHEN coalesce(unit_name, unite.sigle, unite.pseudonyme, unite.denomination_usuelle) IS NOT NULL
            THEN {denomination: unit_name, sigle: unite.sigle, pseudonyme: unite.pseudonyme,
                  nom_commercial: unite.denomination_usuelle} END AS unite_legale,
       CASE WHEN coalesce(identite.complement_adresse, identite.libelle_voie, identite.distribution_speciale,
                          identite.code_postal, identite.libelle_commune, identite.libelle_commune_etranger) IS NOT NULL
            THEN {complement_adresse: identite.complement_adresse, numero_voie: identite.numero_voie,
                  indice_repetition: identite.indice_repetition, type_voie: identite.type_voie,
                  libelle_voie: identite.libelle_voie, distribution_speciale: identite.distribution_speciale,
                  code_postal: identite.code_postal, libelle_commune: identite.libelle_commune,
                  code_cedex: identite.code_cedex, libelle_cedex: identite.libelle_cedex,
                  libelle_commune_etranger: identite.libelle_commune_etranger,
                  libelle_pays_etranger: identite.libelle_pays_etranger} END AS adresse_insee,
       CASE WHEN score IS NOT NULL
            THEN {libelle: label, score: score, code_commune: citycode, type: ban.type, nom: ban.nom,
                  numero: ban.numero, voie: ban.voie, code_postal: ban.code_postal, commune: ban.commune,
                  contexte: ban.contexte, id: ban.id, latitude: ban.latitude, longitude: ban.longitude}
            END AS adresse_ban
FROM names
LEFT JOIN fiche_names USING (siret)
LEFT JOIN adresses ON adresses.adresse = listed_address;

CREATE OR REPLACE VIEW establishment_facts AS
SELECT siret, uai,
       coalesce(nda_count > 1, false) AS several_ndas,   -- `unite_legale_avec_plusieurs_nda`
       etat, CASE etat WHEN 'F' THEN date_debut END AS date_fermeture, successeur, diffusion,
       coalesce(diffusion IN ('P', 'N'), false) AS non_diffusible,
       identities.* EXCLUDE (siret)
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
              ',"activite_principale":', json_of(activite_principale),
              ',"categorie_juridique":', json_of(categorie_juridique),
              ',"activite_principale_unite_legale":', json_of(activite_principale_unite_legale),
              ',"siege":', json_boolean(siege), ',"siret_siege":', json_of(siret_siege),
              ',"date_creation":', json_date(date_creation), ',"source_identite":', json_of(source_identite),
              '},"habilitations":{', habilitations_json.details, '},"fiches":{', raws, '}}') AS details,
       concat('{"denomination":', json_of(denomination), ',"enseigne":', json_of(enseigne),
              ',"adresse":', json_of(adresse), ',"code_commune":', json_of(code_commune),
              ',"unite_legale":', json_of(unite_legale), ',"adresse_insee":', json_of(adresse_insee),
              ',"adresse_ban":', json_of(adresse_ban), '}') AS identite,
       non_diffusible
FROM establishment_facts
LEFT JOIN declarations_json USING (siret)
LEFT JOIN habilitations_json USING (siret)
WHERE siret NOT IN (SELECT siret FROM out_of_perimeter);
