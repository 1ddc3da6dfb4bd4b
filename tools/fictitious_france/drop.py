"""One day's drop: the rows of the day, and the file of each producer."""

import os
import re
from collections.abc import Callable, Collection
from datetime import UTC, date, datetime, time
from pathlib import Path

from tools.fictitious_france import accidents as on_the_way
from tools.fictitious_france import crowd
from tools.fictitious_france.cast import CASES
from tools.fictitious_france.formats import annuaire, france_competences, liste_of, onisep, sirene
from tools.fictitious_france.geography import PARIS
from tools.fictitious_france.model import Fiche
from tools.fictitious_france.stage import Body, Stage

LARGE = 2_000
"""From this size on the ministry certifies several thousand fiches, and its document exceeds a megabyte."""
MANY_FICHES = 5_000

_DATED = re.compile(r"\d{4}-\d{2}-\d{2}")


def stage_of(day: date, *, seed: int = 1, size: int = 150, ministry_fiches: int | None = None) -> Stage:
    """The rows of that day before they are written; tests compare their results with them."""
    stage = Stage(day)
    stage.sirene(Body(1, PARIS), name="MINISTERE DE LA FORMATION IMAGINAIRE", activity="84.11Z")
    for known in CASES.values():
        known.play(stage, known.body)
    if ministry_fiches is None:
        ministry_fiches = MANY_FICHES if size >= LARGE else crowd.FEW_FICHES
    crowd.fill(stage, seed, size, ministry_fiches)
    return stage


def data_day(path: Path) -> date:
    """The day of a file's data: the one in its name, else that of its modification time (see `write_day`)."""
    dated = _DATED.search(path.name)
    return date.fromisoformat(dated.group()) if dated else datetime.fromtimestamp(path.stat().st_mtime, UTC).date()


def write_day(
    folder: Path,
    day: date,
    *,
    seed: int = 1,
    size: int = 150,
    of_variant: liste_of.Variant = "v2",
    sirene_format: sirene.Format = "parquet",
    onisep_bare: bool = False,
    ministry_fiches: int | None = None,
    accidents: bool = False,
) -> None:
    """Write the drop of one day into `folder`; create the folder if needed, overwrite existing files.

    `size` is the number of ordinary bodies (at least 60), `ministry_fiches` the number of fiches that one ministry
    certifies: 10 000 make a document of several megabytes. Modification times are set to 04:00 UTC of the day, because
    readers may date a file by them. `accidents` adds those of `accidents.py`: files that a guard must refuse, and one
    that becomes too old.
    """
    stage = stage_of(day, seed=seed, size=size, ministry_fiches=ministry_fiches)
    write_stage(folder, stage, of_variant=of_variant, sirene_format=sirene_format, onisep_bare=onisep_bare)
    if accidents:
        on_the_way.apply(
            folder,
            day,
            lambda register, of_day: _of_register(
                stage_of(of_day, seed=seed, size=size, ministry_fiches=ministry_fiches), register
            ),
        )


def write_stage(
    folder: Path,
    stage: Stage,
    *,
    of_variant: liste_of.Variant = "v2",
    sirene_format: sirene.Format = "parquet",
    onisep_bare: bool = False,
    only: Collection[str] = (),
) -> None:
    """Write a stage's rows into `folder`, over existing files; `only` names the sources to write, by default all."""
    folder.mkdir(parents=True, exist_ok=True)
    day = stage.day
    writers: dict[str, Callable[[], Path]] = {
        "liste_of": lambda: liste_of.write(folder, stage.list_of, of_variant),
        "rncp": lambda: france_competences.write(folder, "RNCP", day, _of_register(stage, "RNCP")),
        "rs": lambda: france_competences.write(folder, "RS", day, _of_register(stage, "RS")),
        "sirene": lambda: sirene.write_stock(folder, stage.establishments.values(), sirene_format),
        "sirene_succession": lambda: sirene.write_links(folder, stage.successions, sirene_format),
        "sirene_unite_legale": lambda: sirene.write_units(folder, stage.legal_units(), sirene_format),
        "annuaire_education": lambda: annuaire.write(folder, stage.schools),
        "referentiel_onisep": lambda: onisep.write(folder, stage.organismes, bare=onisep_bare),
    }
    published = datetime.combine(day, time(4), UTC).timestamp()
    for source, write in writers.items():
        if not only or source in only:
            os.utime(write(), (published, published))


def _of_register(stage: Stage, register: france_competences.Register) -> list[Fiche]:
    return [fiche for code, fiche in stage.fiches.items() if code.rstrip("0123456789") == register]
