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
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict, astuple
from pathlib import Path
from typing import IO, Any

from lxml import etree

from quiforme.sources.archives import FICHES_BYTES, open_only
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
    ),
    "partenaires": ("code", "siret", "etat", "habilitation", "date_actif", "etat_ancien"),
    "certificateurs": ("code", "siret", "etat"),
}
"""The columns of the files that are written, by name; `etat_ancien` is the partner's state in older exports."""

_Row = tuple[str | None, ...]
_Texts = dict[str, str | None]

_RAW_KEPT = 4_000
"""Characters stored of a fiche that is set aside: enough to find it in the file."""
_BLOCK = 1 << 18
"""Bytes read at a time: a block and its tree fit in the processor's cache."""
_LARGEST_FICHE = 64 << 20
"""Bytes; the largest real fiche has about 1 MB."""
_FIRST_FICHE = re.compile(rb"<FICHE[\s>/]")
_END = b"</FICHE>"


class _Unreadable(Exception):
    """The fiche is set aside; the message says why."""


def extract(path: Path, register: str, files: Mapping[str, Path]) -> list[SetAside]:
    """Write the fiches, partners and certifiers of an export to one CSV file each, without a header.

    Args:
        path: A zip with one XML file inside, or the bare XML file.
        register: ``rncp`` or ``rs``.
        files: The files to write, by their names in COLUMNS.

    Returns:
        The fiches set aside.

    Raises:
        FileRefused: Not an export of fiches, the other register's, or unreadable before its end.
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
    return [SetAside(*row) for row in outcome["set_aside"]]


def _main() -> None:
    """The process: its arguments are those of `extract`; it prints the refusal and the fiches set aside as JSON."""
    path, register, *files = sys.argv[1:]
    set_aside: list[SetAside] = []
    refused: dict[str, Any] | None = None
    try:
        set_aside = _extract(Path(path), register.upper(), dict(zip(COLUMNS, map(Path, files), strict=True)))
    except FileRefused as error:
        refused = asdict(error.refusal)
    json.dump({"refused": refused, "set_aside": [astuple(row) for row in set_aside]}, sys.stdout)


def _extract(path: Path, prefix: str, files: dict[str, Path]) -> list[SetAside]:
    """Write the fiches, partners and certifiers of the XML to one CSV file each."""
    set_aside: list[SetAside] = []
    well_formed = re.compile(rf"{prefix}[0-9]+").fullmatch
    seen: set[str] = set()
    with ExitStack() as stack:
        writers = {
            name: csv.writer(stack.enter_context(file.open("w", encoding="utf-8", newline="")))
            for name, file in files.items()
        }
        stream = stack.enter_context(_open_xml(path))
        for rank, fiche in enumerate(_fiches(stream), start=1):
            try:
                code = _text(fiche.findtext("NUMERO_FICHE"))
                if not well_formed(code):
                    raise _Unreadable(f"{code[:100]!r} is no code of the register {prefix}")
                if code in seen:
                    raise _Unreadable(f"{code} stands in the file already")
                rows = _rows(code, fiche)
            except _Unreadable as reason:
                raw = etree.tostring(fiche, encoding="unicode", with_tail=False)
                set_aside.append(SetAside(rank, str(reason), raw[:_RAW_KEPT]))
                continue
            seen.add(code)
            for name, writer in writers.items():
                writer.writerows(rows[name])
    return set_aside


def _rows(code: str, fiche: etree._Element) -> dict[str, list[_Row]]:
    """The rows of one fiche by table. Elements are found by path: tags such as ACTIF occur at several depths."""
    actif = _text(fiche.findtext("ACTIF"))
    if actif not in ("Oui", "Non"):
        raise _Unreadable(f"{code} is neither active nor inactive")
    successors = fiche.iterfind("NOUVELLES_CERTIFICATIONS/NOUVELLE_CERTIFICATION/ID_FICHE_NOUVELLE_CERTIFICATION")
    return {
        "fiches": [
            (
                code,
                actif,
                _text(fiche.findtext("INTITULE")),
                _text(fiche.findtext("NOMENCLATURE_EUROPE/NIVEAU")),
                _text(fiche.findtext("DATE_DECISION")),
                _text(fiche.findtext("DATE_FIN_ENREGISTREMENT")),
                _text(",".join(_text(successor.text) for successor in successors)),
            )
        ],
        "partenaires": [
            (
                code,
                partner.get("SIRET_PARTENAIRE"),
                partner.get("ETAT_HABILITATION"),
                partner.get("HABILITATION_PARTENAIRE"),
                partner.get("DATE_ACTIF"),
                partner.get("ETAT_PARTENAIRE"),
            )
            for partner in _each(fiche, "PARTENAIRES", "PARTENAIRE")
        ],
        "certificateurs": [
            (code, certifier.get("SIRET_CERTIFICATEUR"), certifier.get("ETAT_CERTIFICATEUR"))
            for certifier in _each(fiche, "CERTIFICATEURS", "CERTIFICATEUR")
        ],
    }


def _each(fiche: etree._Element, group: str, tag: str) -> Iterator[_Texts]:
    for elements in fiche.iterchildren(group):
        yield from map(_texts, elements.iterchildren(tag))


def _texts(element: etree._Element) -> _Texts:
    """The texts of an element's children by tag; the first one when several have the same tag."""
    return {child.tag: child.text for child in reversed(element)}


def _text(found: str | None) -> str:
    text = (found or "").strip()
    if len(text) > LONGEST_TEXT:
        raise _Unreadable(f"a text of {len(text)} characters")
    return text


def _fiches(stream: IO[bytes]) -> Iterator[etree._Element]:
    """Each FICHE element. The file is parsed in pieces that end between fiches, so that it is never in memory whole."""
    blocks = _read_ahead(stream)
    start = next(blocks, b"")
    first = _FIRST_FICHE.search(start)
    encoding = _check_head(start[: first.start()] + b"</FICHES>" if first else start)
    for piece in _pieces(start[first.start() :] if first else b"</FICHES>", blocks):
        yield from _parse(piece, encoding).iterchildren("FICHE")


def _read_ahead(stream: IO[bytes]) -> Iterator[bytes]:
    """The blocks of a stream; the next one is unpacked in a thread while one is parsed."""
    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(stream.read, _BLOCK)
        while block := coming.result():
            coming = reader.submit(stream.read, _BLOCK)
            yield block


def _check_head(document: bytes) -> str:
    """The encoding that the start of the file declares; raises FileRefused when it is not that of an export of fiches."""
    root = _parse(document)
    info = root.getroottree().docinfo
    encoding = info.encoding or "UTF-8"
    if info.internalDTD is not None:
        raise FileRefused("unreadable", detail="it declares a document type, which no export does")
    if root.tag != "FICHES":
        raise FileRefused("no_fiches")
    version = (root.findtext("VERSION_FLUX") or "").strip()
    if not version.startswith("4."):
        raise FileRefused("wrong_version", version=version[:100])
    if root.find("FICHE") is not None:  # _FIRST_FICHE did not find it: the encoding is no superset of ASCII
        raise FileRefused("wrong_encoding", encoding=encoding)
    return encoding


def _pieces(rest: bytes, blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The rest of the file in documents that parse on their own: whole fiches, about a block of them at a time.

    An end tag that two blocks share is not seen: that fiche is in the next document.
    """
    for block in blocks:
        end = block.rfind(_END) + len(_END)
        if end >= len(_END):
            yield b"".join((b"<FICHES>", rest, block[:end], b"</FICHES>"))
            rest = block[end:]
        else:
            rest += block
            if len(rest) > _LARGEST_FICHE:
                raise FileRefused("unreadable", detail=f"{len(rest):,} bytes without the end of a fiche")
    yield b"<FICHES>" + rest


def _parse(content: bytes, encoding: str | None = None) -> etree._Element:
    # A new parser each time: lxml locks a shared one while it is in use.
    parser = etree.XMLParser(encoding=encoding, resolve_entities=False, no_network=True, load_dtd=False)
    try:
        return etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, LookupError) as error:
        raise FileRefused("unreadable", detail=str(error)) from error


def _open_xml(path: Path) -> AbstractContextManager[IO[bytes]]:
    if zipfile.is_zipfile(path):
        return open_only(path, ".xml", limit_bytes=FICHES_BYTES)
    return path.open("rb")


if __name__ == "__main__":
    _main()
