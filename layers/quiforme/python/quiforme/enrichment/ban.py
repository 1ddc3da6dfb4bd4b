"""The client of the Base Adresse Nationale's geocoder, which takes CSV files of addresses (sources.md, d)."""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from quiforme.enrichment.service_calls import InvalidAnswer
from quiforme.fetching.http import Http

_SCORE, _CITYCODE, _LABEL = _RESULTS = ("result_score", "result_citycode", "result_label")
_UNANSWERED: Final = ("error", "skipped")
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

    """

    rank: int
    score: float | None
    citycode: str | None
    label: str | None


def search(http: Http, address: str, queries: Sequence[AddressQuery]) -> list[GeocodedAddress]:
    """Send a file of addresses.

    Args:
        http: The client.
        address: The service's base address: ``https://api-adresse.data.gouv.fr``.
        queries: A few thousand at most.

    Returns:
        The results, without those of the rows on which the service reports a failure.

    Raises:
        InvalidAnswer: The answer lacks a column or a row, or has a row that was not sent.
        Unfetchable: No answer.

    """
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(("rang", "adresse", "code_postal"))
    writer.writerows((one.rank, one.text, one.postcode) for one in queries)
    answer = http.post(
        f"{address.rstrip('/')}/search/csv/",
        fields={
            "data": ("adresses.csv", file.getvalue().encode(), "text/csv"),
            "columns": "adresse",
            "postcode": "code_postal",
            "encoding": "utf-8",
            "delimiter": ",",
        },
        limit_bytes=_LARGEST_ANSWER,
    )
    if answer.status != 200:
        raise InvalidAnswer(f"it answers {answer.status}")
    rows = _rows(answer.body)
    if sorted(row["rang"] for row in rows) != sorted(str(one.rank) for one in queries):
        raise InvalidAnswer(f"its {len(rows)} rows are not the {len(queries)} that were asked")
    return [_geocoded(row) for row in rows if row.get("result_status") not in _UNANSWERED]


def _rows(body: bytes) -> list[dict[str, str]]:
    try:
        reader = csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True, restval="")
        missing = [name for name in ("rang", *_RESULTS) if name not in (reader.fieldnames or ())]
        if missing:
            raise InvalidAnswer(f"it lacks the columns {', '.join(missing)}")
        return list(reader)
    except UnicodeDecodeError:
        raise InvalidAnswer("it is not UTF-8") from None
    except csv.Error as error:
        raise InvalidAnswer(f"its CSV is damaged: {error}") from None


def _geocoded(row: dict[str, str]) -> GeocodedAddress:
    text = row[_SCORE].strip()
    try:
        score = float(text) if text else None
    except ValueError:
        score = math.nan
    if score is not None and not 0 <= score < math.inf:
        raise InvalidAnswer(f"{text[:40]!r} is no score")
    return GeocodedAddress(int(row["rang"]), score, row[_CITYCODE].strip() or None, row[_LABEL].strip() or None)
