-- What the API gave last for each establishment, as long as the stock does not know it better: treated since the
-- stock was made (`stock_month`), or absent from it.
CREATE OR REPLACE TABLE sirene_recente AS
WITH dernieres AS (
    SELECT * EXCLUDE (page)
    FROM (FROM sirene_recues
          UNION ALL BY NAME
          SELECT 0 AS page, * FROM previous.sirene_recente)
    QUALIFY row_number() OVER (PARTITION BY siret ORDER BY page DESC) = 1
)
FROM dernieres WHERE traite_le >= getvariable('stock_month')::DATE
UNION ALL
SELECT dernieres.* FROM dernieres ANTI JOIN sirene ON numero = siret_number(dernieres.siret)
WHERE coalesce(traite_le < getvariable('stock_month')::DATE, true);
