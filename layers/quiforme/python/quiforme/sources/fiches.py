"""Reads the XML of an export of France compétences in a separate process (sources.md, b).

Parsing it takes longer than all other sources together and would block the threads of the run, which share one
interpreter lock. The process gets its arguments and none of the run's environment, which has credentials.
"""

import csv
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from lxml import etree

from quiforme.sources.archives import FICHES_BYTES, open_only
from quiforme.sources.fiche_xml import Fiche, read_fiches
from quiforme.sources.reading import LONGEST_TEXT, FileRefused, SetAside

COLUMNS = {
    "fiches": (
        "code",
        "actif",
        "intitule",
        "niveau",
        "date_decision",
        "date_fin_enregistrement",
        "nouvelles_certifications",
        "type_enregistrement",
        "date_effet",
        "date_limite_delivrance",
        "existence_partenaires",
        "accessibilite",
    ),
    "partenaires": ("code", "siret", "etat", "habilitation", "date_actif", "date_etat", "nom", "etat_ancien"),
    "certificateurs": ("code", "siret", "etat", "date_etat", "nom"),
    "required": ("place", "numero", "actif"),
}
"""The columns of the files that are written, by name; `etat_ancien` is the partner's state in older exports. `required` has
what each fiche must have, also those set aside for it; `place` is a code, or a line of the file."""

_WAYS = {f"SI_JURY_{way.upper()}": way for way in ("fi", "fc", "cq", "cl", "vae", "ca")}
"""The ways to a certification, by the element of their jury."""
_TEXTS = (
    "ACTIF",
    "INTITULE",
    "DATE_DECISION",
    "DATE_FIN_ENREGISTREMENT",
    "TYPE_ENREGISTREMENT",
    "DATE_EFFET",
    "DATE_LIMITE_DELIVRANCE",
    "EXISTENCE_PARTENAIRES",
)
"""The children of a fiche whose text is read."""

# The children whose texts are the columns of COLUMNS after the code.
_PARTNER = (
    "SIRET_PARTENAIRE",
    "ETAT_HABILITATION",
    "HABILITATION_PARTENAIRE",
    "DATE_ACTIF",
    "DATE_DERNIERE_MODIFICATION_ETAT",
    "NOM_PARTENAIRE",
    "ETAT_PARTENAIRE",
)
_CERTIFIER = ("SIRET_CERTIFICATEUR", "ETAT_CERTIFICATEUR", "DATE_DERNIERE_MODIFICATION_ETAT", "NOM_CERTIFICATEUR")

_Row = tuple[str | None, ...]


class _Unreadable(Exception):
    """The fiche is set aside; the message says why."""


def extract(path: Path, register: str, files: Mapping[str, Path]) -> tuple[int, list[SetAside]]:
    """Write the fiches, partners and certifiers of an export to one CSV file each, without a header.

    Args:
        path: A zip with one XML file inside, or the bare XML file.
        register: ``rncp`` or ``rs``.
        files: The files to write, by their names in COLUMNS.

    Returns:
        How many fiches the file has, and those that are set aside. The line of one is the line of the unpacked XML on
        which it starts; the reason names the line on which its XML is damaged.

    Raises:
        FileRefused: Not an export of fiches, damaged before or after them, or cut short.
        CalledProcessError: The process died; its standard error is in the log.

    """
    command = [sys.executable, "-S", "-P", "-m", __name__, str(path), register, *(str(files[name]) for name in COLUMNS)]
    environment = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    if path_of_libraries := os.environ.get("LD_LIBRARY_PATH"):  # the interpreter may need it to start
        environment["LD_LIBRARY_PATH"] = path_of_libraries
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True)  # noqa: S603  # no argument comes from a producer
    outcome = json.loads(done.stdout)
    if outcome["refused"] is not None:
        raise FileRefused(outcome["refused"]["code"], **outcome["refused"]["facts"])
    return outcome["fiches"], [SetAside(**row) for row in outcome["set_aside"]]


def _main() -> None:
    """The process: its arguments are those of `extract`; it prints the refusal or the result as JSON."""
    path, register, *files = sys.argv[1:]
    number, set_aside = 0, list[SetAside]()
    refused: dict[str, Any] | None = None
    try:
        number, set_aside = _extract(Path(path), register.upper(), dict(zip(COLUMNS, map(Path, files), strict=True)))
    except FileRefused as error:
        refused = asdict(error.refusal)
    json.dump({"refused": refused, "fiches": number, "set_aside": list(map(asdict, set_aside))}, sys.stdout)


def _extract(path: Path, prefix: str, files: dict[str, Path]) -> tuple[int, list[SetAside]]:
    """Write the fiches, partners and certifiers of the XML to one CSV file each."""
    set_aside: list[SetAside] = []
    is_code = re.compile(rf"{prefix}[0-9]+").fullmatch
    seen: set[str] = set()
    with ExitStack() as stack:
        writers = {
            name: csv.writer(stack.enter_context(file.open("w", encoding="utf-8", newline="")))
            for name, file in files.items()
        }
        stream = stack.enter_context(_open_xml(path))
        number = 0
        for fiche in read_fiches(stream):
            numbers = fiche.numbers
            codes = list(filter(is_code, numbers))
            number += max(1, len(codes))
            try:
                rows = _rows(fiche, numbers, codes, prefix)
                if codes[0] in seen:
                    raise _Unreadable(f"{codes[0]} stands in the file already")
            except _Unreadable as reason:
                named: list[str | None] = [*codes] or [None]
                set_aside += [SetAside(fiche.line, str(reason), fiche.raw, code) for code in named]
                rows = {}
            else:
                seen.update(codes)
            if fiche.element is not None:
                writers["required"].writerow(_required(fiche.element, codes[0] if codes else str(fiche.line)))
            for name, of_fiche in rows.items():
                writers[name].writerows(of_fiche)
    return number, set_aside


def _required(fiche: etree._Element, place: str) -> _Row:
    return (place, *(_first_text(fiche, tag).strip()[:LONGEST_TEXT] for tag in ("NUMERO_FICHE", "ACTIF")))


def _rows(fiche: Fiche, numbers: list[str], codes: list[str], prefix: str) -> dict[str, list[_Row]]:
    """The rows of one fiche by table. Elements are found by path: tags such as ACTIF occur at several depths."""
    element = fiche.element
    if element is None:
        raise _Unreadable(fiche.fault)
    if len(numbers) > 1:
        raise _Unreadable(f"the numbers of several fiches: {', '.join(numbers)[:100]}")
    if not codes:
        raise _Unreadable(f"{''.join(numbers)[:100]!r} is no code of the register {prefix}")
    [code] = codes
    texts = {child.tag: _text(child.text) for child in element.iterchildren(*_TEXTS, reversed=True)}
    if texts.get("ACTIF") not in ("Oui", "Non"):
        raise _Unreadable(f"{code} is neither active nor inactive")
    successors = element.iterfind("NOUVELLES_CERTIFICATIONS/NOUVELLE_CERTIFICATION/ID_FICHE_NOUVELLE_CERTIFICATION")
    return {
        "fiches": [
            (
                code,
                texts["ACTIF"],
                texts.get("INTITULE"),
                _text(element.findtext("NOMENCLATURE_EUROPE/NIVEAU")),
                texts.get("DATE_DECISION"),
                texts.get("DATE_FIN_ENREGISTREMENT"),
                _text(",".join(_text(successor.text) for successor in successors)),
                texts.get("TYPE_ENREGISTREMENT"),
                texts.get("DATE_EFFET"),
                texts.get("DATE_LIMITE_DELIVRANCE"),
                texts.get("EXISTENCE_PARTENAIRES"),
                _ways(element),
            )
        ],
        "partenaires": _each(code, element, "PARTENAIRES", "PARTENAIRE", _PARTNER),
        "certificateurs": _each(code, element, "CERTIFICATEURS", "CERTIFICATEUR", _CERTIFIER),
    }


def _ways(fiche: etree._Element) -> str | None:
    """The ways to the certification that are open, each followed by a comma; a comma when none is; None when unknown."""
    said = {_WAYS[jury.tag]: _first_text(jury, "ACTIF").strip() for jury in fiche.iterchildren(*_WAYS)}
    if not {"Oui", "Non"}.intersection(said.values()):
        return None
    return "".join(f"{way}," for way in _WAYS.values() if said.get(way) == "Oui") or ","


def _first_text(element: etree._Element, tag: str) -> str:
    """The same as `findtext`, which takes a path and is slow."""
    return next((child.text or "" for child in element.iterchildren(tag)), "")


def _each(code: str, fiche: etree._Element, group: str, tag: str, columns: tuple[str, ...]) -> list[_Row]:
    """A row for each element of a group; of several children with the same tag, the first one counts."""
    rows = []
    for elements in fiche.iterchildren(group):
        for element in elements.iterchildren(tag):
            texts = {child.tag: child.text for child in reversed(element)}
            row = (code, *map(texts.get, columns))
            _check_length(sum(map(len, filter(None, row))))
            rows.append(row)
    return rows


def _text(found: str | None) -> str:
    text = (found or "").strip()
    _check_length(len(text))
    return text


def _check_length(characters: int) -> None:
    if characters > LONGEST_TEXT:
        raise _Unreadable(f"a text of {characters} characters")


def _open_xml(path: Path) -> AbstractContextManager[IO[bytes]]:
    if zipfile.is_zipfile(path):
        return open_only(path, ".xml", limit_bytes=FICHES_BYTES)
    return path.open("rb")


if __name__ == "__main__":
    _main()
