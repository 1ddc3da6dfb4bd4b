"""The guards (sources.md): which files are refused, and what stays in use."""

import copy
import re
import shutil
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from quiforme.jobs.ingestion import NoListeOf
from quiforme.sources.catalogue import BY_NAME

from tests.integration.spoilt import path_of, rewrite
from tools.fictitious_france import FIRST_DAY, write_day
from tools.fictitious_france.formats import france_competences, liste_of
from tools.fictitious_france.model import NO_APPLICATION, OfRow
from tools.fictitious_france.stage import Body
from tools.in_process.doubles import MemoryRegistry
from tools.in_process.system import System

CSV = ("liste_of", "annuaire_education")
FICHES = ("rncp", "rs")
STOCKS = ("sirene", "sirene_succession")


def on(number: int) -> date:
    """The day after that many."""
    return FIRST_DAY + timedelta(days=number)


# --- files that are not what they say -----------------------------------------------------------------------


def html_page(path: Path) -> None:
    path.write_bytes(b"<!DOCTYPE html>\n<html><body>Service indisponible ; revenez plus tard</body></html>\n")


def empty(path: Path) -> None:
    path.write_bytes(b"")


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 5])


def without_its_end(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def damaged_inside(path: Path) -> None:
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 64] = bytes(64)
    path.write_bytes(content)


def of_the_other_register(path: Path) -> None:
    other = {b"RNCP": b"RS", b"RS": b"RNCP"}
    rewrite(path, lambda text: re.sub(rb"(?<=<NUMERO_FICHE>)(RNCP|RS)", lambda found: other[found[0]], text))


def of_another_flux(path: Path) -> None:
    rewrite(path, lambda text: text.replace(b"<VERSION_FLUX>4.1<", b"<VERSION_FLUX>3.0<"))


def of_no_flux(path: Path) -> None:
    rewrite(path, lambda text: text.replace(b"<VERSION_FLUX>4.1</VERSION_FLUX>", b""))


def without_numbers(path: Path) -> None:
    rewrite(path, lambda text: re.sub(rb"\n    <NUMERO_FICHE>\w+</NUMERO_FICHE>", b"", text))


def without_states(path: Path) -> None:
    """FICHE/ACTIF is gone; the elements of that name that lie deeper are not."""
    rewrite(path, lambda text: re.sub(rb"\n    <ACTIF>[^<]*</ACTIF>", b"", text))


def of_other_states(path: Path) -> None:
    """FICHE/ACTIF as the register's CSV export writes it."""
    words = {b"Oui": b"ACTIVE", b"Non": b"INACTIVE"}
    rewrite(path, lambda text: re.sub(rb"(\n    <ACTIF>\s*)(Oui|Non)", lambda found: found[1] + words[found[2]], text))


def two_files_inside(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("second.xml", b"<FICHES/>")


def column_renamed(path: Path) -> None:
    rewrite(path, lambda text: re.sub(rb"siren;|etat;", b"autre;", text, count=1))


def without_sirets(path: Path) -> None:
    rewrite(path, lambda text: text.replace(b'"siret"', b'"numero"'))


def no_list(path: Path) -> None:
    path.write_bytes(b'{"pagination": {}, "organismes": {"siret": "1"}}')


Spoil = Callable[[Path], None]
Spoilt = dict[str, tuple[Spoil, str]]


def these(names: Iterable[str], spoil: Spoil, reason: str) -> Spoilt:
    """The cases of one accident to the files of these sources, and the reason expected."""
    return dict.fromkeys(names, (spoil, reason))


REFUSALS = (
    these(BY_NAME, html_page, "missing columns|unreadable|not JSON|not an export"),
    these(BY_NAME, empty, "empty|unreadable|not JSON"),
    these(BY_NAME, cut_short, "under half|unreadable|not JSON"),
    these((*FICHES, *STOCKS, "referentiel_onisep"), without_its_end, "unreadable|not JSON")
    | these(CSV, column_renamed, "missing columns: (siren|etat)$"),
    these(FICHES, damaged_inside, "cannot be read") | these(["referentiel_onisep"], no_list, "no list"),
    these(FICHES, of_the_other_register, r"NUMERO_FICHE: .*\(100 %\) are malformed, .* [0-9]+: 'R")
    | these(["referentiel_onisep"], without_sirets, "no readable row, the first at 1: no siret"),
    these(["rncp"], of_another_flux, "VERSION_FLUX is '3.0'") | these(["rs"], of_no_flux, "VERSION_FLUX is ''"),
    these(["rncp"], without_numbers, "no readable row, the first at 4: '' is no code")
    | these(["rs"], without_states, "no readable row, the first at 4: RS[0-9]+ is neither active nor inactive"),
    these(FICHES, of_other_states, r"ACTIF: .*\(100 %\) are malformed, .* R[NCPS]+[0-9]+: '(IN)?ACTIVE'"),
    these(["rncp"], two_files_inside, "2 .xml files"),
)
"""What comes instead of files on one day, and what the reason has to say."""


@dataclass
class Published:
    """The first day, published once for all."""

    root: Path
    drop: Path
    registry: MemoryRegistry
    documents: dict[str, Any]
    sources: dict[str, Any]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    system = System(tmp_path_factory.mktemp("published"))
    write_day(system.drop, FIRST_DAY, size=60, ministry_fiches=1)
    sources = system.ingest(FIRST_DAY)["sources"]
    return Published(system.root, system.drop, system.registry, system.registry.documents(), sources)


@pytest.fixture
def system(published: Published, tmp_path: Path) -> System:
    """A copy of the published day for one test."""
    shutil.copytree(published.root, tmp_path, dirs_exist_ok=True)
    return System(tmp_path, registry=copy.deepcopy(published.registry))


@pytest.mark.parametrize(
    "spoilt", REFUSALS, ids=lambda one: "-".join(dict.fromkeys(how.__name__ for how, _ in one.values()))
)
def test_refused(system: System, published: Published, spoilt: Spoilt) -> None:
    """The previous file stays in use, the documents stay, the summary says why; the counts are of the refused file."""
    for name, (spoil, _) in spoilt.items():
        spoil(path_of(system.drop, name))
    summary = system.ingest(on(1))
    for name, source in summary["sources"].items():
        assert source["state"] == ("refused" if name in spoilt else "unchanged"), (name, source)
        same = ("file", "day") if name in spoilt else ("file", "day", "rows_read", "rows_set_aside", "set_aside")
        assert {said: source[said] for said in same} == {said: published.sources[name][said] for said in same}, name
        if name in spoilt:
            assert re.search(spoilt[name][1], source["reason"]), (name, source["reason"])
            assert bool(source["rows_read"]) == bool(re.search("under half|rows are", source["reason"])), name
            assert bool(source["rows_set_aside"]) == bool(source["set_aside"]), name
            assert "no readable row" not in source["reason"] or source["rows_set_aside"], name
    assert system.registry.documents() == published.documents
    assert summary["documents"]["unchanged"] == summary["documents"]["total"] == len(published.documents)


def test_the_next_good_file_is_taken(system: System, published: Published) -> None:
    html_page(path_of(system.drop, "rncp"))
    html_page(path_of(system.drop, "sirene"))
    system.ingest(on(1))
    shutil.copy(path_of(published.drop, "sirene"), system.drop)
    shutil.copy(path_of(published.drop, "rncp"), system.drop / france_competences.file_name("RNCP", on(2)))
    sources = system.ingest(on(2))["sources"]
    assert (sources["sirene"]["state"], sources["rncp"]["state"]) == ("unchanged", "accepted")
    assert sources["rncp"]["day"] == on(2).isoformat()
    assert system.registry.documents() == published.documents


def test_an_absent_file_leaves_the_last_one_in_use(system: System, published: Published) -> None:
    """A file that is gone leaves the last one in use; a source that never had one is simply missing."""
    for path in system.drop.iterdir():
        path.unlink()
    summary = system.ingest(on(1))
    assert {source["state"] for source in summary["sources"].values()} == {"absent"}
    assert system.registry.documents() == published.documents

    fresh = System(system.root / "fresh")
    shutil.copy(published.drop / liste_of.FILE, fresh.drop)
    html_page(fresh.drop / "fr-en-annuaire-education.csv")
    sources = fresh.ingest(FIRST_DAY)["sources"]
    states = {name: source["state"] for name, source in sources.items()}
    expected = {"liste_of": "accepted", "annuaire_education": "refused"}
    assert states == dict.fromkeys(BY_NAME, "missing") | expected
    assert sources["annuaire_education"]["file"] is None


@pytest.mark.parametrize(
    ("spoil", "reason"), [(html_page, "missing columns"), (empty, "empty"), (Path.unlink, "there is none")]
)
def test_without_any_list_of_training_bodies_the_run_fails_and_changes_nothing(
    tmp_path: Path, spoil: Callable[[Path], None], reason: str
) -> None:
    system = System(tmp_path)
    write_day(system.drop, FIRST_DAY, size=60, ministry_fiches=1)
    spoil(path_of(system.drop, "liste_of"))
    with pytest.raises(NoListeOf, match=f"no OF list was ever accepted, and today: .*{reason}"):
        system.ingest(FIRST_DAY)
    assert (system.registry.pointer, system.registry.writing, system.registry.items) == (None, None, {})
    assert system.announced == 0


# --- files that have shrunk ---------------------------------------------------------------------------------


class Shrinking:
    """A drop with a list and nothing else, whose number of rows is all that matters."""

    def __init__(self, root: Path) -> None:
        self.system = System(root)

    def state(self, day: int, rows: int) -> str:
        """What the run of that day makes of a list of that many rows."""
        path = self.system.drop / liste_of.FILE
        path.write_bytes(liste_of.render(_row(number) for number in range(rows)))
        return str(self.system.ingest(on(day))["sources"]["liste_of"]["state"])


def _row(number: int) -> OfRow:
    body = Body(10 * number + 10)
    return OfRow(body.nda(), body.siren, body.siret(), "FORMATION IMAGINAIRE", body.commune.region)


@pytest.fixture
def shrinking(tmp_path: Path) -> Shrinking:
    return Shrinking(tmp_path)


def test_under_half_of_the_rows_is_refused_and_half_is_not(shrinking: Shrinking) -> None:
    assert shrinking.state(0, 200) == "accepted"
    assert shrinking.state(1, 99) == "refused"
    assert len(shrinking.system.registry.documents()) == 200
    assert shrinking.state(1, 100) == "accepted"


def test_the_first_file_has_no_baseline(shrinking: Shrinking) -> None:
    assert shrinking.state(0, 1) == "accepted"


@pytest.mark.prove
def test_small_daily_losses_do_not_lower_the_baseline(shrinking: Shrinking) -> None:
    """The last file has four fifths of the rows of the one before, and under half of those of the first."""
    sizes = [round(200 * 0.8**day) for day in range(5)]
    assert sizes[3] > 100 > sizes[4]
    states = [shrinking.state(day, rows) for day, rows in enumerate(sizes)]
    assert states == ["accepted"] * 4 + ["refused"]


@pytest.mark.prove
def test_a_refused_file_is_not_a_baseline(shrinking: Shrinking) -> None:
    assert [shrinking.state(0, 100), shrinking.state(1, 40), shrinking.state(2, 49)] == [
        "accepted",
        "refused",
        "refused",
    ]
    assert shrinking.state(3, 50) == "accepted"


@pytest.mark.prove
def test_a_baseline_expires_after_thirty_days(shrinking: Shrinking) -> None:
    assert [shrinking.state(0, 200), shrinking.state(1, 120)] == ["accepted", "accepted"]
    assert shrinking.state(30, 99) == "refused"
    assert shrinking.state(31, 99) == "accepted"  # the one of day 0 no longer counts, that of day 1 does
    assert shrinking.state(32, 49) == "refused"


@pytest.mark.prove
def test_an_unchanged_file_stays_a_baseline(shrinking: Shrinking) -> None:
    """A list that does not change for weeks stays the baseline of those that come after it."""
    assert [shrinking.state(0, 200), shrinking.state(20, 200)] == ["accepted", "unchanged"]
    assert shrinking.state(50, 99) == "refused"
    assert shrinking.state(51, 99) == "accepted"


# --- values that are destroyed or gone ----------------------------------------------------------------------


def test_a_column_that_is_emptied_is_refused_and_ops_may_accept_it(tmp_path: Path) -> None:
    system = System(tmp_path)
    rows = [replace(_row(number), qualiopi=(True, False, False, False)) for number in range(200)]
    emptied = [replace(row, qualiopi=NO_APPLICATION) if rank > 90 else row for rank, row in enumerate(rows)]
    path = system.drop / liste_of.FILE
    path.write_bytes(liste_of.render(rows))
    system.ingest(on(0))
    path.write_bytes(liste_of.render(emptied))
    source = system.ingest(on(1))["sources"]["liste_of"]
    assert (source["state"], source["rows_read"], source["malformed"]) == ("refused", 200, {})
    assert source["reason"].startswith("certifications.actionsDeFormation: 91 of 200 cells are filled, under half")
    assert system.ingest(on(1), any_volume=(liste_of.FILE,))["sources"]["liste_of"]["state"] == "accepted"


def test_malformed_values_are_counted_below_the_limit_and_refused_above_it(tmp_path: Path) -> None:
    """Below it they stay as they are; above it not even ops can have the file."""
    system = System(tmp_path)
    path = system.drop / liste_of.FILE
    rows = [_row(number) for number in range(200)]
    for day, bad, state in ((0, 49, "accepted"), (1, 50, "refused")):
        path.write_bytes(
            liste_of.render(replace(row, siren="1,3E+08") if rank < bad else row for rank, row in enumerate(rows))
        )
        source = system.ingest(on(day), any_volume=(liste_of.FILE,))["sources"]["liste_of"]
        assert (source["state"], source["malformed"], source["rows_read"]) == (state, {"siren": bad}, 200)
    assert source["reason"].startswith("siren: 50 of 200 values (25 %) are malformed")
    assert source["reason"].endswith("2: '1,3E+08', 3: '1,3E+08', 4: '1,3E+08'")
    assert len(system.registry.documents()) == 200
