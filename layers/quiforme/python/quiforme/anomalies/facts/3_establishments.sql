-- Reads: sirene, sirene_succession, ledger, previous.habilitations, population, document_sirets, and every source table
--        that names a SIRET.
-- Makes: named_establishments (one row a SIRET, with its successor and evidence), closed_establishments.

-- Only the establishments that a rule may speak of: the whole stock has 44 million, and 4 million links of succession.
-- Of several rows the latest counts, of one day the active one, as in documents.
CREATE OR REPLACE TABLE named_sirene_rows AS
SELECT siret, etat, date_debut, code_commune, diffusion
FROM sirene
SEMI JOIN (SELECT siret_number(siret) AS numero
           FROM (SELECT siret FROM population UNION FROM document_sirets
                 UNION SELECT siret FROM habilitations
                 UNION SELECT siret FROM certificateurs UNION SELECT siret FROM partenaires
                 UNION SELECT siret FROM annuaire_education UNION SELECT siret FROM referentiel_onisep
                 UNION SELECT siret FROM ndas_inactifs UNION SELECT siret FROM previous.habilitations
                 UNION SELECT siret FROM ledger WHERE etat = 'ouverte')) AS named USING (numero)
QUALIFY row_number() OVER (PARTITION BY siret ORDER BY date_debut DESC NULLS LAST, etat, diffusion, code_commune
                           ) = 1;

CREATE OR REPLACE TABLE named_establishments AS
SELECT named_sirene_rows.*, successeur,
       {siret: siret, etat: etat, date_debut: date_debut, code_commune: code_commune, successeur: successeur} AS evidence
FROM named_sirene_rows
LEFT JOIN (SELECT predecesseur AS siret, first(successeur ORDER BY date_lien DESC NULLS LAST, successeur) AS successeur
           FROM sirene_succession SEMI JOIN named_sirene_rows ON named_sirene_rows.siret = predecesseur
           WHERE siret_number(successeur) IS NOT NULL   -- as in documents
           GROUP BY predecesseur) AS successors USING (siret);
DROP TABLE named_sirene_rows;

CREATE OR REPLACE VIEW closed_establishments AS FROM named_establishments WHERE etat = 'F';
