-- Reads: liste_of, previous.adresses.
-- Makes: adresses: the stored answers of the geocoder for addresses that the list still has.
-- Makes: pending_addresses: the list's other addresses, ranked, each with the text and the postcode to send.

CREATE OR REPLACE TABLE adresses AS FROM previous.adresses SEMI JOIN liste_of USING (adresse);

-- The geocoder accepts 200 characters. A CEDEX is a sorting office: its postcode belongs to no commune.
CREATE OR REPLACE TABLE pending_addresses AS
SELECT row_number() OVER (ORDER BY adresse) AS rank, adresse,
       left(trim(regexp_replace(concat_ws(' ', adresse.voie, town), '\s+', ' ', 'g')), 200) AS text,
       CASE WHEN town = adresse.ville THEN adresse.code_postal ELSE '' END AS postcode
FROM (SELECT DISTINCT adresse, regexp_replace(adresse.ville, '\s*\bCEDEX\b.*$', '', 'i') AS town
      FROM liste_of WHERE adresse IS NOT NULL)
ANTI JOIN adresses USING (adresse);
