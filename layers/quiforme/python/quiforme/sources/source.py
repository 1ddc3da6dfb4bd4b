"""What is known of one source."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final
from urllib.parse import quote

import duckdb

from quiforme.sources.reading import Previous, ReadResult

DATA_GOUV_API: Final = "https://www.data.gouv.fr/api/1/datasets"

Subject = Mapping[str, str | None]
"""What an anomaly is about: siret, siren, nda, code_fiche, uai and source; each None when unknown."""

Read = Callable[[duckdb.DuckDBPyConnection, Path, Previous], ReadResult]
"""Reads a file into tables of a database that is the reader's own: when the file is refused, it is thrown away."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file of one producer.

    Attributes:
        name: Its name everywhere: summaries, anomalies, storage keys, template parameters.
        label: The same in French, for the sentences that agents read.
        file_name: Matches the producer's own file names, with a group `day` where they contain one.
        tables: The tables that the reader makes.
        on_demand: Those that it makes besides and that no run loads: a run opens their file only for rows that the
            previous one did not keep.
        read: The reader.
        address: Where the producer publishes the file; the template's parameter has it as its default. It is one of
            three: the file; an address that redirects to it (``/datasets/r/<resource>``: data.gouv.fr keeps the id when
            the file is replaced); a dataset (``/api/1/datasets/<dataset>/``) whose newest file is looked for. Each
            was read in public code that uses it, up to August 2026; none was tried.
        largest_bytes: The most that a download may weigh, several times the real file: it protects the disk.
        format: What data.gouv.fr calls the file's format, to find it in a dataset where no resource has its name.
        stale_after_days: The age of the data in use, in days, beyond which `source_perimee` opens.
        dataset_page: The public page of the dataset, for people.
        reader: The version of the reader: raised whenever the tables that it makes of the same file change. What an
            earlier version of it has stored is read again from the producer's file.
        record_page: The public page of the record that an anomaly is about; None when there is none. Each pattern was
            checked against pages that link to such records.

    """

    name: str
    label: str
    file_name: re.Pattern[str]
    tables: tuple[str, ...]
    read: Read
    address: str
    largest_bytes: int
    format: str
    stale_after_days: int
    dataset_page: str
    record_page: Callable[[Subject], str | None]
    reader: int = 1
    on_demand: tuple[str, ...] = ()

    def matches(self, file_name: str) -> bool:
        """Whether the producer names this source's files so; a day in the name must exist in the calendar."""
        match = self.file_name.fullmatch(file_name)
        return match is not None and ("day" not in match.groupdict() or _day(match) is not None)

    def day_in_name(self, file_name: str) -> date | None:
        """The day in a file name, if there is one."""
        match = self.file_name.fullmatch(file_name)
        return _day(match) if match else None


def search_page(page: str, value: str | None) -> str | None:
    """A dataset's search page for a value: for producers whose records have no page of their own."""
    return f"{page}?q={quote(value, safe='')}" if value else None


def _day(match: re.Match[str]) -> date | None:
    try:
        return date.fromisoformat(match.groupdict()["day"])
    except (KeyError, ValueError):
        return None
