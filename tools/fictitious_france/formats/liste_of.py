"""The public list of training bodies (DGEFP), current and 2021 variants.

`;`, UTF-8, a trailing `;` on every line. Texts are quoted even when empty; booleans, dates and counts are not.
An empty speciality is an empty cell without quotes, and so is the name of a foreign body that nobody represents.
"""

from collections.abc import Callable, Iterable
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Literal

from tools.fictitious_france.model import DateOrText, OfRow

FILE = "listePubliqueOF.csv"
Variant = Literal["v2", "2021"]

_ADDRESS = "adressePhysiqueOrganismeFormation."
_FOREIGN = "organismeEtrangerRepresente."
_DECLARED = "informationsDeclarees."
_SPECIALITY = _DECLARED + "specialitesDeFormation."
HEADER: tuple[str, ...] = (
    "numeroDeclarationActivite",
    "numerosDeclarationActivitePrecedent",
    "denomination",
    "siren",
    "siretEtablissementDeclarant",
    *(_ADDRESS + name for name in ("voie", "codePostal", "ville", "codeRegion")),
    "certifications.actionsDeFormation",
    "certifications.bilansDeCompetences",
    "certifications.VAE",
    "certifications.actionsDeFormationParApprentissage",
    *(_FOREIGN + name for name in ("denomination", "voie", "codePostal", "ville", "pays")),
    *(_DECLARED + name for name in ("dateDerniereDeclaration", "debutExercice", "finExercice")),
    *(_SPECIALITY + name + rank for rank in "123" for name in ("codeSpecialite", "libelleSpecialite")),
    *(_DECLARED + name for name in ("nbStagiaires", "nbStagiairesConfiesParUnAutreOF", "effectifFormateurs")),
)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _day(value: DateOrText) -> str:
    return value.strftime("%d/%m/%Y") if isinstance(value, date) else value or ""


def _line(row: OfRow, variant: Variant) -> str:
    declarant = row.siret if variant == "v2" else row.siret.strip()[9:]
    slots = [*row.specialities, ("", ""), ("", ""), ("", "")][:3]
    cells = [
        *map(_quoted, (row.nda, row.previous, row.name, row.siren, declarant)),
        *map(_quoted, (row.street, row.postcode, row.city, row.region)),
        *("" if category is None else str(category).lower() for category in row.qualiopi),
        _quoted(row.foreign[0]) if row.foreign[0] else "",
        *map(_quoted, row.foreign[1:]),
        *map(_day, (row.declared, row.opening, row.closing)),
        *(_quoted(text) if text else "" for text in chain.from_iterable(slots)),
        *(row.trainees, row.entrusted, row.trainers),
    ]
    return ";".join(cells) + ";"


def _requoted(line: str, text: str) -> str:
    """The line with this text appended to its name without escaping the quotes."""
    nda, previous, name, rest = line.split('";"', 3)
    return '";"'.join((nda, previous, name + text, rest))


SPOILERS: dict[str, Callable[[str], str]] = {
    "": lambda line: line,
    "stray quote": lambda line: _requoted(line, ' "OUEST'),
    "stray quotes": lambda line: _requoted(line, ' "OUEST" NANTES'),
    "cells missing": lambda line: line.rsplit(";", 6)[0],
    "cells in excess": lambda line: line.replace(";", ";;", 3),
    "unclosed quote": lambda line: "".join(line.rpartition('"')[::2]),
}
"""The ways to damage a line while its first cell stays readable. An unclosed quote continues into the next line."""


def render(rows: Iterable[OfRow], variant: Variant = "v2") -> bytes:
    """The file's bytes; the 2021 variant has a space before each header but the first, and the NIC instead of the SIRET."""
    joint = ";" if variant == "v2" else "; "
    lines = [joint.join(HEADER) + ";", *(SPOILERS[row.spoil](_line(row, variant)) for row in rows)]
    return "".join(f"{line}\n" for line in lines).encode()


def write(folder: Path, rows: Iterable[OfRow], variant: Variant = "v2") -> Path:
    """Write the list into the drop under the name of the ministry's site."""
    path = folder / FILE
    path.write_bytes(render(rows, variant))
    return path
