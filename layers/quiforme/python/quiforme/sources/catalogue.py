"""The closed list of sources: how each one's file is named in a drop, what it fills, how it is read."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from quiforme.sources import (
    annuaire_education,
    france_competences,
    liste_of,
    referentiel_onisep,
    sirene,
)
from quiforme.sources.reading import Previous, ReadResult

Read = Callable[[duckdb.DuckDBPyConnection, Path, Previous], ReadResult]
"""Reads a file into an empty database, which it may spoil."""


@dataclass(frozen=True, slots=True)
class Source:
    """One producer's file.

    Attributes:
        name: Its name everywhere: summaries, anomalies, storage.
        file_name: Matches the producer's own file names, with a group `day` where they hold one.
        tables: The tables that reading it makes.
        read: The reader.

    """

    name: str
    file_name: re.Pattern[str]
    tables: tuple[str, ...]
    read: Read

    def matches(self, file_name: str) -> bool:
        """Whether a file of that name is this source's; a day in it has to be one of the calendar."""
        match = self.file_name.fullmatch(file_name)
        return match is not None and ("day" not in match.groupdict() or _day(match) is not None)

    def day_in_name(self, file_name: str) -> date | None:
        """The day that a file's name carries."""
        match = self.file_name.fullmatch(file_name)
        return _day(match) if match else None


def kept(table: str, file: str) -> str:
    """The SQL of a table that a source fills, given that of the file that keeps it."""
    return sirene.kept_stock(file) if table in sirene.STOCK_TABLES else file


def _day(match: re.Match[str]) -> date | None:
    try:
        return date.fromisoformat(match.groupdict()["day"])
    except (KeyError, ValueError):
        return None


def _fiches(register: str) -> Source:
    name = rf"export[-_]fiches[-_]{register}[-_]v4[-_]1[-_](?P<day>\d{{4}}-\d{{2}}-\d{{2}})\.(zip|xml)"
    return Source(
        register,
        re.compile(name, re.IGNORECASE),
        france_competences.tables(register),
        lambda database, path, _: france_competences.read(database, path, register),
    )


def _plain(
    name: str,
    file_name: str,
    tables: tuple[str, ...],
    read: Callable[[duckdb.DuckDBPyConnection, Path], ReadResult],
) -> Source:
    return Source(name, re.compile(file_name), tables, lambda database, path, _: read(database, path))


STOCK = _plain("sirene", r"StockEtablissement_utf8\.(parquet|zip)", sirene.STOCK_TABLES, sirene.read_stock)

SOURCES = (
    Source(
        "liste_of",
        re.compile(r"listePubliqueOF\.csv"),
        liste_of.TABLES,
        liste_of.read,
    ),
    _fiches("rncp"),
    _fiches("rs"),
    STOCK,
    _plain(
        "sirene_succession",
        r"StockEtablissementLiensSuccession_utf8\.(parquet|zip)",
        sirene.SUCCESSION_TABLES,
        sirene.read_succession,
    ),
    _plain(
        "annuaire_education",
        r"fr-en-annuaire-education\.csv",
        annuaire_education.TABLES,
        annuaire_education.read,
    ),
    _plain(
        "referentiel_onisep",
        r"referentiel-organismes\.json",
        referentiel_onisep.TABLES,
        referentiel_onisep.read,
    ),
)
