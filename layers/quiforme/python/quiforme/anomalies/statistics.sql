-- Reads: ledger_today.
-- Makes: statistics: by region and rule, and by rule for the whole country, how many anomalies are open and for how long,
--        and how long resolved ones took. The column names are those of the stored and published JSON.

-- A reconciliation for a past day may follow one for a later day: no age is negative.
CREATE OR REPLACE MACRO days_between(first, last) AS greatest(date_diff('day', first, last), 0);

-- Anomalies never announced to consumers do not count. Of an anomaly that reopened, the current occurrence counts.
CREATE OR REPLACE VIEW statistics AS
SELECT grouping(region) = 1 AS toutes_regions, region, code,
       count(*) FILTER (etat = 'ouverte') AS ouvertes,
       median(days_between(premiere_detection, getvariable('day')::DATE)) FILTER (etat = 'ouverte') AS age_median_jours,
       max(days_between(premiere_detection, getvariable('day')::DATE)) FILTER (etat = 'ouverte') AS age_maximal_jours,
       count(*) FILTER (etat = 'resolue') AS resolues,
       count(*) FILTER (resolue_le > getvariable('day')::DATE - 30) AS resolues_en_30_jours,
       median(days_between(premiere_detection, resolue_le)) FILTER (etat = 'resolue') AS delai_median_jours
FROM ledger_today WHERE annonce IN ('faite', 'classee')
GROUP BY GROUPING SETS ((region, code), (code))
ORDER BY toutes_regions DESC, region NULLS LAST, code;
