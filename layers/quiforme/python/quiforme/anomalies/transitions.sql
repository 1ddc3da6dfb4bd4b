-- Reads: ledger, raw_findings, evaluated_rules, rules_with_history, dismissals, locations, departements, liste_of, and the
--        variables day, flood_number, flood_share.
-- Makes: ledger_today (the ledger after this run, with `transition` and `event`), floods (code, opened, already_open).

-- An anomaly's region comes from its commune in Sirene, else from the OF list.
CREATE OR REPLACE TABLE findings AS
SELECT left(sha256('{"cle":' || cle || ',"code":"' || code || '"}'), 32) AS id,
       raw_findings.* EXCLUDE (siren, code_region),
       coalesce(siren, left(siret, 9)) AS siren, departement,
       coalesce(region, raw_findings.code_region, declared_regions.code_region) AS region
FROM raw_findings
LEFT JOIN locations USING (siret)
LEFT JOIN (SELECT siret, first(code_region ORDER BY line) AS code_region FROM liste_of
           WHERE siret_valide AND code_region IN (SELECT region FROM departements) GROUP BY siret) AS declared_regions
  USING (siret);
-- A rule that gives one key twice would put two rows of one anomaly into the ledger: the run fails instead.
CREATE UNIQUE INDEX one_row_per_anomaly ON findings (id);

-- The anomalies open before this run; `expired`: older than its rule allows.
CREATE OR REPLACE TABLE open_before AS
SELECT ledger.*,
       evaluated_rules.code IS NOT NULL AS evaluated,
       coalesce(date_diff('day', premiere_detection, getvariable('day')::DATE) >= max_age_days, false) AS expired
FROM ledger LEFT JOIN evaluated_rules USING (code) WHERE etat = 'ouverte';

-- `dismissed`: an agent dismissed this anomaly on the same evidence.
CREATE OR REPLACE TABLE openings AS
SELECT findings.*, coalesce(known.occurrence, 0) + 1 AS occurrence, coalesce(known.sequence, 0) + 1 AS sequence,
       coalesce(dismissals.digest = evidence_digest(findings.constats), false) AS dismissed
FROM findings ANTI JOIN open_before USING (id)
LEFT JOIN ledger AS known USING (id) LEFT JOIN dismissals USING (id);

-- A flood: a rule opens so much in one day that a source must be at fault (flood.py gives the two limits).
CREATE OR REPLACE TABLE floods AS
SELECT code, opened, already_open
FROM (SELECT code, count(*) AS opened FROM openings WHERE NOT dismissed GROUP BY code) AS today
LEFT JOIN (SELECT code, count(*) AS number FROM open_before GROUP BY code) AS before_today USING (code),
LATERAL (SELECT coalesce(number, 0) AS already_open) AS counted
WHERE code IN (FROM rules_with_history)
  AND opened > getvariable('flood_number') AND opened > getvariable('flood_share') * already_open;

-- `transition` is what happens to the anomaly, `event` what consumers are told of it: NULL for nothing.
CREATE OR REPLACE TABLE ledger_today AS
-- Opens, for the first time or again.
SELECT openings.* EXCLUDE (dismissed), 'ouverte' AS etat,
       getvariable('day')::DATE AS premiere_detection, getvariable('day')::DATE AS derniere_detection,
       NULL::DATE AS resolue_le,
       CASE WHEN dismissed THEN 'classee' WHEN floods.code IS NOT NULL THEN 'retenue' ELSE 'faite' END AS annonce,
       'ouverte' AS transition, CASE annonce WHEN 'faite' THEN 'ouverte' END AS event
FROM openings LEFT JOIN floods USING (code)
UNION ALL BY NAME
-- Stays open. Changed evidence ends a dismissal or a drop, which were about the previous evidence: consumers then learn of
-- the anomaly as an opening.
SELECT open_before.* EXCLUDE (evaluated, expired)
       REPLACE (findings.constats AS constats, findings.details AS details,
                getvariable('day')::DATE AS derniere_detection,
                findings.siret AS siret, findings.siren AS siren, findings.nda AS nda, findings.uai AS uai,
                findings.departement AS departement, findings.region AS region,
                CASE WHEN changed THEN sequence + 1 ELSE sequence END AS sequence,
                CASE WHEN changed AND annonce <> 'retenue' THEN 'faite' ELSE annonce END AS annonce),
       CASE WHEN changed THEN 'modifiee' END AS transition,
       CASE WHEN changed THEN CASE open_before.annonce WHEN 'faite' THEN 'modifiee' WHEN 'retenue' THEN NULL ELSE 'ouverte' END
       END AS event
FROM open_before JOIN findings USING (id), LATERAL (SELECT open_before.constats <> findings.constats AS changed) AS compared
WHERE NOT expired
UNION ALL BY NAME
-- Closes: not found any more, or expired.
SELECT open_before.* EXCLUDE (evaluated, expired)
       REPLACE ('resolue' AS etat, sequence + 1 AS sequence, getvariable('day')::DATE AS resolue_le),
       'resolue' AS transition, CASE annonce WHEN 'faite' THEN 'resolue' END AS event
FROM open_before LEFT JOIN findings USING (id) WHERE evaluated AND (findings.id IS NULL OR expired)
UNION ALL BY NAME
-- Stays as it is: its rule could not be evaluated in this run.
SELECT open_before.* EXCLUDE (evaluated, expired) FROM open_before WHERE NOT evaluated
UNION ALL BY NAME
-- Was resolved before, and is not found again.
SELECT ledger.* FROM ledger ANTI JOIN findings USING (id) WHERE etat = 'resolue';
