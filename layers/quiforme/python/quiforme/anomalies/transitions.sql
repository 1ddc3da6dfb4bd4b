-- From what was found today and the ledger of yesterday: what opens, changes, closes, and the ledger of today.

CREATE OR REPLACE TABLE trouvees AS
SELECT left(sha256('{"cle":' || cle || ',"code":"' || code || '"}'), 32) AS id, constatees.* EXCLUDE (siren, code_region),
       coalesce(siren, left(siret, 9)) AS siren, departement,
       coalesce(region, constatees.code_region, regions_declarees.code_region) AS region
FROM constatees
LEFT JOIN lieux USING (siret)
LEFT JOIN (SELECT siret, first(code_region ORDER BY line) AS code_region FROM liste_of
           WHERE siret_valide AND code_region IN (SELECT region FROM departements) GROUP BY siret) AS regions_declarees
  USING (siret);

CREATE OR REPLACE TABLE ouvertes AS
SELECT registre.*,
       regles_evaluees.code IS NOT NULL AS evaluee,
       coalesce(date_diff('day', premiere_detection, getvariable('jour')::DATE) >= duree_jours, false) AS perimee
FROM registre LEFT JOIN regles_evaluees USING (code) WHERE etat = 'ouverte';

CREATE OR REPLACE TABLE registre_du_jour AS
-- opens, for the first time or again
SELECT trouvees.id, trouvees.code, trouvees.cle, 'ouverte' AS etat,
       coalesce(avant.occurrence, 0) + 1 AS occurrence, coalesce(avant.sequence, 0) + 1 AS sequence, trouvees.constats,
       trouvees.siret, trouvees.siren, trouvees.nda, trouvees.code_fiche, trouvees.uai, trouvees.source,
       trouvees.departement, trouvees.region,
       getvariable('jour')::DATE AS premiere_detection, getvariable('jour')::DATE AS derniere_detection,
       'ouverte' AS evenement
FROM trouvees ANTI JOIN ouvertes USING (id) LEFT JOIN registre AS avant USING (id)
UNION ALL BY NAME
-- stays open, its evidence changed or not
SELECT ouvertes.* EXCLUDE (evaluee, perimee)
       REPLACE (trouvees.constats AS constats, getvariable('jour')::DATE AS derniere_detection,
                trouvees.siret AS siret, trouvees.siren AS siren, trouvees.nda AS nda, trouvees.uai AS uai,
                trouvees.departement AS departement, trouvees.region AS region,
                CASE WHEN ouvertes.constats = trouvees.constats THEN sequence ELSE sequence + 1 END AS sequence),
       CASE WHEN ouvertes.constats <> trouvees.constats THEN 'modifiee' END AS evenement
FROM ouvertes JOIN trouvees USING (id) WHERE NOT perimee
UNION ALL BY NAME
-- closes: found no more, or too old to be followed any longer
SELECT ouvertes.* EXCLUDE (evaluee, perimee) REPLACE ('resolue' AS etat, sequence + 1 AS sequence), 'resolue' AS evenement
FROM ouvertes LEFT JOIN trouvees USING (id) WHERE evaluee AND (trouvees.id IS NULL OR perimee)
UNION ALL BY NAME
-- its rule could not be evaluated today: stays as it is
SELECT ouvertes.* EXCLUDE (evaluee, perimee) FROM ouvertes WHERE NOT evaluee
UNION ALL BY NAME
-- resolved already, and not found again
SELECT registre.* FROM registre ANTI JOIN trouvees USING (id) WHERE etat = 'resolue';
