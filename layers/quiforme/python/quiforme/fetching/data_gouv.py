"""Finds a source's newest file among the resources of a data.gouv.fr dataset, with the platform's API."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import Literal
from urllib.parse import unquote, urlencode, urlsplit

from pydantic import BaseModel, ValidationError

from quiforme.clock import paris_day
from quiforme.fetching.http import Http
from quiforme.snapshot.ports import Unfetchable
from quiforme.sources.catalogue import Source

_DATASET = re.compile(r"(?P<site>https?://[^/]+)/api/[12]/datasets/(?P<id>(?!r/)[^/?#]+)/?")
_PAGE_SIZE = 100
_PAGES = 20
_PAGE_BYTES = 20_000_000
_FIELDS = "data{title,url,format,filetype,checksum,last_modified},next_page"
"""The X-Fields header: it leaves out the other fields, nine tenths of a resource."""
_MONTHS = 12


class Checksum(BaseModel):
    """What the platform computed when the file was uploaded."""

    type: str
    value: str


class Resource(BaseModel):
    """One file of a dataset, in the API's terms."""

    title: str
    url: str
    format: str | None = None
    filetype: Literal["file", "remote"] | None = None
    checksum: Checksum | None = None
    last_modified: datetime | None = None


class _Page(BaseModel):
    data: list[Resource]
    next_page: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """A source's newest file.

    Attributes:
        resource: The resource.
        file: The file's name.

    """

    resource: Resource
    file: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset of data.gouv.fr, or of a platform with the same software.

    Attributes:
        site: Such as ``https://www.data.gouv.fr``.
        id: Its identifier or its slug.

    """

    site: str
    id: str

    @classmethod
    def at(cls, address: str) -> "Dataset | None":
        """The dataset of an address ``…/api/1/datasets/<id>/``; None for any other address."""
        match = _DATASET.fullmatch(address)
        return cls(match["site"], match["id"]) if match else None

    def newest(self, http: Http, source: Source) -> Found:
        """The newest file of a source.

        Files with their day in their name accumulate by the thousand: their titles are searched month by month, from
        this month back. Days in the future are ignored: such a mistake of the producer would hide all later files.
        Among files without a day, the last modified one with the source's file name is taken; when none has it, the
        only one in the source's format.

        Args:
            http: The client.
            source: The source, whose file names are matched against titles and ends of addresses.

        Raises:
            Unfetchable: No such file, or several that cannot be told apart.

        """
        if "day" not in source.file_name.groupindex:
            return self._undated(http, source)
        last = paris_day(http.now())
        for month in _months(last):
            found = [
                (day, found)
                for resource in self._resources(http, month)
                if (found := _named(resource, source)) and (day := source.day_in_name(found.file)) and day <= last
            ]
            if found:
                return max(found, key=lambda dated: (dated[0], _modified(dated[1].resource)))[1]
        raise Unfetchable(
            "fetch_failed",
            detail=f"the dataset {self.id} holds no file of the last {_MONTHS} months named for this source",
        )

    def _undated(self, http: Http, source: Source) -> Found:
        resources = list(self._resources(http))
        named = [found for resource in resources if (found := _named(resource, source))]
        if named:
            return max(named, key=lambda found: _modified(found.resource))
        alike = [resource for resource in resources if (resource.format or "").lower() == source.format]
        if len(alike) != 1:
            raise Unfetchable(
                "fetch_failed",
                detail=f"the dataset {self.id} holds no file named for this source, "
                f"and {len(alike)} of its {len(resources)} resources are {source.format}, one is expected",
            )
        return Found(alike[0], last_segment(alike[0].url) or alike[0].title)

    def _resources(self, http: Http, title: str | None = None) -> Iterator[Resource]:
        """The resources, in no particular order; with `title`, those whose titles contain it."""
        for page in range(1, _PAGES + 1):
            query = {"page": str(page), "page_size": str(_PAGE_SIZE)} | ({"q": title} if title else {})
            address = f"{self.site}/api/2/datasets/{self.id}/resources/?{urlencode(query)}"
            answer = http.get(address, headers={"X-Fields": _FIELDS}, limit_bytes=_PAGE_BYTES)
            if answer.status != 200:
                raise Unfetchable(
                    "fetch_failed", detail=f"the dataset {self.id} cannot be listed: the API answers {answer.status}"
                )
            try:
                listed = _Page.model_validate_json(answer.body)
            except ValidationError as error:
                raise Unfetchable(
                    "fetch_failed", detail=f"the dataset {self.id} cannot be listed: not the API's JSON"
                ) from error
            yield from listed.data
            if not listed.next_page:
                return
        raise Unfetchable(
            "fetch_failed",
            detail=f"the dataset {self.id} holds more than {_PAGES * _PAGE_SIZE} resources to choose from",
        )


def last_segment(address: str) -> str:
    """The last segment of an address' path, often a file name."""
    return unquote(PurePosixPath(urlsplit(address).path).name)


def _named(resource: Resource, source: Source) -> Found | None:
    """The resource, if its title or the end of its address is one of the source's file names."""
    names = (resource.title.strip(), last_segment(resource.url))
    return next((Found(resource, name) for name in names if source.matches(name)), None)


def _modified(resource: Resource) -> float:
    return resource.last_modified.timestamp() if resource.last_modified else 0.0


def _months(last: date) -> Iterator[str]:
    """The months up to that of a day, as ``2026-08``, newest first."""
    for back in range(_MONTHS + 1):
        years, month = divmod(last.year * 12 + last.month - 1 - back, 12)
        yield f"{years:04}-{month + 1:02}"
