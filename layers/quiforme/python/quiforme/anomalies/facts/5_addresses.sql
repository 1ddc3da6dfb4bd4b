-- Reads: list_rows, adresses, named_establishments, ledger.
-- Makes: whole_town_of(code_commune), same_commune(one, other), list_addresses, still_pending(rule_code).

-- Paris, Lyon and Marseille: Sirene gives the arrondissement. An address that names only the town gets the code of the
-- whole town from the geocoder, and may be in any of its arrondissements.
CREATE OR REPLACE MACRO whole_town_of(code_commune) AS
    CASE WHEN code_commune BETWEEN '75101' AND '75120' THEN '75056'
         WHEN code_commune BETWEEN '69381' AND '69389' THEN '69123'
         WHEN code_commune BETWEEN '13201' AND '13216' THEN '13055'
         ELSE code_commune END;
CREATE OR REPLACE MACRO same_commune(one, other) AS
    one = other OR whole_town_of(one) = other OR one = whole_town_of(other);

-- The rows of the list that give an address, and the geocoder's answer: its score, and that of the runner-up.
-- `pending`: at least one address of the NDA has no answer yet.
-- Anyone may subscribe to the queue: an establishment that must not be disclosed is masked as [ND], as in documents.
CREATE OR REPLACE TABLE list_addresses AS
SELECT list_rows.*, score, score_suivant, citycode,
       CASE WHEN masked THEN '"[ND]"'::JSON ELSE to_json(adresse) END AS shown_address,
       CASE WHEN masked THEN '[ND]' ELSE label END AS shown_label,
       bool_or(demandee IS NULL) OVER (PARTITION BY nda) AS pending
FROM list_rows LEFT JOIN adresses USING (adresse)
LEFT JOIN (SELECT siret, diffusion IN ('P', 'N') AS masked FROM named_establishments) AS disclosure USING (siret)
WHERE nda <> '' AND adresse IS NOT NULL;

-- The open anomalies of a rule about an NDA with a pending address, unchanged: nothing is known of them until the answer.
CREATE OR REPLACE MACRO still_pending(rule_code) AS TABLE
    SELECT cle->>'nda' AS nda, constats::JSON AS constats, siret, siren, region AS code_region
    FROM ledger
    WHERE code = rule_code AND etat = 'ouverte' AND cle->>'nda' IN (SELECT nda FROM list_addresses WHERE pending);
