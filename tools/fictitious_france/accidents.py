"""Accidents that damage the files on days 6 to 11, when a test asks for them.

    day  6   liste_of with a BOM and CRLF (nothing to refuse)
         6-9 rs not published: the zip of day 5 stays (on day 9 its data are more than 3 days old)
         7   rncp: the zip holds the RS flux       referentiel_onisep: absent
         8   sirene: truncated                     annuaire_education: under half its rows
         9   liste_of: under half its rows
        10   liste_of: a required column is gone   annuaire_education, rs: an HTML page
        11   liste_of: over 1 % unreadable         rncp, sirene_succession: empty

So a refusal opens, changes its evidence, closes and reopens. Every source is sound again on the day after its last
accident.
"""

import os
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from tools.fictitious_france.formats import annuaire, france_competences, liste_of, onisep, sirene
from tools.fictitious_france.model import Fiche
from tools.fictitious_france.story import FIRST_DAY, number_of

Fiches = Callable[[france_competences.Register, date], list[Fiche]]
"""The fiches of a register on a day."""

_HTML = b"<!DOCTYPE html>\n<html><head><title>503</title></head><body>Service indisponible</body></html>\n"
_STALE = timedelta(days=5)


def html_page(path: Path) -> None:
    """An error page under the file's name."""
    path.write_bytes(_HTML)


def emptied(path: Path) -> None:
    """An empty file."""
    path.write_bytes(b"")


def truncated(path: Path) -> None:
    """Keep the first half of the bytes, as a download that stopped."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def absent(path: Path) -> None:
    """Remove the file."""
    path.unlink(missing_ok=True)


def thinned(path: Path) -> None:
    """Keep the header and two rows in five."""
    header, *rows = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([header, *rows[: len(rows) * 2 // 5]]))


def column_renamed(path: Path) -> None:
    """Rename the column `siren`."""
    path.write_bytes(path.read_bytes().replace(b";siren;", b";numeroSiren;", 1))


def riddled(path: Path) -> None:
    """Cut the last cells of one row in thirty."""
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(line.rsplit(b";", 5)[0] + b"\n" if n % 30 == 7 else line for n, line in enumerate(lines)))


def dressed_otherwise(path: Path) -> None:
    """Add a BOM and CRLF line ends; the rows stay the same."""
    path.write_bytes(b"\xef\xbb\xbf" + re.sub(rb"\r?\n", b"\r\n", path.read_bytes()))


_ACCIDENTS: dict[int, tuple[tuple[str, Callable[[Path], None]], ...]] = {
    6: ((liste_of.FILE, dressed_otherwise),),
    7: ((onisep.FILE, absent),),
    8: ((f"{sirene.STOCK}.*", truncated), (annuaire.FILE, thinned)),
    9: ((liste_of.FILE, thinned),),
    10: ((liste_of.FILE, column_renamed), (annuaire.FILE, html_page), ("export-fiches-rs-*", html_page)),
    11: ((liste_of.FILE, riddled), ("export-fiches-rncp-*", emptied), (f"{sirene.LINKS}.*", emptied)),
}


def apply(folder: Path, day: date, fiches: Fiches) -> None:
    """Apply the day's accidents to a drop that was just written."""
    number = number_of(day)
    if number == 7:
        path = folder / france_competences.file_name("RNCP", day)
        france_competences.write_as(path, "RS", day, fiches("RS", day))
        _date(path, day)
    if 6 <= number <= 9:
        absent(folder / france_competences.file_name("RS", day))
        stale = FIRST_DAY + _STALE
        _date(france_competences.write(folder, "RS", stale, fiches("RS", stale)), stale)
    for pattern, accident in _ACCIDENTS.get(number, ()):
        dated = f"*{day.isoformat()}*" if pattern.startswith("export-") else "*"
        for path in sorted(set(folder.glob(pattern)) & set(folder.glob(dated))):
            accident(path)
            if path.exists():
                _date(path, day)


def _date(path: Path, day: date) -> None:
    published = datetime.combine(day, time(4), UTC).timestamp()
    os.utime(path, (published, published))
