-- The facts that the rules look at, each laid out once.

-- A row of the OF list, and what of it goes into the evidence.
CREATE OR REPLACE VIEW lignes_of AS
SELECT *, {
    nda: nda, siren: siren, siret: siret, code_region: code_region,
    date_derniere_declaration: date_derniere_declaration_source,
    date_debut_exercice: date_debut_exercice_source, date_fin_exercice: date_fin_exercice_source
} AS constat
FROM liste_of;

CREATE OR REPLACE VIEW documents AS SELECT id AS siret FROM repertoire WHERE etat = 'document';

-- Declared in the OF list, or holder of an active habilitation: and what of it goes into the evidence.
CREATE OR REPLACE TABLE population AS
SELECT siret, CASE WHEN ndas IS NOT NULL THEN {nda: ndas} END AS liste_of,
       CASE WHEN habilite THEN {etat_habilitation: 'Actif'} END AS france_competences
FROM (SELECT siret, list(DISTINCT nda ORDER BY nda) AS ndas FROM liste_of WHERE siret_valide GROUP BY siret) AS declares
FULL JOIN (SELECT DISTINCT siret, true AS habilite FROM habilitations WHERE actif) AS habilites USING (siret);

-- Active habilitation to train, as a partner.
CREATE OR REPLACE TABLE formateurs_partenaires AS
SELECT DISTINCT siret FROM habilitations WHERE actif AND pour_former_comme_partenaire;

CREATE OR REPLACE TABLE uai_ouverts AS
SELECT siret, list(DISTINCT uai ORDER BY uai) AS uais FROM uai_annuaire WHERE etat = 'OUVERT' GROUP BY siret;

-- Only the establishments that a rule may speak of: the whole stock has 44 million, and 4 million links of succession.
CREATE OR REPLACE TABLE sirene_nommee AS
SELECT siret, etat, date_debut, code_commune, diffusion
FROM sirene
SEMI JOIN (SELECT siret_number(siret) AS numero
           FROM (SELECT siret FROM population UNION FROM documents
                 UNION SELECT siret FROM habilitations
                 UNION SELECT siret FROM certificateurs UNION SELECT siret FROM partenaires
                 UNION SELECT siret FROM annuaire_education UNION SELECT siret FROM referentiel_onisep
                 UNION SELECT siret FROM ndas_inactifs UNION SELECT siret FROM previous.habilitations
                 UNION SELECT siret FROM registre WHERE etat = 'ouverte')) AS utiles USING (numero)
QUALIFY row_number() OVER (PARTITION BY siret ORDER BY date_debut DESC NULLS LAST, etat, diffusion, code_commune
                           ) = 1;
CREATE OR REPLACE TABLE sirene_utile AS
SELECT sirene_nommee.*, successeur,
       {siret: siret, etat: etat, date_debut: date_debut, code_commune: code_commune, successeur: successeur} AS constat
FROM sirene_nommee
LEFT JOIN (SELECT predecesseur AS siret, first(successeur ORDER BY date_lien DESC NULLS LAST, successeur) AS successeur
           FROM sirene_succession SEMI JOIN sirene_nommee ON sirene_nommee.siret = predecesseur
           GROUP BY predecesseur) AS liens USING (siret);
DROP TABLE sirene_nommee;

CREATE OR REPLACE VIEW fermes AS FROM sirene_utile WHERE etat = 'F';

-- The département of a commune, and through it its region; overseas codes beyond the five regions have none.
CREATE OR REPLACE MACRO departement_de(code_commune) AS
    CASE WHEN regexp_matches(code_commune, '^9[78]') THEN code_commune[1:3] ELSE code_commune[1:2] END;

CREATE OR REPLACE TABLE departements AS
SELECT region, unnest(departements) AS departement
FROM (VALUES
    ('01', ['971']), ('02', ['972']), ('03', ['973']), ('04', ['974']), ('06', ['976']),
    ('11', ['75', '77', '78', '91', '92', '93', '94', '95']),
    ('24', ['18', '28', '36', '37', '41', '45']),
    ('27', ['21', '25', '39', '58', '70', '71', '89', '90']),
    ('28', ['14', '27', '50', '61', '76']),
    ('32', ['02', '59', '60', '62', '80']),
    ('44', ['08', '10', '51', '52', '54', '55', '57', '67', '68', '88']),
    ('52', ['44', '49', '53', '72', '85']),
    ('53', ['22', '29', '35', '56']),
    ('75', ['16', '17', '19', '23', '24', '33', '40', '47', '64', '79', '86', '87']),
    ('76', ['09', '11', '12', '30', '31', '32', '34', '46', '48', '65', '66', '81', '82']),
    ('84', ['01', '03', '07', '15', '26', '38', '42', '43', '63', '69', '73', '74']),
    ('93', ['04', '05', '06', '13', '83', '84']),
    ('94', ['2A', '2B'])
) AS regions(region, departements);

CREATE OR REPLACE TABLE lieux AS
SELECT siret, departement_de(code_commune) AS departement, region
FROM sirene_utile LEFT JOIN departements ON departements.departement = departement_de(code_commune);

-- Whether two codes may be of one place: an address that is known by its town only, in Paris, Lyon or Marseille, has
-- the code of the whole town, and is in whichever arrondissement Sirene names.
CREATE OR REPLACE MACRO ville_de(code_commune) AS
    CASE WHEN code_commune BETWEEN '75101' AND '75120' THEN '75056'
         WHEN code_commune BETWEEN '69381' AND '69389' THEN '69123'
         WHEN code_commune BETWEEN '13201' AND '13216' THEN '13055'
         ELSE code_commune END;
CREATE OR REPLACE MACRO meme_commune(un, autre) AS un = autre OR ville_de(un) = autre OR un = ville_de(autre);

-- The listed rows that give an address, and what the geocoder answered; `attendue` for an NDA that awaits an answer.
-- The queue has readers of every kind: of an establishment that is not to be disclosed they see [ND], as in documents.
CREATE OR REPLACE TABLE adresses_of AS
SELECT lignes_of.*, score, citycode,
       CASE WHEN masquee THEN '"[ND]"'::JSON ELSE to_json(adresse) END AS adresse_a_dire,
       CASE WHEN masquee THEN '[ND]' ELSE label END AS label_a_dire,
       coalesce(score >= 0.5, false) AS trouvee,
       bool_or(demandee IS NULL) OVER (PARTITION BY nda) AS attendue
FROM lignes_of LEFT JOIN adresses USING (adresse)
LEFT JOIN (SELECT siret, diffusion IN ('P', 'N') AS masquee FROM sirene_utile) AS diffusions USING (siret)
WHERE nda <> '' AND adresse IS NOT NULL;

-- What is open for such an NDA, as it was found.
CREATE OR REPLACE MACRO en_attente(code_regle) AS TABLE
    SELECT cle->>'nda' AS nda, constats::JSON AS constats, siret, siren, region AS code_region
    FROM registre
    WHERE code = code_regle AND etat = 'ouverte' AND cle->>'nda' IN (SELECT nda FROM adresses_of WHERE attendue);

-- Qualiopi by NDA and category, true when any row of the NDA says so.
CREATE OR REPLACE MACRO qualiopi(liste) AS TABLE
    SELECT nda, unnest([
        {categorie: 'action_formation', vrai: coalesce(bool_or(action_formation), false)},
        {categorie: 'bilan_competences', vrai: coalesce(bool_or(bilan_competences), false)},
        {categorie: 'validation_acquis_experience', vrai: coalesce(bool_or(validation_acquis_experience), false)},
        {categorie: 'apprentissage', vrai: coalesce(bool_or(apprentissage), false)}
    ], recursive := true)
    FROM query_table(liste) WHERE nda <> '' GROUP BY nda;

CREATE OR REPLACE TABLE qualiopi_maintenant AS FROM qualiopi('liste_of');

-- The NSF specialities known: the 92 of the BPF, 340 (2016 only) and 999 ("Autres…").
CREATE OR REPLACE TABLE nsf AS SELECT unnest([
    '100', '110', '111', '112', '113', '114', '115', '116', '117', '118', '120', '121', '122', '123', '124', '125',
    '126', '127', '128', '130', '131', '132', '133', '134', '135', '136', '200', '201', '210', '211', '212', '213',
    '214', '220', '221', '222', '223', '224', '225', '226', '227', '230', '231', '232', '233', '234', '240', '241',
    '242', '243', '250', '251', '252', '253', '254', '255', '300', '310', '311', '312', '313', '314', '315', '320',
    '321', '322', '323', '324', '325', '326', '330', '331', '332', '333', '334', '335', '336', '340', '341', '342',
    '343', '344', '345', '346', '410', '411', '412', '413', '414', '415', '421', '422', '423', '999'
]) AS code;
