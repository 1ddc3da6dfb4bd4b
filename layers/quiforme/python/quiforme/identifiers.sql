-- The rules of identifiers.py for whole tables. Every macro gives NULL for NULL.

-- Trims every character that Python's str.strip trims (the variable `white_space`); an empty text becomes NULL.
-- Trimming a set of characters is slow, so it is skipped when the first and the last are visible ASCII.
CREATE OR REPLACE MACRO clean(cell) AS nullif(
    CASE WHEN ord(cell) BETWEEN 33 AND 126 AND ord(cell[-1]) BETWEEN 33 AND 126 THEN cell
         ELSE trim(cell, getvariable('white_space')) END, '');

-- The Luhn sum of up to 14 digits, given as a number, in pairs from the right: the second digit of a pair counts double.
CREATE OR REPLACE MACRO luhn_double(digit) AS 2 * digit - CASE WHEN digit > 4 THEN 9 ELSE 0 END;
CREATE OR REPLACE MACRO luhn_pair(pair) AS pair % 10 + luhn_double(pair // 10);
CREATE OR REPLACE MACRO luhn_sum(number) AS
    luhn_pair(number % 100) + luhn_pair(number // 100 % 100) + luhn_pair(number // 10000 % 100)
    + luhn_pair(number // 1000000 % 100) + luhn_pair(number // 100000000 % 100)
    + luhn_pair(number // 10000000000 % 100) + luhn_pair(number // 1000000000000 % 100);
CREATE OR REPLACE MACRO luhn(digits) AS luhn_sum(TRY_CAST(digits AS BIGINT)) % 10 = 0;

CREATE OR REPLACE MACRO is_siret(text) AS
    regexp_full_match(text, '[0-9]{14}') AND (starts_with(text, '356000000') OR luhn(text));

-- Converts a text of 14 digits to a number, any other text to NULL; `number` is what TRY_CAST makes of the text.
-- Matching each character takes several times as long, so it is avoided: a text of 14 characters that is cast to a
-- number of 14 digits consists of digits, except in hexadecimal, which starts with a zero, and with an exponent, which
-- leaves two zeros at the end of the number.
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

-- The producers write dd/mm/yyyy; anything else is unreadable: NULL.
CREATE OR REPLACE MACRO french_date(cell) AS
    CASE WHEN regexp_full_match(cell, '[0-9]{2}/[0-9]{2}/[0-9]{4}') AND cell[7:10] <> '0000'
         THEN TRY_CAST(cell[7:10] || '-' || cell[4:5] || '-' || cell[1:2] AS DATE) END;

-- The list of training bodies writes `true` and `false`; anything else is unknown: NULL.
CREATE OR REPLACE MACRO french_boolean(cell) AS
    CASE cell WHEN 'true' THEN true WHEN 'false' THEN false END;
