-- Reads: the view sirene (the stock), sirene_recente.
-- Makes: the view sirene_stock (the stock), and the view sirene anew: the stock without the establishments of
-- sirene_recente, and those as sirene_recente has them.

ALTER VIEW sirene RENAME TO sirene_stock;

CREATE VIEW sirene AS
SELECT siret, etat, date_debut, code_commune, diffusion, numero
FROM sirene_stock ANTI JOIN (SELECT siret_number(siret) AS numero FROM sirene_recente) AS recent USING (numero)
UNION ALL
SELECT siret, etat, date_debut, code_commune, diffusion, siret_number(siret) FROM sirene_recente;
