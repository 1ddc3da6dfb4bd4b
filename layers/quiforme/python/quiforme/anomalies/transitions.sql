-- From what was found today and the ledger of yesterday: what opens, changes, closes, what is said of it, and the ledger
-- of today.

CREATE OR REPLACE TABLE trouvees AS
SELECT left(sha256('{"cle":' || cle || ',"code":"' || code || '"}'), 32) AS id, constatees.* EXCLUDE (siren, code_region),
       coalesce(siren, left(siret, 9)) AS siren, departement,
       coalesce(region, constatees.code_region, regions_declarees.code_region) AS region
FROM constatees
LEFT JOIN lieux USING (siret)
LEFT JOIN (SELECT siret, first(code_region ORDER BY line) AS code_region FROM liste_of
           WHERE siret_valide AND code_region IN (SELECT region FROM departements) GROUP BY siret) AS regions_declarees
  USING (siret);
-- A rule that found one thing twice would have two lives of it in the ledger, from then on.
CREATE UNIQUE INDEX une_fois ON trouvees (id);

CREATE OR REPLACE TABLE ouvertes AS
SELECT registre.*,
       regles_evaluees.code IS NOT NULL AS evaluee,
       coalesce(date_diff('day', premiere_detection, getvariable('day')::DATE) >= duree_jours, false) AS perimee
FROM registre LEFT JOIN regles_evaluees USING (code) WHERE etat = 'ouverte';

CREATE OR REPLACE TABLE ouvertures AS
SELECT trouvees.*, coalesce(avant.occurrence, 0) + 1 AS occurrence, coalesce(avant.sequence, 0) + 1 AS sequence,
       coalesce(classees.empreinte = empreinte(trouvees.constats), false) AS classee
FROM trouvees ANTI JOIN ouvertes USING (id)
LEFT JOIN registre AS avant USING (id) LEFT JOIN classees USING (id);

-- A flood: a rule opens too much in one day for it to be the establishments' doing (flood.py says how much that is).
CREATE OR REPLACE TABLE crues AS
SELECT code, ouvertures, deja_ouvertes
FROM (SELECT code, count(*) AS ouvertures FROM ouvertures WHERE NOT classee GROUP BY code) AS du_jour
LEFT JOIN (SELECT code, count(*) AS nombre FROM ouvertes GROUP BY code) AS avant USING (code),
LATERAL (SELECT coalesce(nombre, 0) AS deja_ouvertes) AS deja
WHERE code IN (FROM regles_eprouvees)
  AND ouvertures > getvariable('flood_number') AND ouvertures > getvariable('flood_share') * deja_ouvertes;

-- `transition` is what happened, `evenement` what consumers are told of it: null for nothing.
CREATE OR REPLACE TABLE registre_du_jour AS
-- opens, for the first time or again
SELECT ouvertures.* EXCLUDE (classee), 'ouverte' AS etat,
       getvariable('day')::DATE AS premiere_detection, getvariable('day')::DATE AS derniere_detection,
       NULL::DATE AS resolue_le,
       CASE WHEN classee THEN 'classee' WHEN crues.code IS NOT NULL THEN 'retenue' ELSE 'faite' END AS annonce,
       'ouverte' AS transition, CASE annonce WHEN 'faite' THEN 'ouverte' END AS evenement
FROM ouvertures LEFT JOIN crues USING (code)
UNION ALL BY NAME
-- stays open, its evidence changed or not; a changed evidence ends the silence that was about the one before
SELECT ouvertes.* EXCLUDE (evaluee, perimee)
       REPLACE (trouvees.constats AS constats, trouvees.details AS details, getvariable('day')::DATE AS derniere_detection,
                trouvees.siret AS siret, trouvees.siren AS siren, trouvees.nda AS nda, trouvees.uai AS uai,
                trouvees.departement AS departement, trouvees.region AS region,
                CASE WHEN change THEN sequence + 1 ELSE sequence END AS sequence,
                CASE WHEN change AND annonce <> 'retenue' THEN 'faite' ELSE annonce END AS annonce),
       CASE WHEN change THEN 'modifiee' END AS transition,
       CASE WHEN change THEN CASE ouvertes.annonce WHEN 'faite' THEN 'modifiee' WHEN 'retenue' THEN NULL ELSE 'ouverte' END
       END AS evenement
FROM ouvertes JOIN trouvees USING (id), LATERAL (SELECT ouvertes.constats <> trouvees.constats AS change) AS compare
WHERE NOT perimee
UNION ALL BY NAME
-- closes: found no more, or too old to be followed any longer
SELECT ouvertes.* EXCLUDE (evaluee, perimee)
       REPLACE ('resolue' AS etat, sequence + 1 AS sequence, getvariable('day')::DATE AS resolue_le),
       'resolue' AS transition, CASE annonce WHEN 'faite' THEN 'resolue' END AS evenement
FROM ouvertes LEFT JOIN trouvees USING (id) WHERE evaluee AND (trouvees.id IS NULL OR perimee)
UNION ALL BY NAME
-- its rule could not be evaluated today: stays as it is
SELECT ouvertes.* EXCLUDE (evaluee, perimee) FROM ouvertes WHERE NOT evaluee
UNION ALL BY NAME
-- resolved already, and not found again
SELECT registre.* FROM registre ANTI JOIN trouvees USING (id) WHERE etat = 'resolue';
