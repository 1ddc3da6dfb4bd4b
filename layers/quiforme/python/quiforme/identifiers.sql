-- identifiers.py, for whole tables. Every macro answers NULL for NULL.

-- `white_space` is every character that Python's str.strip takes off; what is empty is NULL.
-- Trimming a set of characters is slow, so it is left out where the first and the last are visible ASCII.
CREATE OR REPLACE MACRO clean(cell) AS nullif(
    CASE WHEN ord(cell) BETWEEN 33 AND 126 AND ord(cell[-1]) BETWEEN 33 AND 126 THEN cell
         ELSE trim(cell, getvariable('white_space')) END, '');

-- Up to 14 digits as a number, in pairs from the right: the second digit of each pair counts double.
CREATE OR REPLACE MACRO luhn_double(digit) AS 2 * digit - CASE WHEN digit > 4 THEN 9 ELSE 0 END;
CREATE OR REPLACE MACRO luhn_pair(pair) AS pair % 10 + luhn_double(pair // 10);
CREATE OR REPLACE MACRO luhn_sum(number) AS
    luhn_pair(number % 100) + luhn_pair(number // 100 % 100) + luhn_pair(number // 10000 % 100)
    + luhn_pair(number // 1000000 % 100) + luhn_pair(number // 100000000 % 100)
    + luhn_pair(number // 10000000000 % 100) + luhn_pair(number // 1000000000000 % 100);
CREATE OR REPLACE MACRO luhn(digits) AS luhn_sum(TRY_CAST(digits AS BIGINT)) % 10 = 0;

CREATE OR REPLACE MACRO is_siret(text) AS
    regexp_full_match(text, '[0-9]{14}') AND (starts_with(text, '356000000') OR luhn(text));

-- The number of a text that is 14 digits, NULL for any other, given what the text reads as. A number of that size leaves
-- room for nothing but digits, unless it is written as a power of sixteen, which starts with a zero, or of ten, whose 12
-- digits at most leave two zeros at its end; looking at each character takes several times as long.
CREATE OR REPLACE MACRO siret_number_of(text, number) AS
    CASE WHEN number >= 10000000000000 AND strlen(text) = 14 AND text >= '1'
              AND (number % 100 <> 0 OR NOT (contains(text, 'e') OR contains(text, 'E'))) THEN number
         WHEN regexp_full_match(text, '[0-9]{14}') THEN number END;
CREATE OR REPLACE MACRO siret_number(text) AS siret_number_of(text, TRY_CAST(text AS BIGINT));
CREATE OR REPLACE MACRO siret_text(number) AS lpad(number::VARCHAR, 14, '0');

CREATE OR REPLACE MACRO is_siren(text) AS regexp_full_match(text, '[0-9]{9}') AND luhn(text);

CREATE OR REPLACE MACRO is_nda(text) AS regexp_full_match(text, '[0-9]{4}[0-9A-Z][0-9]{6}');

CREATE OR REPLACE MACRO is_uai(text) AS
    regexp_full_match(text, '[0-9]{7}[A-Z]')
    AND text[8] = 'ABCDEFGHJKLMNPRSTUVWXYZ'[coalesce(TRY_CAST(text[1:7] AS INTEGER), 0) % 23 + 1];

-- The producers write dd/mm/yyyy; anything else is unreadable, hence NULL.
CREATE OR REPLACE MACRO french_date(cell) AS
    CASE WHEN regexp_full_match(cell, '[0-9]{2}/[0-9]{2}/[0-9]{4}') AND cell[7:10] <> '0000'
         THEN TRY_CAST(cell[7:10] || '-' || cell[4:5] || '-' || cell[1:2] AS DATE) END;

CREATE OR REPLACE MACRO french_boolean(cell) AS
    CASE lower(cell) WHEN 'true' THEN true WHEN 'false' THEN false END;
