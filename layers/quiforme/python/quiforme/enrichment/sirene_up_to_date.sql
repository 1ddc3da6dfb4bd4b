-- The stock, what the API gave since laid over it: an establishment in both counts as the API says it.
ALTER VIEW sirene RENAME TO sirene_stock;

CREATE VIEW sirene AS
SELECT siret, etat, date_debut, code_commune, diffusion, numero
FROM sirene_stock ANTI JOIN (SELECT siret_number(siret) AS numero FROM sirene_recente) AS recente USING (numero)
UNION ALL
SELECT siret, etat, date_debut, code_commune, diffusion, siret_number(siret) FROM sirene_recente;
