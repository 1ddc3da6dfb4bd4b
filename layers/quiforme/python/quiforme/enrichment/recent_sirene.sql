-- Reads: received_establishments, previous.sirene_recente, sirene (the stock), the variable stock_month: the day the
-- stock was made, the 1st of its month.
-- Makes: sirene_recente: the last answer of the API for each establishment that the stock does not know as well:
-- treated since the stock was made, or absent from it. Of a closed establishment that was corrected, the closing day is
-- kept for as long as the stock gives the period of that correction, whose start is all that it says of the closing.

CREATE OR REPLACE TABLE sirene_recente AS
WITH latest AS (
    SELECT * EXCLUDE (page)
    FROM (FROM received_establishments   -- it has every column; what an earlier version stored may lack some
          UNION ALL BY NAME
          SELECT 0 AS page, * FROM previous.sirene_recente)
    QUALIFY row_number() OVER (PARTITION BY siret ORDER BY page DESC) = 1
)
FROM latest WHERE traite_le >= getvariable('stock_month')::DATE
UNION ALL
SELECT latest.* FROM latest ANTI JOIN sirene ON numero = siret_number(latest.siret)
WHERE coalesce(traite_le < getvariable('stock_month')::DATE, true)
UNION ALL
SELECT latest.* REPLACE (sirene.code_commune AS code_commune, sirene.diffusion AS diffusion, NULL AS identite, NULL AS unite)
FROM latest JOIN sirene ON numero = siret_number(latest.siret)
WHERE coalesce(traite_le < getvariable('stock_month')::DATE, true)
  AND latest.etat = 'F' AND latest.date_debut IS DISTINCT FROM latest.debut_periode
  AND sirene.etat = 'F' AND sirene.date_debut = latest.debut_periode;
