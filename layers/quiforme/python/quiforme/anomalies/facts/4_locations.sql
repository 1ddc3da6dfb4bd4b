-- Reads: named_establishments.
-- Makes: departement_of(code_commune), departements (region, departement), locations (siret, departement, region).

-- The département of a commune. Overseas codes have three digits.
CREATE OR REPLACE MACRO departement_of(code_commune) AS
    CASE WHEN regexp_matches(code_commune, '^9[78]') THEN code_commune[1:3] ELSE code_commune[1:2] END;

-- The regions of today and their départements; overseas codes beyond the five regions have no region.
CREATE OR REPLACE TABLE departements AS
SELECT region, unnest(departements) AS departement
FROM (VALUES
    ('01', ['971']), ('02', ['972']), ('03', ['973']), ('04', ['974']), ('06', ['976']),
    ('11', ['75', '77', '78', '91', '92', '93', '94', '95']),
    ('24', ['18', '28', '36', '37', '41', '45']),
    ('27', ['21', '25', '39', '58', '70', '71', '89', '90']),
    ('28', ['14', '27', '50', '61', '76']),
    ('32', ['02', '59', '60', '62', '80']),
    ('44', ['08', '10', '51', '52', '54', '55', '57', '67', '68', '88']),
    ('52', ['44', '49', '53', '72', '85']),
    ('53', ['22', '29', '35', '56']),
    ('75', ['16', '17', '19', '23', '24', '33', '40', '47', '64', '79', '86', '87']),
    ('76', ['09', '11', '12', '30', '31', '32', '34', '46', '48', '65', '66', '81', '82']),
    ('84', ['01', '03', '07', '15', '26', '38', '42', '43', '63', '69', '73', '74']),
    ('93', ['04', '05', '06', '13', '83', '84']),
    ('94', ['2A', '2B'])
) AS regions(region, departements);

CREATE OR REPLACE TABLE locations AS
SELECT siret, departement_of(code_commune) AS departement, region
FROM named_establishments LEFT JOIN departements ON departements.departement = departement_of(code_commune);
