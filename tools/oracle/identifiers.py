"""Identifiers and code lists: SIRET, SIREN, NDA, UAI, fiche codes, regions, NSF specialities."""

from __future__ import annotations

import re

DIGITS = "0123456789"


def trim(value: str | None) -> str:
    """All values are trimmed of white space, tabs included, before anything is compared."""
    return "" if value is None else value.strip()


def is_digits(text: str, length: int) -> bool:
    return len(text) == length and all(character in DIGITS for character in text)


def luhn(number: str) -> bool:
    """Every second digit from the right is doubled (its digits added up); the total is a multiple of ten."""
    total = 0
    for position, character in enumerate(reversed(number)):
        digit = int(character)
        if position % 2 == 1:
            digit = digit * 2
            if digit > 9:
                digit = digit - 9
        total = total + digit
    return total % 10 == 0


def valid_siret(siret: str) -> bool:
    """14 digits; valid when Luhn(14) holds, or when it starts with 356000000 (La Poste: no checksum asked)."""
    return is_digits(siret, 14) and (siret.startswith("356000000") or luhn(siret))


def valid_siren(siren: str) -> bool:
    """9 digits and passes Luhn."""
    return is_digits(siren, 9) and luhn(siren)


def well_formed_nda(nda: str) -> bool:
    """Matches ^\\d{4}[0-9A-Z]\\d{6}$ (text, never a number)."""
    return re.fullmatch(r"[0-9]{4}[0-9A-Z][0-9]{6}", nda) is not None


UAI_KEYS = "ABCDEFGHJKLMNPRSTUVWXYZ"


def valid_uai(uai: str) -> bool:
    """7 digits + key letter: UAI_KEYS[number % 23]."""
    return len(uai) == 8 and is_digits(uai[:7], 7) and uai[7] == UAI_KEYS[int(uai[:7]) % 23]


def valid_fiche_code(code: str) -> bool:
    """`RNCP<n>` or `RS<n>`."""
    return re.fullmatch(r"(RNCP|RS)[0-9]+", code) is not None


def fiche_order(code: str) -> tuple[int, int, str]:
    """RNCP before RS, then by number."""
    if code.startswith("RNCP"):
        return (0, int(code[4:]), code)
    return (1, int(code[2:]), code)


# The 18 current regions and their départements.
DEPARTEMENTS_OF_REGION: dict[str, str] = {
    "01": "971",
    "02": "972",
    "03": "973",
    "04": "974",
    "06": "976",
    "11": "75 77 78 91 92 93 94 95",
    "24": "18 28 36 37 41 45",
    "27": "21 25 39 58 70 71 89 90",
    "28": "14 27 50 61 76",
    "32": "02 59 60 62 80",
    "44": "08 10 51 52 54 55 57 67 68 88",
    "52": "44 49 53 72 85",
    "53": "22 29 35 56",
    "75": "16 17 19 23 24 33 40 47 64 79 86 87",
    "76": "09 11 12 30 31 32 34 46 48 65 66 81 82",
    "84": "01 03 07 15 26 38 42 43 63 69 73 74",
    "93": "04 05 06 13 83 84",
    "94": "2A 2B",
}
REGIONS = frozenset(DEPARTEMENTS_OF_REGION)
REGION_OF_DEPARTEMENT: dict[str, str] = {
    departement: region
    for region, departements in DEPARTEMENTS_OF_REGION.items()
    for departement in departements.split()
}


def departement_of_commune(commune: str) -> str | None:
    """The first two characters of the INSEE code, three overseas (97x, 98x)."""
    if len(commune) != 5:
        return None
    if commune.startswith(("97", "98")):
        return commune[:3]
    return commune[:2] if commune[:2] in REGION_OF_DEPARTEMENT else None


def region_of_commune(commune: str) -> str | None:
    """Through its département (2A/2B -> 94; 97x -> the overseas regions; other overseas codes: unknown)."""
    departement = departement_of_commune(commune)
    return None if departement is None else REGION_OF_DEPARTEMENT.get(departement)


# The 92 NSF codes of July 2023; 340 and 999 are included as known.
NSF_CODES = frozenset(
    [
        "100",
        "110",
        "111",
        "112",
        "113",
        "114",
        "115",
        "116",
        "117",
        "118",
        "120",
        "121",
        "122",
        "123",
        "124",
        "125",
        "126",
        "127",
        "128",
        "130",
        "131",
        "132",
        "133",
        "134",
        "135",
        "136",
        "200",
        "201",
        "210",
        "211",
        "212",
        "213",
        "214",
        "220",
        "221",
        "222",
        "223",
        "224",
        "225",
        "226",
        "227",
        "230",
        "231",
        "232",
        "233",
        "234",
        "240",
        "241",
        "242",
        "243",
        "250",
        "251",
        "252",
        "253",
        "254",
        "255",
        "300",
        "310",
        "311",
        "312",
        "313",
        "314",
        "315",
        "320",
        "321",
        "322",
        "323",
        "324",
        "325",
        "326",
        "330",
        "331",
        "332",
        "333",
        "334",
        "335",
        "336",
        "341",
        "342",
        "343",
        "344",
        "345",
        "346",
        "410",
        "411",
        "412",
        "413",
        "414",
        "415",
        "421",
        "422",
        "423",
        "340",
        "999",
    ]
)
