-- Reads: annuaire_education; the variable `exclusions`, the names of the marks in force.
-- Makes: out_of_perimeter (siret).
--
-- Place in document.md: "Which SIRETs have a document", "Perimeter". One marked row of the directory is enough.

CREATE OR REPLACE TABLE out_of_perimeter AS
SELECT DISTINCT siret FROM annuaire_education
WHERE is_siret(siret)
  AND ((hors_contrat AND list_contains(getvariable('exclusions'), 'hors_contrat'))
       OR (lycee_agricole AND list_contains(getvariable('exclusions'), 'lycee_agricole')));
