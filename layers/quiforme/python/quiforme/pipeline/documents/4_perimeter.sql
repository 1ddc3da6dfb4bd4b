-- The SIRETs that any directory row marks as out of perimeter, for the exclusions in force.

CREATE OR REPLACE TABLE hors_perimetre AS
SELECT DISTINCT siret FROM annuaire_education
WHERE is_siret(siret)
  AND ((hors_contrat AND list_contains(getvariable('exclusions'), 'hors_contrat'))
       OR (lycee_agricole AND list_contains(getvariable('exclusions'), 'lycee_agricole')));
