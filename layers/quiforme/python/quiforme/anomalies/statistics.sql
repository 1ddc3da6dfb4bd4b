-- By region and rule, and by rule for the whole country: what is open and for how long, and how long it took to resolve.
-- What consumers were never told is left out. Of a finding that came back, the current occurrence counts.
CREATE OR REPLACE VIEW statistiques AS
SELECT grouping(region) = 1 AS toutes_regions, region, code,
       count(*) FILTER (etat = 'ouverte') AS ouvertes,
       median(date_diff('day', premiere_detection, getvariable('day')::DATE)) FILTER (etat = 'ouverte') AS age_median_jours,
       max(date_diff('day', premiere_detection, getvariable('day')::DATE)) FILTER (etat = 'ouverte') AS age_maximal_jours,
       count(*) FILTER (etat = 'resolue') AS resolues,
       count(*) FILTER (resolue_le > getvariable('day')::DATE - 30) AS resolues_en_30_jours,
       median(date_diff('day', premiere_detection, resolue_le)) FILTER (etat = 'resolue') AS delai_median_jours
FROM registre_du_jour WHERE annonce IN ('faite', 'classee')
GROUP BY GROUPING SETS ((region, code), (code))
ORDER BY toutes_regions DESC, region NULLS LAST, code;
