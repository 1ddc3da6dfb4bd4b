-- Reads: liste_of, previous.adresses, the variables run_day, reader (ban.READER) and set_aside_days.
-- Makes: adresses: a row for each address of the list, with what is stored of it.
-- Makes: addresses_to_ask: those without an answer, then those whose answer an earlier reader read, ranked, each with the
-- text and the postcode to send. `lot` is that of adresses, as this run changes it; `asked`: it came back in this run.

CREATE OR REPLACE TABLE adresses AS
FROM empty.adresses
UNION ALL BY NAME (FROM previous.adresses SEMI JOIN liste_of USING (adresse))
UNION ALL BY NAME (SELECT DISTINCT adresse FROM liste_of ANTI JOIN previous.adresses USING (adresse)
                   WHERE adresse IS NOT NULL);

-- The geocoder accepts 200 characters. A CEDEX is a sorting office: its postcode belongs to no commune.
CREATE OR REPLACE TABLE addresses_to_ask AS
SELECT row_number() OVER (ORDER BY demandee IS NOT NULL, adresse) AS rank, adresse, demandee IS NOT NULL AS answered,
       left(trim(regexp_replace(concat_ws(' ', adresse.voie, town), '\s+', ' ', 'g')), 200) AS text,
       CASE WHEN town = adresse.ville THEN adresse.code_postal ELSE '' END AS postcode,
       lot, false AS asked
FROM (SELECT *, regexp_replace(adresse.ville, '\s*\bCEDEX\b.*$', '', 'i') AS town FROM adresses)
WHERE (demandee IS NULL OR lecteur IS DISTINCT FROM getvariable('reader'))
  AND (ecartee IS NULL OR ecartee <= getvariable('run_day')::DATE - getvariable('set_aside_days')::INTEGER);
