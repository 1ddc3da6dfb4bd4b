"""The geocoder of the Base Adresse Nationale, by files of addresses (sources.md, d)."""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from quiforme.enrichment.asking import Unusable
from quiforme.fetching.http import Http

_SCORE, _CITYCODE, _LABEL = _RESULTS = ("result_score", "result_citycode", "result_label")
_UNANSWERED: Final = ("error", "skipped")
_LONGEST: Final = 50_000_000


@dataclass(frozen=True, slots=True)
class AddressQuery:
    """An address.

    Attributes:
        rank: Tells it from the others of its file.
        text: Street and town.
        postcode: Only places that have it are searched; empty: all.

    """

    rank: int
    text: str
    postcode: str


@dataclass(frozen=True, slots=True)
class GeocodedAddress:
    """What was found.

    Attributes:
        rank: The question's.
        score: 0 to 1; None when nothing was found at all.
        citycode: INSEE's code of the commune, an arrondissement's in Paris, Lyon and Marseille.
        label: The address as the BAN writes it.

    """

    rank: int
    score: float | None
    citycode: str | None
    label: str | None


def search(http: Http, address: str, questions: Sequence[AddressQuery]) -> list[GeocodedAddress]:
    """Ask for a file of addresses.

    Args:
        http: The client.
        address: Of the service: ``https://api-adresse.data.gouv.fr``.
        questions: A few thousand at most.

    Returns:
        The places, those left out for which the service says that it failed.

    Raises:
        Unusable: The answer lacks a column, or is not of the rows that were asked.
        Unfetchable: There is no answer.

    """
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(("rang", "adresse", "code_postal"))
    writer.writerows((one.rank, one.text, one.postcode) for one in questions)
    answer = http.post(
        f"{address.rstrip('/')}/search/csv/",
        fields={
            "data": ("adresses.csv", file.getvalue().encode(), "text/csv"),
            "columns": "adresse",
            "postcode": "code_postal",
            "encoding": "utf-8",
            "delimiter": ",",
        },
        limit_bytes=_LONGEST,
    )
    if answer.status != 200:
        raise Unusable(f"it answers {answer.status}")
    rows = _rows(answer.body)
    if sorted(row["rang"] for row in rows) != sorted(str(one.rank) for one in questions):
        raise Unusable(f"its {len(rows)} rows are not the {len(questions)} that were asked")
    return [_place(row) for row in rows if row.get("result_status") not in _UNANSWERED]


def _rows(body: bytes) -> list[dict[str, str]]:
    try:
        reader = csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True, restval="")
        missing = [name for name in ("rang", *_RESULTS) if name not in (reader.fieldnames or ())]
        if missing:
            raise Unusable(f"it lacks the columns {', '.join(missing)}")
        return list(reader)
    except UnicodeDecodeError:
        raise Unusable("it is not UTF-8") from None
    except csv.Error as error:
        raise Unusable(f"its CSV is damaged: {error}") from None


def _place(row: dict[str, str]) -> GeocodedAddress:
    text = row[_SCORE].strip()
    try:
        score = float(text) if text else None
    except ValueError:
        score = math.nan
    if score is not None and not 0 <= score < math.inf:
        raise Unusable(f"{text[:40]!r} is no score")
    return GeocodedAddress(int(row["rang"]), score, row[_CITYCODE].strip() or None, row[_LABEL].strip() or None)
