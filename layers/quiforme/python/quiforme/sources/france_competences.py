"""`rncp` and `rs`: the fiches of France compétences, XML flux 4.1 (sources.md, b)."""

import csv
import re
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

import duckdb
from lxml import etree

from quiforme.database import sql_text
from quiforme.sources.reading import Reading, Refused, SetAside, count

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
_RAW_KEPT = 4_000
"""Characters kept of a fiche that is set aside: enough to find it again."""


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
        for name, columns in _COLUMNS.items():
            _load(database, files[name], f"{name}_{register}", columns)
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
        for rank, fiche in enumerate(_fiches(path), start=1):
            code = _text(fiche, "NUMERO_FICHE")
            if not well_formed(code):
                reason = f"{code!r} is no code of the register {prefix}"
            elif code in seen:
                reason = f"{code} stands in the file already"
            elif _text(fiche, "ACTIF") not in ("Oui", "Non"):
                reason = f"{code} is neither active nor inactive"
            else:
                seen.add(code)
                for name, row in _rows(code, fiche):
                    writers[name].writerow(row)
                continue
            raw = etree.tostring(fiche, encoding="unicode", with_tail=False)
            set_aside.append(SetAside(rank, reason, raw[:_RAW_KEPT]))
    return set_aside


def _rows(code: str, fiche: etree._Element) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The rows of one fiche with their table. Elements are found by path: tags such as ACTIF recur deeper."""
    yield (
        "fiches",
        (
            code,
            _text(fiche, "ACTIF"),
            _text(fiche, "INTITULE"),
            _text(fiche, "NOMENCLATURE_EUROPE/NIVEAU"),
            _text(fiche, "DATE_DECISION"),
            _text(fiche, "DATE_FIN_ENREGISTREMENT"),
            ",".join(
                (code.text or "").strip()
                for code in fiche.iterfind(
                    "NOUVELLES_CERTIFICATIONS/NOUVELLE_CERTIFICATION/ID_FICHE_NOUVELLE_CERTIFICATION"
                )
            ),
        ),
    )
    for partner in fiche.iterfind("PARTENAIRES/PARTENAIRE"):
        yield (
            "partenaires",
            (
                code,
                _text(partner, "SIRET_PARTENAIRE"),
                # Named ETAT_PARTENAIRE in older exports of the flux.
                _text(partner, "ETAT_HABILITATION") or _text(partner, "ETAT_PARTENAIRE"),
                _text(partner, "HABILITATION_PARTENAIRE"),
                _text(partner, "DATE_ACTIF"),
            ),
        )
    for certifier in fiche.iterfind("CERTIFICATEURS/CERTIFICATEUR"):
        yield (
            "certificateurs",
            (code, _text(certifier, "SIRET_CERTIFICATEUR"), _text(certifier, "ETAT_CERTIFICATEUR")),
        )


def _text(element: etree._Element, path: str) -> str:
    return (element.findtext(path) or "").strip()


def _fiches(path: Path) -> Iterator[etree._Element]:
    """Each FICHE in turn, whole, and let go once it has been looked at."""
    try:
        with _open_xml(path) as stream:
            events = etree.iterparse(
                stream,
                events=("end",),
                tag=("VERSION_FLUX", "FICHE"),
                resolve_entities=False,
                no_network=True,
                huge_tree=True,
            )
            version = ""
            for _, element in events:
                if element.tag == "VERSION_FLUX":
                    version = (element.text or "").strip()
                    continue
                _require_version(version)
                yield element
                element.clear(keep_tail=False)
                while element.getprevious() is not None:
                    del element.getparent()[0]
            if events.root is None or events.root.tag != "FICHES":
                raise Refused("not an export of fiches")
            _require_version(version)
    except (etree.XMLSyntaxError, zipfile.BadZipFile, EOFError) as error:
        raise Refused(f"unreadable: {error}") from error


def _require_version(version: str) -> None:
    if not version.startswith("4."):
        raise Refused(f"VERSION_FLUX is {version!r}, 4.x is read")


@contextmanager
def _open_xml(path: Path) -> Iterator[IO[bytes]]:
    if not zipfile.is_zipfile(path):
        with path.open("rb") as bare:
            yield bare
        return
    with zipfile.ZipFile(path) as archive:
        members = [name for name in archive.namelist() if name.lower().endswith(".xml")]
        if len(members) != 1:
            raise Refused(f"{len(members)} XML files in the zip, one is expected")
        with archive.open(members[0]) as member:
            yield member


def _load(database: duckdb.DuckDBPyConnection, file: Path, table: str, columns: tuple[str, ...]) -> None:
    names = ", ".join(f"'{name}': 'VARCHAR'" for name in columns)
    reads = {
        "actif": "clean(actif) = 'Oui'",
        "etat": "clean(nfc_normalize(etat))",
        "siret": "coalesce(clean(siret), '')",
        "nouvelles_certifications": (
            "list_filter(string_split(coalesce(nouvelles_certifications, ''), ','), lambda code: code <> '')"
        ),
        **{name: f"french_date(clean({name}))" for name in columns if name.startswith("date_")},
    }
    selected = ", ".join(f"{reads.get(name, f'clean({name})')} AS {name}" for name in columns)
    database.execute(
        f"""
        CREATE OR REPLACE TABLE {table} AS
        SELECT {selected}
        FROM read_csv({sql_text(file)}, columns = {{{names}}}, header = false, auto_detect = false, delim = ',',
                      quote = '"', escape = '"', new_line = '\\r\\n', parallel = false)
        """
    )
