"""The templates that the rules write their sentences in, and what fills them.

``{a.b}`` is a place: what the names lead to, a day as people write it, a code by its name where it has one
(words.py), the values of a list with their "et". A place is empty when nothing is there, or nothing but empty text.
``[one|other]`` is the first of its parts that has no empty place, or nothing.
``<rows: …>`` is said once for each row of a list, the names leading into the row first.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any, Final

from quiforme.anomalies.words import word

_MOST_VALUES: Final = 3
_MOST_ROWS: Final = 2
_LONGEST_VALUE: Final = 120
_EMPTY: Final = "non renseigné"
_TOKEN: Final = re.compile(
    r"\{(?P<place>[a-z0-9_.]+)\}|<(?P<rows>[a-z_.]+): |(?P<sign>[\[|\]>])|(?P<text>[^{}\[\]|<>]+)"
)

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Place:
    path: str


@dataclass(frozen=True, slots=True)
class _Choice:
    parts: "tuple[_Text, ...]"


@dataclass(frozen=True, slots=True)
class _Rows:
    path: str
    text: "_Text"


_Text = tuple[str | _Place | _Choice | _Rows, ...]


def filled(template: str, values: Values) -> str:
    """The template with its places filled; one that is empty outside of any choice is said to be.

    Args:
        template: Its form is checked here too.
        values: What the names of the places lead to, from the top.

    Raises:
        ValueError: The template is malformed.

    """
    return re.sub(r"\s+", " ", _said(_parsed(template), values, _EMPTY) or "").strip()


@cache
def _parsed(template: str) -> _Text:
    tokens = _tokens(template)
    text, end = _sequence(tokens)
    if end:
        raise ValueError(f"{end} closes nothing in: {template}")
    return text


def _tokens(template: str) -> Iterator[re.Match[str]]:
    position = 0
    while position < len(template):
        found = _TOKEN.match(template, position)
        if found is None:
            raise ValueError(f"not a template from character {position}: {template}")
        position = found.end()
        yield found


def _sequence(tokens: Iterator[re.Match[str]]) -> tuple[_Text, str]:
    """What comes before the next sign that ends a part, and that sign; empty at the end."""
    parts: list[str | _Place | _Choice | _Rows] = []
    for token in tokens:
        if token["place"]:
            parts.append(_Place(token["place"]))
        elif token["rows"]:
            text, end = _sequence(tokens)
            if end != ">":
                raise ValueError(f"<{token['rows']}: is not closed")
            parts.append(_Rows(token["rows"], text))
        elif token["sign"] == "[":
            parts.append(_choice(tokens))
        elif token["sign"]:
            return tuple(parts), token["sign"]
        else:
            parts.append(token["text"])
    return tuple(parts), ""


def _choice(tokens: Iterator[re.Match[str]]) -> _Choice:
    parts: list[_Text] = []
    end = "|"
    while end == "|":
        text, end = _sequence(tokens)
        parts.append(text)
    if end != "]":
        raise ValueError("a [ is not closed")
    return _Choice(tuple(parts))


def _said(text: _Text, values: Values, empty: str | None = None) -> str | None:
    """The text; an empty place is said as `empty`, or makes it None."""
    said: list[str] = []
    for part in text:
        match part:
            case str():
                words: str | None = part
            case _Place(path):
                words = _listed(_words(path, values))
            case _Rows(path, inner):
                rows = (_said(inner, {**values, **row}) for row in _found(path, values) if isinstance(row, dict))
                words = _listed([row for row in rows if row], most=_MOST_ROWS, between=" ; ", last=" ; ")
            case _Choice(parts):
                words = next((one for one in (_said(inner, values) for inner in parts) if one is not None), "")
        words = empty if words is None else words
        if words is None:
            return None
        said.append(words)
    return "".join(said)


def _words(path: str, values: Values) -> list[str]:
    """What a place says, value by value."""
    name = path.rpartition(".")[2]
    words = (word(name, value) for value in _found(path, values) if value not in (None, ""))
    return [f"{text[:_LONGEST_VALUE]}…" if len(text) > _LONGEST_VALUE else text for text in words if text]


def _found(path: str, values: Values) -> list[Any]:
    """What the names lead to: through lists, to each of their values; a number picks one of a list."""
    found: list[Any] = [values]
    for name in path.split("."):
        if name.isdigit():
            found = found[int(name) : int(name) + 1]
        else:
            found = list(_flat(value.get(name) for value in found if isinstance(value, Mapping)))
    return found


def _flat(values: Iterable[Any]) -> Iterator[Any]:
    return chain.from_iterable(_flat(value) if isinstance(value, list) else [value] for value in values)


def _listed(values: list[str], *, most: int = _MOST_VALUES, between: str = ", ", last: str = " et ") -> str | None:
    """« a, b et c », « a, b, c et 4 autres »; each value once; None when there is none."""
    distinct = list(dict.fromkeys(values))
    left = len(distinct) - most
    if left > 0:
        return f"{between.join(distinct[:most])} et {left} autre{'s' if left > 1 else ''}"
    return last.join([*filter(None, [between.join(distinct[:-1])]), *distinct[-1:]]) or None
