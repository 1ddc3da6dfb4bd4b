"""A producer's address as an origin: the newest file behind it, fetched when it is not the one known."""

import hashlib
from collections.abc import Mapping
from datetime import date
from email.message import Message
from pathlib import Path, PurePosixPath, PureWindowsPath

from quiforme.clock import paris_day
from quiforme.fetching.addresses import PRODUCERS
from quiforme.fetching.connections import checked
from quiforme.fetching.data_gouv import Dataset, Found, last_segment
from quiforme.fetching.http import Download, Http, as_date
from quiforme.snapshot.ports import Offer, Unfetchable, Version
from quiforme.sources.catalogue import Source

_LONGEST_NAME = 200


class HttpOrigin:
    """An https address: a file, one that redirects to a file, or a dataset of data.gouv.fr.

    What is configured is expected to be there: an address without a file is unfetchable, never merely absent.
    """

    def __init__(self, http: Http, address: str) -> None:
        """Take the producer's address; raises ValueError when it is not an https:// address."""
        try:
            checked(address)
        except Unfetchable as refusal:
            raise ValueError(str(refusal)) from refusal
        self._http = http
        self._address = address

    def take(self, source: Source, known: Version | None, target: Path) -> Offer:
        """Copy the source's newest file, unless it is the one known."""
        dataset = Dataset.at(self._address)
        if dataset is None:
            return self._take_plain(source, known, target)
        found = dataset.newest(self._http, source, format=PRODUCERS[source.name].format)
        return self._take_found(source, found, known, target)

    def _take_plain(self, source: Source, known: Version | None, target: Path) -> Offer:
        """The file of an address that is this source's own, whatever the file is called."""
        download = self._download(source, self._address, known, target)
        if known and not download.fetched:
            return Offer(known, self._day(source, known.file, download), fetched=False)
        names = [_given_name(download.headers), last_segment(download.url), last_segment(self._address)]
        named = [name for name in names if name] or [source.name]
        file = next((name for name in named if source.matches(name)), named[0])
        return Offer(
            Version(file, download.tag), self._day(source, file, download), fetched=True, sha256=download.sha256
        )

    def _take_found(self, source: Source, found: Found, known: Version | None, target: Path) -> Offer:
        """The file that was chosen among others; only under the same name can it be the one known."""
        same = known if known and known.file == found.file else None
        download = self._download(source, found.resource.url, same, target)
        if download.fetched:
            _verify(found, target)
        day = source.day_in_name(found.file) or self._day(source, found.file, download)
        return Offer(Version(found.file, download.tag), day, fetched=download.fetched, sha256=download.sha256)

    def _download(self, source: Source, address: str, known: Version | None, target: Path) -> Download:
        limit = PRODUCERS[source.name].largest_bytes
        return self._http.download(address, target, known=known.tag if known else None, limit_bytes=limit)

    def _day(self, source: Source, file: str, download: Download) -> date:
        """The day in the file's name, else of its last modification, else today: it was written for the asking.

        An answer that only says "not modified" may leave the date out: then it is asked for once more.
        """
        if in_name := source.day_in_name(file):
            return in_name
        modified = as_date(download.headers.get("Last-Modified"))
        if modified is None and not download.fetched:
            modified = as_date(self._http.head(download.url).headers.get("Last-Modified"))
        return paris_day(modified or self._http.now())


def _given_name(headers: Mapping[str, str]) -> str:
    """The name that the answer gives its file, without any folder."""
    message = Message()
    message["Content-Disposition"] = headers.get("Content-Disposition", "")
    name = PureWindowsPath(PurePosixPath(message.get_filename() or "").name).name
    return name.strip()[:_LONGEST_NAME]


def _verify(found: Found, target: Path) -> None:
    """Hold the file against the platform's checksum, which is sure for the files it keeps itself.

    That of a file kept elsewhere was computed some other day, of what may have been another file.
    """
    checksum = found.resource.checksum
    if checksum is None or found.resource.filetype != "file" or checksum.type.lower() not in ("sha1", "sha256"):
        return
    with target.open("rb") as content:
        digest = hashlib.file_digest(content, checksum.type.lower()).hexdigest()
    if digest != checksum.value.strip().lower():
        target.unlink()
        raise Unfetchable("fetch_failed", detail=f"{found.file} does not have the checksum that its dataset announces")
