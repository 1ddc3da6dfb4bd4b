"""SQL, cut into tokens by DuckDB, and the small changes that a mutant makes to it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import duckdb

NOTHING = "nothing"
"""What a description says where there is no text."""
_OPENING, _CLOSING = "([{", ")]}"
_CLAUSES = ("WHERE", "GROUP", "HAVING", "QUALIFY", "ORDER", "UNION", "LIMIT", "WINDOW")
_BEFORE_JOIN = ("LEFT", "SEMI", "ANTI", "JOIN")


@dataclass(frozen=True)
class Token:
    """A token of a text.

    Attributes:
        text: The token, keywords in capitals.
        start: The position of its first character.
        end: The position after its last character.
        kind: DuckDB's name of its kind.
        depth: The number of parentheses, brackets and braces around it.

    """

    text: str
    start: int
    end: int
    kind: str
    depth: int


@dataclass(frozen=True)
class Mutant:
    """One small change: `text` replaces the characters from `start` to `end`."""

    start: int
    end: int
    text: str

    def of(self, sql: str) -> str:
        """The changed SQL."""
        return sql[: self.start] + self.text + sql[self.end :]

    def description(self, sql: str) -> str:
        """What was there and what is there now, without comments and line breaks."""
        was, now = (normalised(text) or NOTHING for text in (sql[self.start : self.end], self.text))
        return f"{was} → {now}"


@dataclass(frozen=True)
class Statement:
    """A statement of a script.

    Attributes:
        relation: The name that it creates or changes.
        start: The position of its first character.
        end: The position after its last character, before the semicolon.

    """

    relation: str
    start: int
    end: int


_RELATION = re.compile(
    r"(?:CREATE (?:OR REPLACE )?(?:TABLE|VIEW|MACRO|UNIQUE INDEX)|DROP TABLE) (\w+)|(INSERT INTO \w+)"
)


def statements(sql: str) -> list[Statement]:
    """The statements of a script, in order."""
    found: list[Statement] = []
    parts: list[Token] = []
    for token in [*tokens(sql), Token(";", len(sql), len(sql), "operator", 0)]:
        if token.text != ";":
            parts.append(token)
        elif parts:
            text = sql[parts[0].start : parts[-1].end]
            name = _RELATION.match(text)
            if not name:
                raise ValueError(f"a statement without a name: {text[:60]}")
            found.append(Statement(name[1] or name[2], parts[0].start, parts[-1].end))
            parts = []
    return found


_TIGHT = re.compile(r"(?<=[(\[{.:]) | (?=[)\]},;.:])")


def normalised(sql: str) -> str:
    """The text on one line, without comments, its tokens separated alike: equal for texts that differ in layout only."""
    return _TIGHT.sub("", " ".join(token.text for token in tokens(sql)))


def tokens(sql: str) -> list[Token]:
    """The tokens of a text, without its comments."""
    raw = sql.encode()
    cut = [*duckdb.tokenize(sql), (len(raw), duckdb.token_type.comment)]
    found: list[Token] = []
    depth = 0
    for (start, kind), (end, _) in pairwise(cut):
        text = raw[start:end].decode().rstrip()
        if kind == duckdb.token_type.comment:
            continue
        depth -= text in _CLOSING
        first = len(raw[:start].decode())
        word = text.upper() if kind == duckdb.token_type.keyword else text
        found.append(Token(word, first, first + len(text), kind.name, depth))
        depth += text in _OPENING
    return found


def mutants(sql: str) -> list[Mutant]:
    """Every mutant of a statement, in the order of the text, without duplicates."""
    found = dict.fromkeys(_changes(sql, tokens(sql)))
    return sorted((one for one in found if one.of(sql) != sql), key=lambda one: (one.start, one.end, one.text))


_SWAPPED = {
    "=": ("<>",),
    "<>": ("=",),
    "<": ("<=", ">"),
    "<=": ("<",),
    ">": (">=", "<"),
    ">=": (">",),
    "+": ("-",),
    "-": ("+",),
    "//": ("*",),
    "AND": ("OR",),
    "OR": ("AND",),
    "ANTI": ("SEMI",),
    "SEMI": ("ANTI",),
    "TRUE": ("false",),
    "FALSE": ("true",),
    "ASC": ("DESC",),
    "DESC": ("ASC",),
    "LAST": ("FIRST",),
    "LEFT": ("",),
    "DISTINCT": ("",),
    "NOT": ("",),
    "IN": ("NOT IN",),
    "min": ("max",),
    "max": ("min",),
    "bool_or": ("bool_and",),
    "first": ("last",),
    "list_distinct": ("",),
}


def _changes(sql: str, all_tokens: list[Token]) -> Iterator[Mutant]:
    for at, token in enumerate(all_tokens):
        before = all_tokens[at - 1] if at else None
        after = all_tokens[at + 1 : at + 4]
        if not _of_a_code_list(all_tokens, at):
            yield from _one_token(token, before, after)
        if token.kind == "keyword":
            yield from _whole_clause(all_tokens, at)
    yield from _list_elements(all_tokens)


def _of_a_code_list(all_tokens: list[Token], at: int) -> bool:
    """Whether a token is a string in a list of strings, but not the first: a test compares the whole list, or none does."""
    if at < 2 or all_tokens[at].kind != "string_const" or all_tokens[at - 2].kind != "string_const":
        return False
    opening = next((one.text for one in reversed(all_tokens[:at]) if one.depth < all_tokens[at].depth), "")
    return all_tokens[at - 1].text == "," and opening == "["


def _one_token(token: Token, before: Token | None, after: list[Token]) -> Iterator[Mutant]:
    previous, following = before.text if before else "", after[0].text if after else ""
    if token.kind == "numeric_const" and token.text[0].isdigit():
        for near in _near(token.text):
            yield Mutant(token.start, token.end, near)
    elif token.kind == "string_const":
        yield Mutant(token.start, token.end, token.text[:-1] + "~'")
    elif token.text == "IS":
        last = after[0] if following == "NOT" else token
        yield Mutant(token.start, last.end, "IS" if following == "NOT" else "IS NOT")
    elif token.text == "NULLS" and following in ("FIRST", "LAST"):
        yield Mutant(token.start, after[0].end, "NULLS LAST" if following == "FIRST" else "NULLS FIRST")
    elif token.text == "UNION":
        is_all = following == "ALL"
        yield Mutant(token.start, after[0].end if is_all else token.end, "UNION" if is_all else "UNION ALL")
    elif token.text == "JOIN" and previous not in _BEFORE_JOIN:
        yield Mutant(token.start, token.end, "LEFT JOIN")
    elif not _another_sense(token, previous, following):
        for text in _SWAPPED.get(token.text, ()):
            yield Mutant(token.start, token.end, text)


def _another_sense(token: Token, previous: str, following: str) -> bool:
    """Whether a token has another meaning here than the one that `_SWAPPED` changes."""
    return (
        (token.text == "LEFT" and following != "JOIN")
        or (token.text in ("DISTINCT", "NOT") and previous in ("IS", "NOT"))
        or (token.text == "IN" and previous == "NOT")
        or (token.text in ("LAST", "FIRST") and previous == "NULLS")
        or (token.text in ("min", "max", "bool_or", "first", "list_distinct") and following != "(")
    )


def _near(number: str) -> tuple[str, ...]:
    if "." in number:
        return f"{float(number) + 0.1:g}", f"{float(number) - 0.1:g}"
    return str(int(number) + 1), str(int(number) - 1)


def _whole_clause(all_tokens: list[Token], at: int) -> Iterator[Mutant]:
    """Leave out a condition, an order, a partition, a filter, a filtering join or a branch of a union."""
    token = all_tokens[at]
    end = _clause_end(all_tokens, at)
    if token.text in ("WHERE", "HAVING", "QUALIFY"):
        yield Mutant(token.start, all_tokens[end].end, "")
        yield from _conjuncts(all_tokens, at + 1, end)
    elif token.text == "ORDER":
        yield Mutant(token.start, all_tokens[end].end, "")
        yield from _reversed(all_tokens, at + 2, end)
    elif token.text in ("PARTITION", "GROUP"):
        yield Mutant(token.start, all_tokens[end].end, "")
    elif token.text == "FILTER":
        close = _closing(all_tokens, at + 1)
        yield Mutant(token.start, all_tokens[close].end, "")
        yield from _conjuncts(all_tokens, at + 2, close - 1)
    elif token.text == "ON":
        yield from _conjuncts(all_tokens, at + 1, end)
    elif token.text in ("ANTI", "SEMI"):
        yield Mutant(token.start, all_tokens[end].end, "")
    elif token.text == "UNION":
        yield from _branches(all_tokens, at)
    elif token.text == "WHEN":
        yield from _conjuncts(all_tokens, at + 1, _until(all_tokens, at, ("THEN",)))


def _clause_end(all_tokens: list[Token], at: int) -> int:
    """The index of the last token of the clause that starts at `at`."""
    depth = all_tokens[at].depth
    ends: tuple[str, ...] = _CLAUSES
    if all_tokens[at].text == "PARTITION":
        ends = ("ORDER",)
    elif all_tokens[at].text in ("ON", "ANTI", "SEMI"):
        ends = (*_CLAUSES, *_BEFORE_JOIN)
    skip = 2 if all_tokens[at].text in ("ANTI", "SEMI", "ORDER", "GROUP", "PARTITION") else 1
    return _until(all_tokens, at, ends, skip=skip, depth=depth)


def _until(all_tokens: list[Token], at: int, ends: tuple[str, ...], *, skip: int = 1, depth: int | None = None) -> int:
    depth = all_tokens[at].depth if depth is None else depth
    for here in range(at + skip, len(all_tokens)):
        token = all_tokens[here]
        over = token.depth < depth or (token.depth == depth and (token.text in (*ends, ";")))
        if over or (token.text in _CLOSING and token.depth < depth):
            return here - 1
        if token.text in _CLOSING and token.depth == depth - 1:
            return here - 1
    return len(all_tokens) - 1


def _closing(all_tokens: list[Token], opening: int) -> int:
    depth = all_tokens[opening].depth
    return next(
        here
        for here in range(opening + 1, len(all_tokens))
        if all_tokens[here].depth == depth and all_tokens[here].text in _CLOSING
    )


def _conjuncts(all_tokens: list[Token], first: int, last: int) -> Iterator[Mutant]:
    """Leave out one operand of AND or OR."""
    depth = all_tokens[first].depth
    if all_tokens[first].text in _OPENING:
        depth = all_tokens[first].depth
    cuts, between = [], False
    for here in range(first, last + 1):
        token = all_tokens[here]
        if token.depth != depth:
            continue
        between = between or token.text == "BETWEEN"
        if token.text in ("AND", "OR"):
            if between:
                between = False
            else:
                cuts.append(here)
    edges = [first - 1, *cuts, last + 1]
    if len(edges) < 3:
        return
    for left, right in pairwise(edges):
        if left == first - 1:
            yield Mutant(all_tokens[left + 1].start, all_tokens[right].end, "")
        else:
            yield Mutant(all_tokens[left].start, all_tokens[right - 1].end, "")


def _reversed(all_tokens: list[Token], first: int, last: int) -> Iterator[Mutant]:
    """Leave out a key of an order, or reverse it."""
    depth = all_tokens[first].depth if all_tokens[first].text not in _CLOSING else all_tokens[first].depth + 1
    keys: list[tuple[int, int]] = []
    start = first
    for here in range(first, last + 1):
        if all_tokens[here].text == "," and all_tokens[here].depth == depth:
            keys.append((start, here - 1))
            start = here + 1
    keys.append((start, last))
    for number, (begin, end) in enumerate(keys):
        words = {all_tokens[here].text for here in range(begin, end + 1) if all_tokens[here].depth == depth}
        if not words & {"ASC", "DESC"}:
            nulls = next((here for here in range(begin, end + 1) if all_tokens[here].text == "NULLS"), end + 1)
            where = all_tokens[nulls - 1].end
            yield Mutant(where, where, " DESC")
        if len(keys) > 1:
            if number:
                yield Mutant(all_tokens[begin - 1].start, all_tokens[end].end, "")
            else:
                yield Mutant(all_tokens[begin].start, all_tokens[end + 1].end, "")


def _branches(all_tokens: list[Token], at: int) -> Iterator[Mutant]:
    """One side of a union left out."""
    depth = all_tokens[at].depth
    right = at + 1
    while all_tokens[right].text in ("ALL", "BY", "NAME"):
        right += 1
    end = _until(all_tokens, at, ("UNION", "ORDER"), depth=depth)
    yield Mutant(all_tokens[at].start, all_tokens[end].end, "")
    start, here = None, at - 1
    while here >= 0 and all_tokens[here].depth >= depth and all_tokens[here].text not in ("UNION", ";"):
        if all_tokens[here].depth == depth and all_tokens[here].text in ("SELECT", "FROM"):
            start = here
        here -= 1
    if start is not None:
        yield Mutant(all_tokens[start].start, all_tokens[right - 1].end, "")


def _list_elements(all_tokens: list[Token]) -> Iterator[Mutant]:
    """Leave out a field of a structure, a column of USING, or an argument of coalesce or concat."""
    for at, token in enumerate(all_tokens):
        named = at and all_tokens[at - 1].text.upper() in ("USING", "COALESCE", "CONCAT")
        if token.text == "{" or (token.text == "(" and named):
            close = _closing(all_tokens, at)
            inner = token.depth + 1
            commas = [
                here
                for here in range(at + 1, close)
                if all_tokens[here].text == "," and all_tokens[here].depth == inner
            ]
            if not commas:
                continue
            edges = [at, *commas, close]
            for number, (left, right) in enumerate(pairwise(edges)):
                if number:
                    yield Mutant(all_tokens[left].start, all_tokens[right - 1].end, "")
                else:
                    yield Mutant(all_tokens[left + 1].start, all_tokens[right].end, "")
