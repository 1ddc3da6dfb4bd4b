"""The client of the Base Adresse Nationale's geocoder, which takes CSV files of addresses (sources.md, d)."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from quiforme.enrichment.service_calls import InvalidAnswer
from quiforme.fetching.http import Http

READER: Final = 1
"""The version of what is read of an answer. An answer that an earlier one read is asked for again."""

_RANK, _TEXT, _POSTCODE = _SENT = ("rang", "adresse", "code_postal")
_SCORE, _CITYCODE, _LABEL = _RESULTS = ("result_score", "result_citycode", "result_label")
_NEXT, _STATUS = "result_score_next", "result_status"
DETAILS: Final = {
    "type": "result_type",
    "nom": "result_name",
    "numero": "result_housenumber",
    "voie": "result_street",
    "code_postal": "result_postcode",
    "commune": "result_city",
    "contexte": "result_context",
    "id": "result_id",
    "latitude": "latitude",
    "longitude": "longitude",
}
"""The parts of an address: the fields of `ban` in the table `adresses`, and the columns of the answer."""

_COMMUNE: Final = re.compile(r"[0-9][0-9AB][0-9]{3}")
_DAMAGED: Final = re.compile("[\0\udc80-\udcff]")
"""What is left of bytes that are not UTF-8, and what no table can store."""

_LARGEST_ANSWER: Final = 50_000_000


@dataclass(frozen=True, slots=True)
class AddressQuery:
    """An address to find.

    Attributes:
        rank: Identifies it in its file.
        text: Street and town.
        postcode: Limits the search to places with this postcode; empty: no limit.

    """

    rank: int
    text: str
    postcode: str


@dataclass(frozen=True, slots=True)
class GeocodedAddress:
    """The best match of an address.

    Attributes:
        rank: That of the query.
        score: 0 to 1; None when nothing matched.
        citycode: INSEE's code of the commune; in Paris, Lyon and Marseille, of the arrondissement.
        label: The address as the BAN writes it.
        score_suivant: The score of the second match, if there is one.
        ban: Its parts, by the names of the table `adresses`; None when nothing matched.

    """

    rank: int
    score: float | None = None
    citycode: str | None = None
    label: str | None = None
    score_suivant: float | None = None
    ban: Mapping[str, str | None] | None = None


def search(http: Http, address: str, queries: Sequence[AddressQuery]) -> dict[int, GeocodedAddress | None]:
    """Send a file of addresses.

    Args:
        http: The client.
        address: The service's base address: ``https://api-adresse.data.gouv.fr``.
        queries: A few thousand at most.

    Returns:
        The rows that came back whole, by rank; None for a row without an answer. A damaged row is left out, and so is one
        that came back twice, or with another address than the one that was sent.

    Raises:
        InvalidAnswer: The answer lacks a column, or has none of the rows that were sent.
        Unfetchable: No answer.

    """
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(_SENT)
    writer.writerows((one.rank, one.text, one.postcode) for one in queries)
    answer = http.post(
        f"{address.rstrip('/')}/search/csv/",
        fields={
            "data": ("adresses.csv", file.getvalue().encode(), "text/csv"),
            "columns": _TEXT,
            "postcode": _POSTCODE,
            "encoding": "utf-8",
            "delimiter": ",",
        },
        limit_bytes=_LARGEST_ANSWER,
    )
    if answer.status != 200:
        raise InvalidAnswer(f"it answers {answer.status}")
    sent = {str(one.rank): one for one in queries}
    rows = [row for row in _rows(answer.body, len(queries)) if row[_RANK] in sent]
    times = Counter(row[_RANK] for row in rows)
    whole = [row for row in rows if times[row[_RANK]] == 1 and _is_of(sent[row[_RANK]], row)]
    if not whole:
        raise InvalidAnswer(f"none of its {len(rows)} rows is one of the {len(queries)} that were asked")
    return {int(row[_RANK]): _geocoded(row) for row in whole}


def _rows(body: bytes, expected: int) -> Iterator[dict[str, str]]:
    """The undamaged rows. Neither what is sent nor an address of the BAN has a line break: a line is a row."""
    text = body.decode("utf-8", errors="surrogateescape").removeprefix("\ufeff")
    first, *lines = text.split("\n")
    header = _cells(first)
    missing = [name for name in (_RANK, *_RESULTS) if name not in header]
    if missing:
        raise InvalidAnswer(f"it lacks the columns {', '.join(missing)}")
    # Where an answer is cut, its last cell may have half a word. In these two columns a half word is recognized.
    if len(lines) < expected and header[-1] not in (_CITYCODE, _STATUS):
        lines = lines[:-1]
    for line in lines:
        cells = _cells(line)
        if len(cells) == len(header) and not _DAMAGED.search(line):
            yield dict(zip(header, cells, strict=True))


def _cells(line: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line.removesuffix("\r")], strict=True), [])]
    except csv.Error:
        return []


def _is_of(query: AddressQuery, row: Mapping[str, str]) -> bool:
    """Whether the address of the row, if the answer repeats it, is the one that was sent."""
    sent = ((_TEXT, query.text), (_POSTCODE, query.postcode))
    return all(row.get(name, text).split() == text.split() for name, text in sent)


def _geocoded(row: Mapping[str, str]) -> GeocodedAddress | None:
    """The answer, if the row has one. A blank without a status is none: the service may have stopped before that row."""
    rank, status = int(row[_RANK]), row.get(_STATUS, "").casefold()
    if status == "not-found":
        return GeocodedAddress(rank)
    score, second = _score(row[_SCORE]), _score(row.get(_NEXT, ""))
    wrong = score is None or (second is None and row.get(_NEXT)) or not _COMMUNE.fullmatch(row[_CITYCODE])
    if wrong or status not in ("ok", ""):
        return None
    details = {name: row.get(column) or None for name, column in DETAILS.items()}
    return GeocodedAddress(rank, score, row[_CITYCODE], row[_LABEL] or None, second, details)


def _score(text: str) -> float | None:
    try:
        score = float(text)
    except ValueError:
        return None
    return score if 0 <= score <= 1 else None
