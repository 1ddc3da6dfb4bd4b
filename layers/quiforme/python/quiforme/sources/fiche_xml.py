"""Finds each fiche in the XML of an export, so that damage to one costs no other (sources.md, "One faulty row").

The file is parsed in pieces that end before the start tag of a fiche, so that it is never in memory whole. A piece that
is not well formed, or has not one element FICHE for each start tag, is cut at the tags of the fiches, and each fiche is
parsed alone. The tags are looked for in the bytes: a comment that one fiche does not close hides no other.
"""

import re
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, NamedTuple

from lxml import etree

from quiforme.sources.reading import FileRefused

_RAW_KEPT = 4_000
"""Characters stored of a fiche that is set aside: enough to find it in the file."""
_BLOCK = 1 << 18
"""Bytes read at a time: a block and its tree fit in the processor's cache."""
_LARGEST_FICHE = 64 << 20
"""Bytes; the largest real fiche has about 1 MB."""

_OPEN, _CLOSE = b"<FICHES>", b"</FICHES>"
_START = re.compile(rb"<FICHE(?=[\s/>])")
_END = re.compile(rb"</FICHE\s*>")
_ROOT_TAG = re.compile(rb"</?FICHES(?=[\s/>])")
_VERSION = re.compile(rb"</VERSION_FLUX\s*>")
_NUMBER = re.compile(rb"(<DESTINATION>\s*)?<NUMERO_FICHE>\s*((?:RNCP|RS)[0-9]+)\s*<")
_ONCE = re.compile(
    rb"(<DESTINATION>\s*)?<(ID_FICHE|NUMERO_FICHE|INTITULE|ETAT_FICHE|EXISTENCE_PARTENAIRES|TYPE_ENREGISTREMENT)>"
)
"""Tags that a fiche has once; under DESTINATION stand the numbers of other fiches."""
_UTF_16 = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0")
"""How a file begins whose characters have two or four bytes."""


class _Malformed(Exception):
    """Not well formed, or not one fiche; the message says why and on which line of the file."""


class _Span(NamedTuple):
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Fiche:
    """A fiche of the file, or a damaged part of it that stands between two fiches.

    Attributes:
        piece: The part of the file that it is in.
        span: Where it is there.
        element: Its XML; None when it is damaged.
        fault: How it is damaged.

    """

    piece: "_Piece"
    span: _Span
    element: etree._Element | None
    fault: str = ""

    @property
    def line(self) -> int:
        """The physical line of the unpacked file on which it starts."""
        return self.piece.line(self.span.start)

    @property
    def raw(self) -> str:
        """The start of its text in the file."""
        start, end = self.span
        return self.piece.text[start : min(end, start + 4 * _RAW_KEPT)].decode(errors="replace")[:_RAW_KEPT]

    @property
    def numbers(self) -> list[str]:
        """Its number, or what can be read of it; several when the tags between two fiches are lost."""
        if self.element is not None:
            numbers = [(number.text or "").strip() for number in self.element.iterchildren("NUMERO_FICHE")]
        else:
            found = _NUMBER.finditer(self.piece.text, *self.span)
            numbers = [number[2].decode() for number in found if not number[1]]
        return list(dict.fromkeys(numbers))


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of the file as a document.

    Attributes:
        text: The document: a start tag of FICHES, which is not in the file, and bytes of the file.
        end: Where the fiches end in it.
        first_line: The line of the file on which the part starts.
        encoding: What the file declares.

    """

    text: bytes
    end: int
    first_line: int
    encoding: str

    def line(self, position: int) -> int:
        return self.first_line + self.text.count(b"\n", 0, position)

    def parse(self, span: _Span) -> etree._Element:
        """A part of it as a document of its own."""
        return _parse(b"".join((_OPEN, self.text[slice(*span)], _CLOSE)), self.encoding, self.line(span.start))

    def fiche(self, span: _Span) -> Fiche:
        """The one fiche that a part of it is."""
        root = self.parse(span)
        if not _holds_only_fiches(root, 1) or root[0].find(".//FICHE") is not None:
            raise _Malformed(f"not one element FICHE, line {self.line(span.start)}")
        return Fiche(self, span, root[0])

    def damaged(self, span: _Span, fault: str) -> Fiche:
        start, end = span
        blank = len(self.text[start:end]) - len(self.text[start:end].lstrip())
        return Fiche(self, _Span(start + blank, end), None, fault)

    def once(self, span: _Span) -> set[bytes]:
        """Those tags of a part of it that a fiche has once."""
        return {found[2] for found in _ONCE.finditer(self.text, *span) if not found[1]}


def read_fiches(stream: IO[bytes]) -> Iterator[Fiche]:
    """Each fiche of an export, in the order of the file; whatever stands between two fiches and is no XML is one more.

    Args:
        stream: The XML.

    Raises:
        FileRefused: Not an export of fiches, damaged before the first fiche or after the last one, or cut short; the
            lines that it names are those of the file.

    """
    blocks = _read_ahead(stream)
    start = next(blocks, b"")
    encoding, head = _check_head(start)
    line = 1 + start.count(b"\n", 0, head)
    waiting, size = [start[head:]], len(start) - head
    for block in blocks:
        cut = _last_start(block)
        if cut < 0:
            waiting.append(block)
            size += len(block)
            if size > _LARGEST_FICHE:
                _refuse_largest(_Piece(b"".join(waiting), size, line, encoding))
            continue
        text = b"".join((_OPEN, *waiting, block[:cut], _CLOSE))
        left = yield from _fiches_of(_Piece(text, len(text) - len(_CLOSE), line, encoding), last=False)
        line += text.count(b"\n") - left.count(b"\n")
        waiting, size = [left, block[cut:]], len(left) + len(block) - cut
    text = b"".join((_OPEN, *waiting))
    piece = _Piece(text, text.rfind(b"</FICHES"), line, encoding)
    _check_tail(piece)
    yield from _fiches_of(piece, last=True)


def _read_ahead(stream: IO[bytes]) -> Iterator[bytes]:
    """The blocks of a stream; the next one is unpacked in a thread while one is parsed."""
    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(stream.read, _BLOCK)
        while block := coming.result():
            coming = reader.submit(stream.read, _BLOCK)
            yield block


def _last_start(block: bytes) -> int:
    """Where the last fiche starts in a block, or -1. A start tag that two blocks share is not seen."""
    position = len(block)
    while (position := block.rfind(b"<FICHE", 0, position)) >= 0 and not _START.match(block, position):
        pass
    return position


def _check_head(start: bytes) -> tuple[str, int]:
    """The encoding that the file declares, and where its fiches begin, which is after the version."""
    if start.startswith(_UTF_16):
        raise FileRefused("wrong_encoding", encoding="UTF-16")
    first = _START.search(start)
    version = _VERSION.search(start, 0, first.start() if first else len(start))
    head = version.end() if version else first.start() if first else len(start)
    try:
        root = _parse(start[:head] + _CLOSE if first or version else start)
    except _Malformed as error:
        raise FileRefused("unreadable", detail=str(error)) from error
    info = root.getroottree().docinfo
    if info.internalDTD is not None:
        raise FileRefused("unreadable", detail="it declares a document type, which no export does")
    if root.tag != "FICHES":
        raise FileRefused("no_fiches")
    number = (root.findtext("VERSION_FLUX") or "").strip()
    if not number.startswith("4."):
        raise FileRefused("wrong_version", version=number[:100])
    return info.encoding or "UTF-8", head


def _check_tail(piece: _Piece) -> None:
    if piece.end < 0:
        last_line = piece.line(len(piece.text))
        raise FileRefused("unreadable", detail=f"cut short: </FICHES> is missing, line {last_line}")
    try:
        _parse(_OPEN + piece.text[piece.end :], piece.encoding, piece.line(piece.end))
    except _Malformed as error:
        raise FileRefused("unreadable", detail=str(error)) from error


def _refuse_largest(piece: _Piece) -> None:
    fiche = Fiche(piece, _Span(max(0, _last_start(piece.text)), piece.end), None)
    [number] = fiche.numbers[:1] or ["a fiche"]
    raise FileRefused("unreadable", detail=f"{number} has over {_LARGEST_FICHE:,} bytes, line {fiche.line}")


def _fiches_of(piece: _Piece, *, last: bool) -> Generator[Fiche, None, bytes]:
    """Yield the fiches of a piece; return the bytes at its end that can only be understood with the next piece."""
    starts = [found.start() for found in _START.finditer(piece.text, 0, piece.end)]
    spans = list(map(_Span, starts, [*starts[1:], piece.end]))
    try:
        root = _parse(piece.text, piece.encoding)
    except _Malformed:
        pass
    else:
        if _holds_only_fiches(root, len(starts)):
            for element, span in zip(root, spans, strict=True):
                yield Fiche(piece, span, element)
            return b""
    yield from _cut_at_ends(piece, _Span(len(_OPEN), starts[0] if starts else piece.end))
    todo = deque(spans)
    while todo:
        span = todo.popleft()
        hidden = _starts_hidden(piece, span, todo)
        for covered in (0, hidden) if hidden else (0,):
            try:
                yield piece.fiche(_Span(span.start, todo[covered - 1].end if covered else span.end))
            except _Malformed:
                continue
            for _ in range(covered):
                todo.popleft()
            break
        else:
            if not todo and not last:
                return piece.text[span.start : piece.end]
            yield from _cut_at_ends(piece, span)
    return b""


def _starts_hidden(piece: _Piece, span: _Span, following: deque[_Span]) -> int:
    """How many of the following parts may be of the same fiche: their start tag is in a comment or in CDATA."""
    if not piece.once(span):
        return 0
    return next((rank for rank, later in enumerate(following) if piece.once(later)), len(following))


def _cut_at_ends(piece: _Piece, span: _Span) -> Iterator[Fiche]:
    """The fiches of a part that is not one sound fiche.

    An end tag ends a fiche when a tag that a fiche has once comes again after it: then the start tag of the next fiche
    is lost. Otherwise the end tag is a stray one, and what follows it up to the next end tag is of the same fiche.
    """
    fiche = _Span(span.start, span.start) if _START.match(piece.text, *span) else None
    once: set[bytes] = set()
    after: list[_Span] = []
    """What follows the fiche and has none of these tags."""
    closed = 0
    """How many of these end with an end tag, so that they are of a fiche."""
    for part, is_closed in _parts(piece, span):
        found = piece.once(part)
        if found and (fiche is None or found & once):
            yield from _decide(piece, fiche, [] if fiche else after)
            start = after[0].start if fiche and after else part.start
            fiche, once, after, closed = _Span(start, part.end), found, [], 0
        elif fiche and (part.start == fiche.start or found):
            fiche, once, after, closed = _Span(fiche.start, part.end), once | found, [], 0
        else:
            after.append(part)
            closed = len(after) if is_closed else closed
    if fiche and closed:
        fiche = _Span(fiche.start, after[closed - 1].end)
    yield from _decide(piece, fiche, after[closed:] if fiche else after)


def _parts(piece: _Piece, span: _Span) -> Iterator[tuple[_Span, bool]]:
    """A part cut after each end tag; whether each ends a text with that tag."""
    start = span.start
    for end in _END.finditer(piece.text, *span):
        yield _Span(start, end.end()), bool(piece.text[start : end.start()].strip())
        start = end.end()
    yield _Span(start, span.end), False


def _decide(piece: _Piece, fiche: _Span | None, beside: list[_Span]) -> Iterator[Fiche]:
    """A fiche and the parts beside it; when the fiche is damaged, they belong to the same damage."""
    if fiche:
        try:
            yield piece.fiche(fiche)
        except _Malformed as error:
            yield piece.damaged(fiche, f"not well formed: {error}")
            return
    for span in beside:
        if tag := _ROOT_TAG.search(piece.text, *span):
            line = piece.line(tag.start())
            raise FileRefused("unreadable", detail=f"{tag[0].decode()}> stands between fiches, line {line}")
        try:
            root = piece.parse(span)
        except _Malformed as error:
            yield piece.damaged(span, f"damage between fiches: {error}")
        else:  # the producer may add elements that are no fiches, but no text
            if _has_text(root):
                yield piece.damaged(span, "text between fiches")


def _holds_only_fiches(root: etree._Element, number: int) -> bool:
    return len(root) == number and all(child.tag == "FICHE" for child in root) and not _has_text(root)


def _has_text(root: etree._Element) -> bool:
    return any(text.strip() for text in (root.text or "", *(child.tail or "" for child in root)))


def _parse(content: bytes, encoding: str | None = None, first_line: int = 1) -> etree._Element:
    # A new parser each time: lxml locks a shared one while it is in use. Without its comments a text is in one piece.
    try:
        parser = etree.XMLParser(
            encoding=encoding,
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            remove_comments=True,
            remove_pis=True,
        )
        return etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        reason = re.sub(r",? line [0-9]+(, column [0-9]+)?", "", error.msg).strip()  # these lines are the content's
        raise _Malformed(f"{reason}, line {first_line + (error.lineno or 1) - 1}") from error
    except LookupError as error:
        raise _Malformed(str(error)) from error
