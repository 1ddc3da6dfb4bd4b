-- The stock, what the API gave since laid over it: an establishment in both counts as the API says it.
ALTER VIEW sirene RENAME TO sirene_stock;

CREATE VIEW sirene AS
SELECT siret, etat, date_debut, code_commune, diffusion FROM sirene_stock ANTI JOIN sirene_recente USING (siret)
UNION ALL
SELECT siret, etat, date_debut, code_commune, diffusion FROM sirene_recente;
