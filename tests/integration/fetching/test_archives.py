"""Zips, well-formed, damaged and malicious."""

import random
import struct
import zipfile
from pathlib import Path
from typing import IO

import pytest
from quiforme.sources.archives import open_only
from quiforme.sources.reading import FileRefused

LIMIT = 200_000_000


def make(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def read(path: Path, limit_bytes: int = LIMIT) -> bytes:
    with open_only(path, ".xml", limit_bytes=limit_bytes) as stream:
        return stream.read()


def test_the_only_file_with_the_suffix_is_read(tmp_path: Path) -> None:
    path = make(tmp_path / "a.file", {"LISEZMOI.txt": b"bonjour", "export/Fiches.XML": b"<FICHES/>"})
    assert read(path) == b"<FICHES/>"


@pytest.mark.parametrize(
    "name",
    [
        "__MACOSX/._a.xml",
        "__MACOSX/export/._a.xml",
        "._a.xml",
        "export/.a.xml",
        "export\\.a.xml",
        ".AppleDouble/a.xml",
        "export/.Trashes/a.xml",
        "folder.xml/",
        ".xml",
    ],
)
def test_what_a_packer_adds_does_not_count(tmp_path: Path, name: str) -> None:
    path = make(tmp_path / "a.zip", {"export/a.xml": b"<FICHES/>", name: b"", "Thumbs.db": b"", "desktop.ini": b""})
    assert read(path) == b"<FICHES/>"


def test_what_a_packer_adds_is_not_taken_for_the_file(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match=r"0 \.xml files in the zip"):
        read(make(tmp_path / "a.zip", {"__MACOSX/._a.xml": b"x", "export/": b""}))


def test_names_in_a_code_page_zip64_and_bytes_after_the_zip_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    entry = zipfile.ZipInfo("fiches-\u00e9.xml")
    with zipfile.ZipFile(path, "w") as archive, archive.open(entry, "w", force_zip64=True) as file:
        file.write(b"<FICHES/>")
    content = path.read_bytes().replace("\u00e9".encode(), b"\x82\x82")  # the same length, read as code page 437
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        position = content.rindex(signature) + flags
        content = content[:position] + bytes(2) + content[position + 2 :]
    path.write_bytes(content + b"\0" * 300)
    assert read(path) == b"<FICHES/>"


def test_a_file_whose_length_was_not_known_when_it_was_packed_is_read(tmp_path: Path) -> None:
    """Its length stands after it."""
    path = tmp_path / "a.zip"
    with path.open("wb") as file, zipfile.ZipFile(_NoSeek(file), "w") as archive:  # type: ignore[call-overload]  # it only writes
        archive.writestr("a.xml", b"<FICHES/>")
    assert zipfile.ZipFile(path).infolist()[0].flag_bits & 0x8
    assert read(path) == b"<FICHES/>"


class _NoSeek:
    """A stream that is only written."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    def write(self, content: bytes, /) -> int:
        return self.file.write(content)

    def flush(self) -> None:
        self.file.flush()


def test_one_disk_of_several_is_refused(tmp_path: Path) -> None:
    path = make(tmp_path / "a.zip", {"a.xml": random.Random(1).randbytes(5_000)})
    path.write_bytes(path.read_bytes()[3_000:])
    with pytest.raises(FileRefused, match="cannot be read"):
        read(path)


@pytest.mark.parametrize("members", [{}, {"a.csv": b""}, {"a.xml": b"", "b.xml": b""}])
def test_no_such_file_or_two_are_refused(tmp_path: Path, members: dict[str, bytes]) -> None:
    with pytest.raises(FileRefused, match=r"\.xml files in the zip, one is expected"):
        read(make(tmp_path / "a.zip", members))


@pytest.mark.parametrize(
    "name", ["../a.xml", "a/../../b.xml", "/etc/a.xml", "..\\a.xml", "C:\\a.xml", "\\\\host\\share\\a.xml"]
)
def test_a_path_traversal_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileRefused, match="leads elsewhere"):
        read(make(tmp_path / "a.zip", {"fiches.xml": b"<FICHES/>", name + ".txt": b""}))


def test_a_name_that_contains_two_dots_is_accepted(tmp_path: Path) -> None:
    assert read(make(tmp_path / "a.zip", {"fiches..v4.xml": b"<FICHES/>"})) == b"<FICHES/>"


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = make(tmp_path / "a.zip", {"fiches.xml": bytes(52_000_000)})
    with pytest.raises(FileRefused, match="would unpack 5"):
        read(path)


def test_all_files_together_count_for_the_limit(tmp_path: Path) -> None:
    path = make(tmp_path / "a.zip", {"fiches.xml": b"<FICHES/>", "beside.bin": bytes(1000)}, zipfile.ZIP_STORED)
    assert read(path, limit_bytes=1009) == b"<FICHES/>"
    with pytest.raises(FileRefused, match="1,009 bytes"):
        read(path, limit_bytes=1008)


def test_a_false_size_is_refused(tmp_path: Path) -> None:
    path = make(tmp_path / "a.zip", {"fiches.xml": bytes(52_000_000)})
    content = bytearray(path.read_bytes())
    directory = content.rindex(b"PK\x01\x02")
    struct.pack_into("<L", content, directory + 24, 9)  # the unpacked size, as the directory announces it
    path.write_bytes(content)
    with pytest.raises(FileRefused, match="cannot be read"):
        read(path)


def test_encryption_is_refused(tmp_path: Path) -> None:
    path = make(tmp_path / "a.zip", {"fiches.xml": b"<FICHES/>"})
    content = bytearray(path.read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.rindex(signature) + flags] |= 1
    path.write_bytes(content)
    with pytest.raises(FileRefused, match="encrypted"):
        read(path)


def test_an_unknown_compression_method_is_refused(tmp_path: Path) -> None:
    path = make(tmp_path / "a.zip", {"fiches.xml": b"<FICHES/>"})
    content = bytearray(path.read_bytes())
    for signature, method in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        struct.pack_into("<H", content, content.rindex(signature) + method, 9)  # Deflate64
    path.write_bytes(content)
    with pytest.raises(FileRefused, match="cannot be read"):
        read(path)


def test_damage_is_refused_while_the_stream_is_read(tmp_path: Path) -> None:
    path = make(tmp_path / "a.zip", {"fiches.xml": b"<FICHES/>" * 100}, zipfile.ZIP_STORED)
    content = bytearray(path.read_bytes())
    content[200] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(FileRefused, match="cannot be read"):
        read(path)


@pytest.mark.parametrize("cut", [0, 1, 30, -1, -30])
def test_a_zip_cut_short_is_refused(tmp_path: Path, cut: int) -> None:
    path = make(tmp_path / "a.zip", {"fiches.xml": b"<FICHES/>" * 100})
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(FileRefused, match="cannot be read"):
        read(path)


def test_an_error_of_the_caller_is_not_changed(tmp_path: Path) -> None:
    path = make(tmp_path / "a.zip", {"fiches.xml": b"<FICHES/>"})
    with pytest.raises(KeyError), open_only(path, ".xml", limit_bytes=LIMIT):
        raise KeyError
