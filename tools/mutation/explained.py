"""The mutants that may survive, and why (explained.toml)."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.mutation.sql import NOTHING, normalised, tokens
from tools.mutation.subjects import Change

EXPLAINED = Path(__file__).with_name("explained.toml")


@dataclass(frozen=True)
class Explanation:
    """Why some mutants may survive.

    The layout of the SQL does not matter: texts are compared token by token, comments aside.

    Attributes:
        of: The name of the subject.
        relation: The relation whose statement is changed; None for any statement of the subject.
        was: What was there.
        now: What is there now.
        abridged: Whether `was` is only the beginning of what was there.
        near: Consecutive tokens of the statement that include the first changed one; None for any place.
        mutants: The number of mutants that all of this describes.
        why: The reason.

    """

    of: str
    relation: str | None
    was: str
    now: str
    abridged: bool
    near: tuple[str, ...] | None
    mutants: int
    why: str

    def covers(self, subject: str, change: Change) -> bool:
        """Whether it describes this mutant."""
        was, now = change.description.split(" → ")
        return (
            (self.of, self.now) == (subject, now)
            and (was.startswith(self.was) if self.abridged else was == self.was)
            and self.relation in (None, change.relation)
            and (self.near is None or _around(self.near, change))
        )


def explanations() -> Iterator[Explanation]:
    """Every explanation."""
    for entry in tomllib.loads(EXPLAINED.read_text(encoding="utf-8"))["survivor"]:
        was, now = entry["change"].split(" → ")
        beginning = was.removesuffix(" …")
        yield Explanation(
            of=entry["of"],
            relation=entry.get("in"),
            was=_normalised(beginning),
            now=_normalised(now),
            abridged=beginning != was,
            near=tuple(token.text for token in tokens(entry["near"])) if "near" in entry else None,
            mutants=entry.get("mutants", 1),
            why=entry["why"],
        )


def _normalised(text: str) -> str:
    return text if text == NOTHING else normalised(text)


def _around(near: tuple[str, ...], change: Change) -> bool:
    starts = range(max(0, change.at - len(near) + 1), change.at + 1)
    return any(change.tokens[start : start + len(near)] == near for start in starts)
