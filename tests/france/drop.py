"""One day's drop: who is on stage, and which file each producer leaves."""

import os
import re
from datetime import UTC, date, datetime, time
from pathlib import Path

from tests.france import crowd
from tests.france.cast import CASES
from tests.france.formats import annuaire, france_competences, liste_of, onisep, sirene
from tests.france.geography import PARIS
from tests.france.stage import Body, Stage

LARGE = 2_000
"""From this size on the ministry certifies several thousand fiches, and its document weighs over a megabyte."""
MANY_FICHES, FEW_FICHES = 5_000, 40

_DATED = re.compile(r"\d{4}-\d{2}-\d{2}")


def stage_of(day: date, *, seed: int = 1, size: int = 60, ministry_fiches: int | None = None) -> Stage:
    """Everything the producers know on that day, before it is written: what a test compares its results with."""
    stage = Stage(day)
    stage.sirene(Body(1, PARIS), name="MINISTERE DE LA FORMATION IMAGINAIRE", activity="84.11Z")
    for known in CASES.values():
        known.play(stage, known.body)
    if ministry_fiches is None:
        ministry_fiches = MANY_FICHES if size >= LARGE else FEW_FICHES
    crowd.fill(stage, seed, size, ministry_fiches)
    return stage


def data_day(path: Path) -> date:
    """The day of a file's data: the one in its name, else the one its modification time was set to (see `write_day`)."""
    dated = _DATED.search(path.name)
    return date.fromisoformat(dated.group()) if dated else datetime.fromtimestamp(path.stat().st_mtime, UTC).date()


def write_day(
    folder: Path,
    day: date,
    *,
    seed: int = 1,
    size: int = 60,
    of_variant: liste_of.Variant = "v2",
    sirene_format: sirene.Format = "parquet",
    onisep_bare: bool = False,
    ministry_fiches: int | None = None,
) -> None:
    """Write the drop of one day into `folder`, made if needed, over what is there.

    `size` counts the ordinary bodies (at least 60), `ministry_fiches` those one ministry certifies: 10 000 make a document of
    several megabytes. Modification times are set to 04:00 UTC of the day, for readers who date a file by them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stage = stage_of(day, seed=seed, size=size, ministry_fiches=ministry_fiches)
    written = [
        liste_of.write(folder, stage.list_of, of_variant),
        *(france_competences.write(folder, register, day, _of_register(stage, register)) for register in ("RNCP", "RS")),
        sirene.write_stock(folder, stage.establishments.values(), sirene_format),
        sirene.write_links(folder, stage.successions, sirene_format),
        annuaire.write(folder, stage.schools),
        onisep.write(folder, stage.organismes, bare=onisep_bare),
    ]
    published = datetime.combine(day, time(4), UTC).timestamp()
    for path in written:
        os.utime(path, (published, published))


def _of_register(stage: Stage, register: france_competences.Register) -> list[france_competences.Fiche]:
    return [fiche for code, fiche in stage.fiches.items() if code.rstrip("0123456789") == register]
