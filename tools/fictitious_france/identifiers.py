"""Identifiers of people and bodies who do not exist.

Fictitious SIRENs are `99` + six digits + the Luhn key: the cast uses 99 00 xxxx, the crowd 99 10 0000 and
above. Everything here is valid unless the function's name says otherwise.
"""

_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
UAI_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
LA_POSTE = "35600000099814"
"""A SIRET of La Poste's SIREN that fails Luhn on purpose: La Poste numbers its post offices without that checksum."""
CNED = "18004301001485"
"""The head office of the CNED: its UAI, 0861288H, is in no directory."""


def luhn(digits: str) -> bool:
    """Tell whether the last digit is the Luhn key of the others (SIREN and SIRET both are)."""
    return _weight(digits) % 10 == 0


def _weight(digits: str) -> int:
    """The sum of the digits, every second one from the right doubled and its own digits added up."""
    return sum(map(int, digits[::-2])) + sum(_DOUBLED[int(d)] for d in digits[-2::-2])


def with_key(digits: str) -> str:
    """Append the Luhn key."""
    return f"{digits}{-_weight(digits + '0') % 10}"


def siren(number: int) -> str:
    """The fictitious SIREN of that number (0 to 999 999)."""
    if not 0 <= number <= 999_999:
        raise ValueError(f"no fictitious SIREN has the number {number}")
    return with_key(f"99{number:06d}")


def siret(of_siren: str, number: int) -> str:
    """The SIRET of the number-th establishment (1 to 9999) of a legal unit."""
    return with_key(f"{of_siren}{number:04d}")


def wrong_key(identifier: str) -> str:
    """The same SIREN or SIRET with its last digit wrong: the most common typing error in the sources."""
    return identifier[:-1] + str((int(identifier[-1]) + 1) % 10)


def nda(registration: str, department: str, number: int, letter: str = "") -> str:
    """RR DD NNNNN DD: region of registration, département, number, département again.

    Corsica keeps the 20 it had before 2A and 2B; overseas keeps the first two digits of 97x. A few real
    numbers hold a letter in place of the first digit of the number.
    """
    place = "20" if department in ("2A", "2B") else department[:2]
    middle = f"{letter}{number % 10_000:04d}" if letter else f"{number:05d}"
    return f"{registration}{place}{middle}{place}"


def uai(department: str, number: int) -> str:
    """Three digits of département, four of number, the key letter."""
    place = {"2A": "620", "2B": "720"}.get(department, department.zfill(3))
    digits = f"{place}{number:04d}"
    return digits + UAI_LETTERS[int(digits) % 23]


def uai_wrong_key(valid: str) -> str:
    """The same UAI with the next key letter."""
    return valid[:-1] + UAI_LETTERS[(UAI_LETTERS.index(valid[-1]) + 1) % 23]
