"""What is mutated, and the tests that concern it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import pairwise
from unittest.mock import patch

from quiforme import database
from quiforme.anomalies.catalogue import RULES
from quiforme.anomalies.columns import LIGNES_OF
from quiforme.anomalies.rule import Rule
from quiforme_anomalies import Severite

from tools.mutation.sql import mutants

_TRANSITIONS, _PLACES = "tests/unit/test_transitions.py", "tests/unit/test_lieux.py"
_DOCUMENTS = "tests/unit/documents"
_DOCUMENTS_FIRST = {"1_declarations.sql": "test_declarations.py", "2_habilitations.sql": "test_habilitations.py"}


@dataclass(frozen=True)
class Change:
    """One mutant.

    Attributes:
        line: The line that it changes, without its indentation.
        said: What was there and what is there now.
        make: Makes it so, for this whole process.

    """

    line: str
    said: str
    make: Callable[[], None]


@dataclass(frozen=True)
class Subject:
    """A piece of the project.

    Attributes:
        name: Its name in the report.
        tests: What pytest runs for each change, in this order, until one fails.
        changes: The mutants.

    """

    name: str
    tests: tuple[str, ...]
    changes: tuple[Change, ...]


def subjects() -> Iterator[Subject]:
    """Every one."""
    for rule in RULES:
        changes = (*_changes_of_query(rule), *_changes_of_fields(rule))
        yield Subject(f"rules/{rule.code}", _lives(rule.code), changes)
    lives = _lives("nda_malforme", "nda_partage", "siren_incoherent")
    yield Subject("columns.LIGNES_OF", lives, tuple(_changes_of_columns()))
    yield from _facts()
    lives = _lives("perte_habilitation", "uai_invalide", "siret_invalide", "adresse_introuvable", "nda_partage")
    yield _script("quiforme.anomalies", "transitions.sql", (_TRANSITIONS, _PLACES, *lives))
    for name in sorted(file.name for file in files("quiforme.pipeline").iterdir() if file.name[0].isdigit()):
        first = _DOCUMENTS_FIRST.get(name, "test_etablissements.py")
        yield _script("quiforme.pipeline", name, (f"{_DOCUMENTS}/{first}", _DOCUMENTS))


def _line(text: str, at: int) -> str:
    start = text.rfind("\n", 0, at) + 1
    return text[start:].split("\n", 1)[0].strip()


def _changes_of_query(rule: Rule) -> Iterator[Change]:
    """The columns that rules share are changed once, as a subject of their own."""
    shared = rule.sql.find(LIGNES_OF)
    for one in mutants(rule.sql):
        if shared < 0 or one.end <= shared or one.start >= shared + len(LIGNES_OF):
            yield Change(_line(rule.sql, one.start), one.said(rule.sql), _with(rule, "sql", one.of(rule.sql)))


def _changes_of_fields(rule: Rule) -> Iterator[Change]:
    other: Severite = "info" if rule.severite == "mineure" else "mineure"
    values: list[tuple[str, object, object]] = [
        ("severite", rule.severite, other),
        ("compare_avant", rule.compare_avant, not rule.compare_avant),
    ]
    values += [("needs", rule.needs, tuple(need for need in rule.needs if need != one)) for one in rule.needs]
    if rule.duree_jours is not None:
        days = rule.duree_jours
        values += [("duree_jours", days, other_days) for other_days in (days - 1, days + 1, None)]
    for field, was, now in values:
        yield Change(field, f"{was} → {now}", _with(rule, field, now))


def _with(rule: Rule, field: str, value: object) -> Callable[[], None]:
    return lambda: object.__setattr__(rule, field, value)


def _changes_of_columns() -> Iterator[Change]:
    def make(columns: str) -> None:
        for rule in RULES:
            _with(rule, "sql", rule.sql.replace(LIGNES_OF, columns))()

    for one in mutants(LIGNES_OF):
        yield Change(_line(LIGNES_OF, one.start), one.said(LIGNES_OF), partial(make, one.of(LIGNES_OF)))


def _script(package: str, name: str, tests: tuple[str, ...]) -> Subject:
    sql = files(package).joinpath(name).read_text(encoding="utf-8")
    changes = tuple(_changes_of_script(package, name, sql, 0, len(sql)))
    return Subject(f"{package.removeprefix('quiforme.')}/{name}", tests, changes)


def _facts() -> Iterator[Subject]:
    """The facts, one by one, with the tests of the rules that look at each."""
    package, name = "quiforme.anomalies", "faits.sql"
    sql = files(package).joinpath(name).read_text(encoding="utf-8")
    starts = [match.start() for match in re.finditer("^CREATE", sql, re.MULTILINE)]
    facts = {_CREATED.match(sql, at)[1]: (at, to) for at, to in pairwise([*starts, len(sql)])}  # type: ignore[index]
    for fact, (at, to) in facts.items():
        used = {fact}
        for other, (start, end) in facts.items():
            if any(_names(sql[start:end], one) for one in used):
                used.add(other)
        codes = [rule.code for rule in RULES if any(_names(rule.sql, one) for one in used)]
        tests = (*([_PLACES] if "lieux" in used else []), *_lives(*codes))
        if fact == "sirene_utile":  # whoever an anomaly is about
            tests = (*tests, *_lives(*(rule.code for rule in RULES if rule.code not in codes)))
        yield Subject(f"anomalies/{name}: {fact}", tests, tuple(_changes_of_script(package, name, sql, at, to)))


_CREATED = re.compile(r"CREATE OR REPLACE (?:TABLE|VIEW|MACRO) (\w+)")


def _names(sql: str, word: str) -> bool:
    return re.search(rf"\b{word}\b", sql) is not None


def _lives(*codes: str) -> tuple[str, ...]:
    return tuple(f"tests/unit/rules/test_{code}.py" for code in codes)


def _changes_of_script(package: str, name: str, sql: str, start: int, end: int) -> Iterator[Change]:
    for one in mutants(sql):
        if start <= one.start < end:
            yield Change(_line(sql, one.start), one.said(sql), partial(_lay_script, package, name, one.of(sql)))


def _lay_script(package: str, name: str, sql: str) -> None:
    """Have `run_script` find this text under that name."""

    def files_of(anchor: str) -> Traversable | _Folder:
        return _Folder(files(anchor), name, sql) if anchor == package else files(anchor)

    patch.object(database, "files", files_of).start()


@dataclass(frozen=True)
class _Folder:
    """A package's folder, one of its files with another text."""

    folder: Traversable
    name: str
    text: str

    def joinpath(self, name: str) -> "Traversable | _Folder":
        return self if name == self.name else self.folder.joinpath(name)

    def read_text(self, encoding: str) -> str:
        return self.text
