"""SIRET, SIREN, NDA, UAI and fiche codes: what makes each of them well formed.

The same rules stand in ``identifiers.sql`` for whole tables; a property test holds the two together.
"""

import re
from typing import Final

LA_POSTE_SIREN: Final = "356000000"
"""La Poste numbers its establishments without the Luhn key, so none is asked of them."""

UAI_LETTERS: Final = "ABCDEFGHJKLMNPRSTUVWXYZ"

_DOUBLED = str.maketrans("0123456789", "0246813579")
"""What each digit's double adds up to."""
_SIRET = re.compile(r"[0-9]{14}")
_SIREN = re.compile(r"[0-9]{9}")
_NDA = re.compile(r"[0-9]{4}[0-9A-Z][0-9]{6}")
_UAI = re.compile(r"[0-9]{7}[A-Z]")
_FICHE = re.compile(r"(RNCP|RS)[0-9]{1,9}")


def luhn(digits: str) -> bool:
    """Whether a string of ASCII digits ends in its Luhn key."""
    doubled = digits[-2::-2].translate(_DOUBLED)
    return (sum(map(int, digits[-1::-2])) + sum(map(int, doubled))) % 10 == 0


def is_siret(text: str) -> bool:
    """Whether `text` is a valid SIRET: 14 ASCII digits, not trimmed, Luhn unless it is La Poste's."""
    return bool(_SIRET.fullmatch(text)) and (text.startswith(LA_POSTE_SIREN) or luhn(text))


def is_siren(text: str) -> bool:
    """Whether `text` is a valid SIREN: 9 ASCII digits with their Luhn key."""
    return bool(_SIREN.fullmatch(text)) and luhn(text)


def is_nda(text: str) -> bool:
    """Whether `text` has the layout of a declaration number; no key is known (sources.md, g)."""
    return bool(_NDA.fullmatch(text))


def is_uai(text: str) -> bool:
    """Whether `text` is 7 digits and the letter they call for."""
    return bool(_UAI.fullmatch(text)) and text[7] == UAI_LETTERS[int(text[:7]) % 23]


def is_fiche(text: str) -> bool:
    """Whether `text` is the code of a fiche of the RNCP or of the RS."""
    return bool(_FICHE.fullmatch(text))
