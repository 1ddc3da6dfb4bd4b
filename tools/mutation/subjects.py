"""What is mutated, and the tests that must notice."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from importlib.resources.abc import Traversable
from unittest.mock import patch

from quiforme import database
from quiforme.anomalies.catalogue import RULES
from quiforme.anomalies.columns import LIST_EVIDENCE
from quiforme.anomalies.evaluation import FACTS
from quiforme.anomalies.rule import Rule
from quiforme_anomalies import Severite

from tools.mutation.sql import Mutant, Statement, mutants, normalised, statements, tokens

_PACKAGE = "layers/quiforme/python/quiforme"
_TRANSITIONS, _LOCATIONS = "tests/unit/test_transitions.py", "tests/unit/test_locations.py"
_DOCUMENTS = "tests/unit/documents"
_DOCUMENTS_FIRST = {
    "1_declarations.sql": "test_declarations.py",
    "2_habilitations.sql": "test_habilitations.py",
    "5_documents.sql": "test_identities.py",
}
_MUTATED_FIELDS = ("severite", "needs", "sql", "max_age_days", "compares_with_previous")


@dataclass(frozen=True)
class Change:
    """One mutant.

    Attributes:
        relation: The relation whose statement it changes; of a rule `sql`, or the changed field.
        description: What was there and what is there now.
        tokens: The tokens of the statement.
        at: The index of the first changed token.
        make: Applies it to this process, irreversibly.

    """

    relation: str
    description: str
    tokens: tuple[str, ...]
    at: int
    make: Callable[[], None]

    @property
    def near(self) -> str:
        """The tokens around it."""
        return normalised(" ".join(self.tokens[max(0, self.at - 6) : self.at + 7]))


@dataclass(frozen=True)
class Subject:
    """A piece of SQL that is tested on its own.

    Attributes:
        name: Its name in the report.
        tests: The arguments of pytest for each mutant.
        changes: The mutants.
        path: The file that it is in, from the root of the project.
        text_in: Its text in a version of that file, without comments and layout; None where it is absent.

    """

    name: str
    tests: tuple[str, ...]
    changes: tuple[Change, ...]
    path: str
    text_in: Callable[[str], str | None]


def subjects() -> Iterator[Subject]:
    """Every subject."""
    for rule in RULES:
        changes = (*_changes_of_query(rule), *_changes_of_fields(rule))
        path = f"{_PACKAGE}/anomalies/rules/{rule.code}.py"
        yield Subject(f"rules/{rule.code}", _tests_of_rules(rule.code), changes, path, rule_text)
    tests = _tests_of_rules("nda_malforme", "nda_partage", "siren_incoherent")
    columns = f"{_PACKAGE}/anomalies/columns.py"
    yield Subject("columns.LIST_EVIDENCE", tests, tuple(_changes_of_columns()), columns, columns_text)
    yield from _facts()
    tests = _tests_of_rules(
        "perte_habilitation", "uai_invalide", "siret_invalide", "adresse_introuvable", "nda_partage"
    )
    yield _script("anomalies/transitions.sql", (_TRANSITIONS, _LOCATIONS, *tests))
    folder = files("quiforme").joinpath("pipeline/documents")
    for name in sorted(file.name for file in folder.iterdir() if file.name[0].isdigit()):
        first = _DOCUMENTS_FIRST.get(name, "test_etablissements.py")
        yield _script(f"pipeline/documents/{name}", (f"{_DOCUMENTS}/{first}", _DOCUMENTS))


def rule_text(module: str) -> str | None:
    """The fields of a rule that are mutated, in the text of its module."""
    for node in ast.walk(ast.parse(module)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Rule":
            fields = {one.arg: one.value for one in node.keywords if one.arg in _MUTATED_FIELDS}
            return "\n".join(
                f"{name}: {normalised(_string(fields[name])) if name == 'sql' else ast.unparse(fields[name])}"
                for name in sorted(fields)
            )
    return None


def columns_text(module: str) -> str | None:
    """The SQL of LIST_EVIDENCE, in the text of its module."""
    for node in ast.parse(module).body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "LIST_EVIDENCE" and node.value:
            return normalised(_string(node.value))
    return None


def _string(node: ast.expr) -> str:
    """A string literal; an f-string with its expressions in braces."""
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else ast.unparse(part).strip("f'\"")
            for part in node.values
        )
    return str(ast.literal_eval(node))


def _changes_of_query(rule: Rule) -> Iterator[Change]:
    """The mutants of a rule's query, but for the columns that rules share, which are a subject of their own."""
    shared = rule.sql.find(LIST_EVIDENCE)
    for one in mutants(rule.sql):
        if shared < 0 or one.end <= shared or one.start >= shared + len(LIST_EVIDENCE):
            yield _change("sql", rule.sql, one, _with(rule, "sql", one.of(rule.sql)))


def _changes_of_fields(rule: Rule) -> Iterator[Change]:
    other: Severite = "info" if rule.severite == "mineure" else "mineure"
    values: list[tuple[str, object, object]] = [
        ("severite", rule.severite, other),
        ("compares_with_previous", rule.compares_with_previous, not rule.compares_with_previous),
    ]
    values += [("needs", rule.needs, tuple(need for need in rule.needs if need != one)) for one in rule.needs]
    if rule.max_age_days is not None:
        days = rule.max_age_days
        values += [("max_age_days", days, other_days) for other_days in (days - 1, days + 1, None)]
    for field, was, now in values:
        yield Change(field, f"{was} → {now}", (), 0, _with(rule, field, now))


def _with(rule: Rule, field: str, value: object) -> Callable[[], None]:
    return lambda: object.__setattr__(rule, field, value)


def _changes_of_columns() -> Iterator[Change]:
    def make(columns: str) -> None:
        for rule in RULES:
            _with(rule, "sql", rule.sql.replace(LIST_EVIDENCE, columns))()

    for one in mutants(LIST_EVIDENCE):
        yield _change("sql", LIST_EVIDENCE, one, partial(make, one.of(LIST_EVIDENCE)))


def _facts() -> Iterator[Subject]:
    """The facts, one by one, with the tests of the rules that read each, directly or through another fact."""
    facts = {
        one.relation: (path, sql, one)
        for path in FACTS
        for sql in [_read(path)]
        for one in statements(sql)
        if sql.startswith("CREATE", one.start)
    }
    for fact, (path, sql, statement) in facts.items():
        used = {fact}
        for other, (_, other_sql, one) in facts.items():
            if any(_names(other_sql[one.start : one.end], name) for name in used):
                used.add(other)
        codes = [rule.code for rule in RULES if any(_names(rule.sql, name) for name in used)]
        tests = (*([_LOCATIONS] if "locations" in used else []), *_tests_of_rules(*codes))
        if fact == "named_establishments":  # any anomaly may name one
            tests = (*tests, *_tests_of_rules(*(rule.code for rule in RULES if rule.code not in codes)))
        if path.startswith("pipeline/"):  # the documents are made from it too
            tests = (*tests, _DOCUMENTS)
        yield Subject(
            f"{path}: {fact}",
            tests,
            tuple(_changes_of_statement(path, sql, statement)),
            f"{_PACKAGE}/{path}",
            partial(_statement_text, fact),
        )


def _statement_text(relation: str, script: str) -> str | None:
    texts = [script[one.start : one.end] for one in statements(script) if one.relation == relation]
    return normalised(texts[0]) if texts else None


def _names(sql: str, word: str) -> bool:
    return re.search(rf"\b{word}\b", sql) is not None


def _tests_of_rules(*codes: str) -> tuple[str, ...]:
    return tuple(f"tests/unit/rules/test_{code}.py" for code in codes)


def _script(path: str, tests: tuple[str, ...]) -> Subject:
    sql = _read(path)
    changes = tuple(change for one in statements(sql) for change in _changes_of_statement(path, sql, one))
    return Subject(path, tests, changes, f"{_PACKAGE}/{path}", normalised)


def _changes_of_statement(path: str, sql: str, statement: Statement) -> Iterator[Change]:
    text = sql[statement.start : statement.end]
    for one in mutants(text):
        script = sql[: statement.start] + one.of(text) + sql[statement.end :]
        yield _change(statement.relation, text, one, partial(_replace_script, path, script))


def _change(relation: str, sql: str, mutant: Mutant, make: Callable[[], None]) -> Change:
    all_tokens = tokens(sql)
    at = next(
        number
        for number, token in enumerate(all_tokens)
        if (token.end >= mutant.start if mutant.start == mutant.end else token.end > mutant.start)
    )
    return Change(relation, mutant.description(sql), tuple(token.text for token in all_tokens), at, make)


def _read(path: str) -> str:
    return files("quiforme").joinpath(path).read_text(encoding="utf-8")


def _replace_script(path: str, sql: str) -> None:
    """Make `run_script` read this text instead of that script."""

    def files_of(anchor: str) -> Traversable | _Package:
        return _Package(files(anchor), path, sql)

    patch.object(database, "files", files_of).start()


@dataclass(frozen=True)
class _Package:
    """A package, one of its files with another text."""

    folder: Traversable
    path: str
    text: str

    def joinpath(self, path: str) -> "Traversable | _Package":
        return self if path == self.path else self.folder.joinpath(path)

    def read_text(self, encoding: str) -> str:
        return self.text
