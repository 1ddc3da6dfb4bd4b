"""Faults of whole files, drawn from the seed, and the anomalies that they must cause.

Two sources are refused on some days, one or two are not published for a while, and a Sirene stock is older than its
45 days at times. On every other day each source has a new file.
"""

import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final

from tools.fictitious_france import accidents
from tools.fictitious_france.formats import annuaire, liste_of, onisep, sirene
from tools.fictitious_france.planted.fault import Finding, finding
from tools.fictitious_france.story import FIRST_DAY

PATTERNS: Final = {
    "liste_of": liste_of.FILE,
    "rncp": "export-fiches-rncp-*",
    "rs": "export-fiches-rs-*",
    "annuaire_education": annuaire.FILE,
    "referentiel_onisep": onisep.FILE,
    "sirene": f"{sirene.STOCK}.*",
    "sirene_succession": f"{sirene.LINKS}.*",
    "sirene_unite_legale": f"{sirene.UNITS}.*",
}
"""The files of each source in a drop."""
_MONTHLY: Final = ("sirene", "sirene_succession", "sirene_unite_legale")
_UNPUBLISHED = "unpublished"

_Accident = Callable[[Path], None]
_SAME_EVERY_DAY: Final[dict[str, _Accident]] = {
    "absent": accidents.absent,
    "emptied": accidents.emptied,
    "html_page": accidents.html_page,
}
_OF_THE_DAY: Final[dict[str, dict[str, _Accident]]] = {
    "liste_of": {
        "thinned": accidents.thinned,
        "column_renamed": accidents.column_renamed,
        "riddled": accidents.riddled,
    },
    "annuaire_education": {"thinned": accidents.thinned},
    "sirene": {"truncated": accidents.truncated},
    "rncp": {"truncated": accidents.truncated},
    "rs": {"truncated": accidents.truncated},
}
"""Accidents that keep something of the day's file, so that each day's refused file is different."""


@dataclass(frozen=True)
class Files:
    """The faults of the files of one world.

    Attributes:
        days: The number of days.
        trouble: By source and day, why the day's file cannot be read.
        old: By Sirene source, the age of its data each day: 0 for 45 days, the maximum allowed; 1 and 2 for two
            much older days.

    """

    days: int
    trouble: dict[str, dict[int, str]]
    old: dict[str, list[int]]

    def read_on(self, source: str, number: int) -> int:
        """The day of the file in use on a day."""
        troubled = self.trouble.get(source, {})
        return next(day for day in range(number, -1, -1) if day not in troubled)

    def unpublished(self, number: int) -> set[str]:
        """The sources without a new file on a day; the previous file stays in the drop."""
        return {source for source, troubled in self.trouble.items() if troubled.get(number) == _UNPUBLISHED}

    def apply(self, folder: Path, number: int) -> None:
        """Apply a day's faults to the drop that was just written."""
        for source, troubled in self.trouble.items():
            how = troubled.get(number, _UNPUBLISHED)
            accident = {**_SAME_EVERY_DAY, **_OF_THE_DAY.get(source, {})}.get(how)
            for path in sorted(folder.glob(PATTERNS[source])) if accident else ():
                if accident and (how == "absent" or path == max(folder.glob(PATTERNS[source]))):
                    accident(path)
                    _date(path, _day(number))
        for source, ages in self.old.items():
            for path in folder.glob(PATTERNS[source]):
                too_old = FIRST_DAY - timedelta(days=40 + 20 * ages[number])
                _date(path, too_old if ages[number] else _day(number) - timedelta(days=45))

    def findings(self, number: int) -> Iterator[Finding]:
        """The anomalies that must be open on a day."""
        for source, troubled in self.trouble.items():
            how = troubled.get(number, _UNPUBLISHED)
            if how != _UNPUBLISHED:
                dated = how in _OF_THE_DAY.get(source, ()) or (source in ("rncp", "rs") and how != "absent")
                yield finding("source_refusee", (how, number if dated else None), source=source)
            silence = number - self.read_on(source, number)
            if silence > 3 and source not in _MONTHLY:
                yield finding("source_perimee", number - silence, source=source)
        for source, ages in self.old.items():
            if ages[number]:
                yield finding("source_perimee", ages[number], source=source)


def draw(dice: random.Random, days: int) -> Files:
    """Draw faults for some sources; none on the first day, because a source without an accepted file is only missing."""
    sources = dice.sample(sorted(PATTERNS), len(PATTERNS))
    refused, others = sources[:2], sources[2:]
    trouble: dict[str, dict[int, str]] = {source: _refusals(dice, source, days) for source in refused}
    daily = [source for source in others if source not in _MONTHLY]
    for source in daily[: dice.randint(1, 2)]:
        trouble[source] = dict.fromkeys(_silence(dice, days), _UNPUBLISHED)
    old = {source: _ages(dice, days) for source in others if source in _MONTHLY}
    return Files(days, trouble, old)


def none(days: int) -> Files:
    """No faults."""
    return Files(days, {}, {})


def _refusals(dice: random.Random, source: str, days: int) -> dict[int, str]:
    ways = [*_SAME_EVERY_DAY, *_OF_THE_DAY.get(source, ())]
    refusals: dict[int, str] = {}
    how = dice.choice(ways)
    for number in range(1, days):
        how = how if dice.random() < 0.5 else dice.choice(ways)
        if dice.random() < 0.45:
            refusals[number] = how
    return refusals or {dice.randrange(1, days): how}


def _silence(dice: random.Random, days: int) -> list[int]:
    """Days without a file: at least four in a row, or all but the middle one."""
    if dice.random() < 0.5:
        return [number for number in range(1, days) if number != days // 2]
    since = dice.randint(1, days - 4)
    return list(range(since, dice.randint(since + 4, days)))


def _ages(dice: random.Random, days: int) -> list[int]:
    ages = [dice.randrange(3)]
    while len(ages) < days:
        ages.append(ages[-1] if dice.random() < 0.6 else dice.randrange(3))
    return ages


def _day(number: int) -> date:
    return FIRST_DAY + timedelta(days=number)


def _date(path: Path, day: date) -> None:
    if path.exists():
        published = datetime.combine(day, time(4), UTC).timestamp()
        os.utime(path, (published, published))
