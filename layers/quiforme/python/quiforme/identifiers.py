"""Whether a SIRET, SIREN, NDA, UAI or fiche code is well formed (document.md, "Identifiers").

`identifiers.sql` has the same rules for whole tables; a property test keeps both alike.
"""

import re
from typing import Final

LA_POSTE_SIREN: Final = "356000000"
"""La Poste: its SIRETs have no Luhn key, so none is required."""

UAI_LETTERS: Final = "ABCDEFGHJKLMNPRSTUVWXYZ"

_DOUBLED = str.maketrans("0123456789", "0246813579")
"""The digit sum of each digit's double."""
_SIRET = re.compile(r"[0-9]{14}")
_SIREN = re.compile(r"[0-9]{9}")
_NDA = re.compile(r"[0-9]{4}[0-9A-Z][0-9]{6}")
_FINDABLE = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,100}")
"""No control character, and no half of a character, which no store takes."""
_UAI = re.compile(r"[0-9]{7}[A-Z]")
_FICHE = re.compile(r"(RNCP|RS)[0-9]{1,9}")


def luhn(digits: str) -> bool:
    """Return whether a string of ASCII digits ends in its Luhn key."""
    doubled = digits[-2::-2].translate(_DOUBLED)
    return (sum(map(int, digits[-1::-2])) + sum(map(int, doubled))) % 10 == 0


def is_siret(text: str) -> bool:
    """Return whether `text`, untrimmed, is a valid SIRET: 14 ASCII digits with a Luhn key, except for La Poste."""
    return bool(_SIRET.fullmatch(text)) and (text.startswith(LA_POSTE_SIREN) or luhn(text))


def is_siren(text: str) -> bool:
    """Return whether `text` is a valid SIREN: 9 ASCII digits with a Luhn key."""
    return bool(_SIREN.fullmatch(text)) and luhn(text)


def is_nda(text: str) -> bool:
    """Return whether `text` has the layout of a declaration number; it has no known key (sources.md, g)."""
    return bool(_NDA.fullmatch(text))


def is_findable_nda(text: str) -> bool:
    """Return whether declarations may be found under `text`.

    A malformed number of a single row is published as the list gives it, so its layout is not asked for.
    """
    return bool(_FINDABLE.fullmatch(text) and text.strip())


def is_uai(text: str) -> bool:
    """Return whether `text` is 7 digits and their key letter."""
    return bool(_UAI.fullmatch(text)) and text[7] == UAI_LETTERS[int(text[:7]) % 23]


def is_fiche(text: str) -> bool:
    """Return whether `text` is the code of a fiche of the RNCP or the RS."""
    return bool(_FICHE.fullmatch(text))
