"""`rncp` and `rs`: the fiches of France compétences, XML flux 4.1 (sources.md, b).

The file is cut between fiches, so that threads parse its pieces (lxml lets go of the interpreter's lock meanwhile)
while another takes their texts, and none of it is ever held whole.
"""

import csv
import re
import zipfile
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import IO

import duckdb
from lxml import etree

from quiforme.database import sql_text
from quiforme.sources.archives import FICHES_BYTES, open_only
from quiforme.sources.reading import LONGEST_TEXT, Reading, Refused, SetAside, count

_COLUMNS = {
    "fiches": (
        "code",
        "actif",
        "intitule",
        "niveau",
        "date_decision",
        "date_fin_enregistrement",
        "nouvelles_certifications",
    ),
    "partenaires": ("code", "siret", "etat", "habilitation", "date_actif"),
    "certificateurs": ("code", "siret", "etat"),
}
# How older exports of the flux name the state of a partner.
_UNROLLED = {**_COLUMNS, "partenaires": (*_COLUMNS["partenaires"], "etat_ancien")}
_Row = tuple[str | None, ...]

_RAW_KEPT = 4_000
"""Characters kept of a fiche that is set aside: enough to find it again."""
_BLOCK = 1 << 20
_LARGEST_FICHE = 64 << 20
"""Bytes; the largest real ones are about 1 MB."""
_PARSERS = 2
"""A Lambda function of this size has two processors; the thread that takes the texts waits for the parsers."""
_FIRST_FICHE = re.compile(rb"<FICHE[\s>/]")
_END = b"</FICHE>"


class _Unreadable(Exception):
    """A fiche that cannot be used; the message says why."""


def tables(register: str) -> tuple[str, ...]:
    """The names of the tables that one register's export fills."""
    return tuple(f"{name}_{register}" for name in _COLUMNS)


def read(database: duckdb.DuckDBPyConnection, path: Path, register: str) -> Reading:
    """Load one register's export into its three tables; a row of the source is a fiche.

    Args:
        database: Where the tables are made.
        path: A zip with one XML file inside, or the bare XML file.
        register: ``rncp`` or ``rs``.

    Raises:
        Refused: Not such an export, another register's, or it cannot be read to its end.

    """
    with ExitStack() as stack:
        files = {name: path.with_name(f"{path.name}.{name}.csv") for name in _COLUMNS}
        for file in files.values():
            stack.callback(file.unlink, missing_ok=True)
        set_aside = _unroll(path, register.upper(), files)
        for name in _COLUMNS:
            _load(database, files[name], f"{name}_{register}", name)
    return Reading(count(database, f"fiches_{register}"), set_aside)


def _unroll(path: Path, prefix: str, files: dict[str, Path]) -> list[SetAside]:
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
    """The rows of one fiche by table. Elements are found by path: tags such as ACTIF recur deeper."""
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
            for partner in map(_texts, fiche.iterfind("PARTENAIRES/PARTENAIRE"))
        ],
        "certificateurs": [
            (code, certifier.get("SIRET_CERTIFICATEUR"), certifier.get("ETAT_CERTIFICATEUR"))
            for certifier in map(_texts, fiche.iterfind("CERTIFICATEURS/CERTIFICATEUR"))
        ],
    }


def _texts(element: etree._Element) -> dict[str, str | None]:
    """The texts of an element's children by tag; of several with one tag the first counts."""
    return {child.tag: child.text for child in element.iterchildren(reversed=True)}


def _text(found: str | None) -> str:
    text = (found or "").strip()
    if len(text) > LONGEST_TEXT:
        raise _Unreadable(f"a text of {len(text)} characters")
    return text


def _fiches(stream: IO[bytes]) -> Iterator[etree._Element]:
    """Each FICHE in turn, whole, while the next ones are being parsed."""
    start = stream.read(_BLOCK)
    first = _FIRST_FICHE.search(start)
    encoding = _check_head(start[: first.start()] + b"</FICHES>" if first else start)
    under_way: deque[Future[etree._Element]] = deque()
    with ThreadPoolExecutor(_PARSERS) as parsers:
        for piece in _pieces(start[first.start() :] if first else b"</FICHES>", stream):
            under_way.append(parsers.submit(_parse, b"<FICHES>" + piece, encoding))
            if len(under_way) > 2 * _PARSERS:
                yield from under_way.popleft().result().iterchildren("FICHE")
        while under_way:
            yield from under_way.popleft().result().iterchildren("FICHE")


def _check_head(document: bytes) -> str:
    """Refuse what does not start as an export of fiches; the encoding that it announces."""
    root = _parse(document)
    info = root.getroottree().docinfo
    encoding = info.encoding or "UTF-8"
    if info.internalDTD is not None:
        raise Refused("unreadable: it declares a document type, which no export does")
    if root.tag != "FICHES":
        raise Refused("not an export of fiches")
    version = (root.findtext("VERSION_FLUX") or "").strip()
    if not version.startswith("4."):
        raise Refused(f"VERSION_FLUX is {version[:100]!r}, 4.x is read")
    if root.find("FICHE") is not None:  # its bytes were not found: they are not those of ASCII
        raise Refused(f"encoded in {encoding}, not in UTF-8")
    return encoding


def _pieces(rest: bytes, stream: IO[bytes]) -> Iterator[bytes]:
    """Whole fiches, about a block at a time and closed as the file would be; then what follows the last one."""
    while block := stream.read(_BLOCK):
        rest += block
        end = rest.rfind(_END) + len(_END)
        if end >= len(_END):
            yield rest[:end] + b"</FICHES>"
            rest = rest[end:]
        elif len(rest) > _LARGEST_FICHE:
            raise Refused(f"unreadable: {len(rest):,} bytes without the end of a fiche")
    yield rest


def _parse(content: bytes, encoding: str | None = None) -> etree._Element:
    # A parser of its own each time: a shared one would be locked by whoever parses.
    parser = etree.XMLParser(encoding=encoding, resolve_entities=False, no_network=True, load_dtd=False)
    try:
        return etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, LookupError) as error:
        raise Refused(f"unreadable: {error}") from error


def _open_xml(path: Path) -> AbstractContextManager[IO[bytes]]:
    if zipfile.is_zipfile(path):
        return open_only(path, ".xml", limit_bytes=FICHES_BYTES)
    return path.open("rb")


def _load(database: duckdb.DuckDBPyConnection, file: Path, table: str, name: str) -> None:
    unrolled, columns = _UNROLLED[name], _COLUMNS[name]
    names = ", ".join(f"'{column}': 'VARCHAR'" for column in unrolled)
    state = "coalesce(clean(etat), clean(etat_ancien))" if "etat_ancien" in unrolled else "clean(etat)"
    reads = {
        "actif": "clean(actif) = 'Oui'",
        "etat": f"nfc_normalize({state})",
        "siret": "coalesce(clean(siret), '')",
        "nouvelles_certifications": (
            "list_filter(string_split(coalesce(nouvelles_certifications, ''), ','), lambda code: code <> '')"
        ),
        **{column: f"french_date(clean({column}))" for column in columns if column.startswith("date_")},
    }
    selected = ", ".join(f"{reads.get(column, f'clean({column})')} AS {column}" for column in columns)
    try:
        database.execute(
            f"""
            CREATE OR REPLACE TABLE {table} AS
            SELECT {selected}
            FROM read_csv({sql_text(file)}, columns = {{{names}}}, header = false, auto_detect = false, delim = ',',
                          quote = '"', escape = '"', new_line = '\\r\\n', parallel = false)
            """
        )
    except duckdb.InvalidInputException as error:  # the file is our own: nothing is wrong with it but a row's length
        raise Refused(f"unreadable: {error}") from error
