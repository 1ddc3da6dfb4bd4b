"""`referentiel_onisep`: ONISEP's list of the apprenticeship training bodies (sources.md, e)."""

import json
import re
from pathlib import Path
from typing import Any, Final

import duckdb

from quiforme.sources.reading import LONGEST_TEXT, FileRefused, Previous, ReadResult, SetAside
from quiforme.sources.source import Source, Subject

_RAW_KEPT = 4_000
"""Characters stored of an organisation that is set aside."""
_PAGE: Final = "https://referentiel.apprentissage.onisep.fr/organismes"


def read(database: duckdb.DuckDBPyConnection, path: Path, _previous: Previous) -> ReadResult:
    """Load the organisations into `referentiel_onisep`: rank in the file, siret, and the validated uai or NULL.

    Raises:
        FileRefused: Not JSON, or neither a list of organisations nor an object with one under `organismes`.

    """
    organisations = _organisations(path)
    rows: list[tuple[int, str, str | None]] = []
    set_aside: list[SetAside] = []
    for rank, organisation in enumerate(organisations, start=1):
        siret = organisation.get("siret") if isinstance(organisation, dict) else None
        uai = organisation.get("uai") if isinstance(organisation, dict) else None
        if not isinstance(siret, str):
            set_aside.append(SetAside(rank, "no siret", _raw(organisation)))
        elif len(siret) > LONGEST_TEXT or (isinstance(uai, str) and len(uai) > LONGEST_TEXT):
            set_aside.append(SetAside(rank, "text too long", _raw(organisation)))
        else:
            rows.append((rank, _writable(siret), _writable(uai) if isinstance(uai, str) else None))
    database.execute(
        """
        CREATE OR REPLACE TABLE referentiel_onisep AS
        SELECT rank, coalesce(clean(siret), '') AS siret, clean(uai) AS uai
        FROM (SELECT unnest($ranks) AS rank, unnest($sirets) AS siret, unnest($uais::VARCHAR[]) AS uai)
        """,
        {
            "ranks": [rank for rank, _, _ in rows],
            "sirets": [siret for _, siret, _ in rows],
            "uais": [uai for _, _, uai in rows],
        },
    )
    return ReadResult(len(rows), set_aside)


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
    organisations = content.get("organismes") if isinstance(content, dict) else content
    if not isinstance(organisations, list):
        raise FileRefused("no_organisations")
    return organisations


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
