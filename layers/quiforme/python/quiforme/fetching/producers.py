"""A producer's address as an origin: its newest file, downloaded unless it is the known version."""

import hashlib
from collections.abc import Mapping
from datetime import date
from email.message import Message
from pathlib import Path, PurePosixPath, PureWindowsPath

from quiforme.clock import paris_day
from quiforme.fetching.connections import checked
from quiforme.fetching.data_gouv import Dataset, Found, last_segment
from quiforme.fetching.http import Download, Http, as_date
from quiforme.snapshot.ports import Offer, Unfetchable, Version
from quiforme.sources.catalogue import Source

_LONGEST_NAME = 200


class HttpOrigin:
    """An https address: of a file, of a redirect to a file, or of a dataset of data.gouv.fr.

    An address without a file is an error (`Unfetchable`), unlike a drop without a file.
    """

    def __init__(self, http: Http, address: str) -> None:
        """Check the producer's address; raises ValueError when it is not an https:// address."""
        try:
            checked(address)
        except Unfetchable as refusal:
            raise ValueError(str(refusal)) from refusal
        self._http = http
        self._address = address

    def take(self, source: Source, known: Version | None, target: Path) -> Offer:
        """Download the source's newest file to `target`, unless it is the known version."""
        dataset = Dataset.at(self._address)
        if dataset is None:
            return self._take_plain(source, known, target)
        found = dataset.newest(self._http, source)
        return self._take_found(source, found, known, target)

    def _take_plain(self, source: Source, known: Version | None, target: Path) -> Offer:
        """Download from an address of one file, which is the source's whatever its name."""
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
        """Download a dataset's resource; it can be the known version only under the same name."""
        same = known if known and known.file == found.file else None
        download = self._download(source, found.resource.url, same, target)
        if download.fetched:
            _verify(found, target)
        day = source.day_in_name(found.file) or self._day(source, found.file, download)
        return Offer(Version(found.file, download.tag), day, fetched=download.fetched, sha256=download.sha256)

    def _download(self, source: Source, address: str, known: Version | None, target: Path) -> Download:
        tag = known.tag if known else None
        return self._http.download(address, target, known=tag, limit_bytes=source.largest_bytes)

    def _day(self, source: Source, file: str, download: Download) -> date:
        """The day in the file's name, else that of Last-Modified, else today: the file was written on demand.

        A 304 may lack Last-Modified: a HEAD request then asks for it.
        """
        if in_name := source.day_in_name(file):
            return in_name
        modified = as_date(download.headers.get("Last-Modified"))
        if modified is None and not download.fetched:
            modified = as_date(self._http.head(download.url).headers.get("Last-Modified"))
        return paris_day(modified or self._http.now())


def _given_name(headers: Mapping[str, str]) -> str:
    """The file name of Content-Disposition, without any folder."""
    message = Message()
    message["Content-Disposition"] = headers.get("Content-Disposition", "")
    name = PureWindowsPath(PurePosixPath(message.get_filename() or "").name).name
    return name.strip()[:_LONGEST_NAME]


def _verify(found: Found, target: Path) -> None:
    """Verify the platform's checksum, for the files that it hosts itself.

    The checksum of a file hosted elsewhere may be that of an earlier version.
    """
    checksum = found.resource.checksum
    if checksum is None or found.resource.filetype != "file" or checksum.type.lower() not in ("sha1", "sha256"):
        return
    with target.open("rb") as content:
        digest = hashlib.file_digest(content, checksum.type.lower()).hexdigest()
    if digest != checksum.value.strip().lower():
        target.unlink()
        raise Unfetchable("fetch_failed", detail=f"{found.file} does not have the checksum that its dataset announces")
