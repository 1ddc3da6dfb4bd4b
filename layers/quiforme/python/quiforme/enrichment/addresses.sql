-- The answers that the list's addresses still need, and the addresses without one. A CEDEX is a sorting office's:
-- its postcode belongs to no commune. The geocoder takes 200 characters.
CREATE OR REPLACE TABLE adresses AS FROM previous.adresses SEMI JOIN liste_of USING (adresse);

CREATE OR REPLACE TABLE adresses_a_demander AS
SELECT row_number() OVER (ORDER BY adresse) AS rang, adresse,
       left(trim(regexp_replace(concat_ws(' ', adresse.voie, ville), '\s+', ' ', 'g')), 200) AS texte,
       CASE WHEN ville = adresse.ville THEN adresse.code_postal ELSE '' END AS code_postal
FROM (SELECT DISTINCT adresse, regexp_replace(adresse.ville, '\s*\bCEDEX\b.*$', '', 'i') AS ville
      FROM liste_of WHERE adresse IS NOT NULL)
ANTI JOIN adresses USING (adresse);
