"""`referentiel_onisep`: ONISEP's list of the apprenticeship training bodies (sources.md, e)."""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import duckdb

from quiforme.database import sql_text
from quiforme.identifiers import is_siret, is_uai
from quiforme.sources.reading import LONGEST_TEXT, FileRefused, Previous, ReadResult, SetAside
from quiforme.sources.source import Source, Subject
from quiforme.sources.values import FIRST, ColumnCount, shown

_RAW_KEPT = 4_000
"""Characters stored of an organisation that is set aside."""
_PAGE: Final = "https://referentiel.apprentissage.onisep.fr/organismes"
_FORMS: Final = {"siret": re.compile(r"[0-9]{14}"), "uai": re.compile(r"[0-9]{7}[A-Z]")}


def read(database: duckdb.DuckDBPyConnection, path: Path, previous: Previous) -> ReadResult:
    """Load the organisations into `referentiel_onisep`: rank in the file, siret, and the validated uai or NULL.

    Args:
        database: Where the table is made.
        path: The JSON file.
        previous: Gives the last accepted list. Its rows of a SIRET or a UAI that can still be read in an organisation
            set aside stay in use, unless their SIRET is in this list. They come last.

    Raises:
        FileRefused: Not JSON, one page of several, or neither a list of organisations nor an object with one under
            `organismes`.

    """
    organisations = _organisations(path)
    rows: list[tuple[int, str, str]] = []
    set_aside: list[SetAside] = []
    for rank, organisation in enumerate(organisations, start=1):
        fields = organisation if isinstance(organisation, dict) else {}
        siret, uai = _text(fields.get("siret")), _text(fields.get("uai"))
        if isinstance(fields.get("siret"), int) and siret:
            siret = siret.zfill(14)  # a number of fewer digits: a SIRET that starts with zeros
        reason = None
        if siret is None:
            reason = "no siret"
        elif uai is None and fields.get("uai") is not None:
            reason = "its uai is no text"
        elif max(len(siret), len(uai or "")) > LONGEST_TEXT:
            reason = "text too long"
        if siret is None or reason:
            known = (siret if siret and is_siret(siret) else None) or (uai if uai and is_uai(uai) else None)
            set_aside.append(SetAside(rank, reason or "", _raw(organisation), known))
        else:
            rows.append((rank, siret, uai or ""))
    database.execute(
        """
        CREATE OR REPLACE TABLE referentiel_onisep AS
        SELECT rank, coalesce(clean(siret), '') AS siret, clean(uai) AS uai
        FROM (SELECT unnest($ranks::INTEGER[]) AS rank, unnest($sirets::VARCHAR[]) AS siret, unnest($uais::VARCHAR[]) AS uai)
        """,
        {
            "ranks": [rank for rank, _, _ in rows],
            "sirets": [siret for _, siret, _ in rows],
            "uais": [uai for _, _, uai in rows],
        },
    )
    counts = {
        "siret": _counted("siret", ((rank, siret) for rank, siret, _ in rows)),
        "uai": _counted("uai", ((rank, uai) for rank, _, uai in rows)),
    }
    identifiers = [row.identifier for row in set_aside if row.identifier]
    if identifiers and (last_accepted := previous("referentiel_onisep")):
        database.execute(
            f"""
            INSERT INTO referentiel_onisep BY NAME
            SELECT * REPLACE (rank + {len(organisations)} AS rank)
            FROM read_parquet({sql_text(last_accepted)}) ANTI JOIN referentiel_onisep USING (siret)
            WHERE list_contains($identifiers, siret) OR list_contains($identifiers, uai)
            """,
            {"identifiers": identifiers},
        )
    return ReadResult(len(rows), set_aside, columns=counts)


def _text(value: object) -> str | None:
    """The text of a JSON string or number; None of anything else. A number may be a SIRET that lost its quotes."""
    if isinstance(value, str):
        return _writable(value)
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _counted(name: str, values: Iterable[tuple[int, str]]) -> ColumnCount:
    """What there is to say of the form of the values of a field, each given with the rank of its organisation."""
    filled = [(rank, text) for rank, value in values if (text := value.strip())]
    malformed = [(str(rank), shown(text)) for rank, text in filled if not _FORMS[name].fullmatch(text)]
    return ColumnCount(len(filled), len(malformed), tuple(malformed[:FIRST]))


def _writable(text: str) -> str:
    """The text with "?" for lone surrogates, which JSON can escape and UTF-8 cannot encode."""
    return text.encode(errors="replace").decode()


def _raw(organisation: object) -> str:
    try:
        return _writable(json.dumps(organisation, ensure_ascii=False))[:_RAW_KEPT]
    except RecursionError:
        return "nested too deeply to be shown"


def _organisations(path: Path) -> list[Any]:
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise FileRefused("not_json", detail=str(error)) from error
    if (pages := _pages(content)) > 1:
        raise FileRefused("incomplete_pages", pages=pages)
    organisations = content.get("organismes") if isinstance(content, dict) else content
    if not isinstance(organisations, list):
        raise FileRefused("no_organisations")
    return organisations


def _pages(content: object) -> int:
    """How many pages the answer is the first of; one when it does not say."""
    try:
        return int(content["pagination"]["nombre_de_page"])  # type: ignore[index]  # whatever it is
    except (TypeError, KeyError, ValueError, OverflowError):
        return 1


def _record_page(about: Subject) -> str | None:
    siret = about["siret"]
    return f"{_PAGE}/{siret}" if siret else None


SOURCE: Final = Source(
    name="referentiel_onisep",
    label="référentiel ONISEP",
    file_name=re.compile(r"referentiel-organismes\.json"),
    tables=("referentiel_onisep",),
    read=read,
    # All organisations on one page, as the apprenticeship API of the same ministry requests them.
    address="https://referentiel.apprentissage.onisep.fr/api/v1/organismes.json?items_par_page=60000",
    largest_bytes=500_000_000,
    format="json",
    stale_after_days=3,
    dataset_page=_PAGE,
    record_page=_record_page,
)
