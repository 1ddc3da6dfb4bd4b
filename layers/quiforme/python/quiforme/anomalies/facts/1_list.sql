-- Reads: liste_of, previous.liste_of (through the macro qualiopi).
-- Makes: list_rows, qualiopi(list_name), current_qualiopi, nsf_codes: what the rules about the OF list look at.

-- The rows of the OF list, each with what goes into the evidence. Dates are quoted as the source writes them.
CREATE OR REPLACE VIEW list_rows AS
SELECT *, {
    nda: nda, siren: siren, siret: siret, code_region: code_region,
    date_derniere_declaration: date_derniere_declaration_source,
    date_debut_exercice: date_debut_exercice_source, date_fin_exercice: date_fin_exercice_source
} AS evidence
FROM liste_of;

-- Qualiopi by NDA and category: certified when any row of the NDA says so.
CREATE OR REPLACE MACRO qualiopi(list_name) AS TABLE
    SELECT nda, unnest([
        {categorie: 'action_formation', certified: coalesce(bool_or(action_formation), false)},
        {categorie: 'bilan_competences', certified: coalesce(bool_or(bilan_competences), false)},
        {categorie: 'validation_acquis_experience', certified: coalesce(bool_or(validation_acquis_experience), false)},
        {categorie: 'apprentissage', certified: coalesce(bool_or(apprentissage), false)}
    ], recursive := true)
    FROM query_table(list_name) WHERE nda <> '' GROUP BY nda;

CREATE OR REPLACE TABLE current_qualiopi AS FROM qualiopi('liste_of');

-- The known NSF specialities: the 92 of the BPF, 340 (2016 only) and 999 ("Autres…").
CREATE OR REPLACE TABLE nsf_codes AS SELECT unnest([
    '100', '110', '111', '112', '113', '114', '115', '116', '117', '118', '120', '121', '122', '123', '124', '125',
    '126', '127', '128', '130', '131', '132', '133', '134', '135', '136', '200', '201', '210', '211', '212', '213',
    '214', '220', '221', '222', '223', '224', '225', '226', '227', '230', '231', '232', '233', '234', '240', '241',
    '242', '243', '250', '251', '252', '253', '254', '255', '300', '310', '311', '312', '313', '314', '315', '320',
    '321', '322', '323', '324', '325', '326', '330', '331', '332', '333', '334', '335', '336', '340', '341', '342',
    '343', '344', '345', '346', '410', '411', '412', '413', '414', '415', '421', '422', '423', '999'
]) AS code;
