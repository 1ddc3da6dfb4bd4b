"""The export of fiches: what is read, what is set aside, what is refused."""

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from quiforme.database import open_database
from quiforme.sources import france_competences
from quiforme.sources.reading import FileRefused, ReadResult

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<FICHES><VERSION_FLUX>4.1</VERSION_FLUX>'
FICHE = "<FICHE><NUMERO_FICHE>RS{0}</NUMERO_FICHE><ACTIF>Oui</ACTIF><INTITULE>Été {0}</INTITULE></FICHE>"


def read(folder: Path, content: bytes) -> tuple[ReadResult, list[tuple[str, str]]]:
    path = folder / "rs.file"
    path.write_bytes(content)
    with open_database(folder, memory_limit_mb=200) as database:
        reading = france_competences.read(database, path, "rs", lambda _: None)
        return reading, fiches(database)


def fiches(database: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return database.execute("SELECT code, intitule FROM fiches_rs").fetchall()


def test_order_and_ranks_are_those_of_the_file_over_several_blocks(tmp_path: Path) -> None:
    """Several blocks long, with one fiche longer than a block and a few that cannot be read."""
    long = "<CAPACITES_ATTESTEES>" + "&amp; " * 500_000 + "</CAPACITES_ATTESTEES>"
    parts = [FICHE.format(number).replace("<ACTIF>", "x" * 5_000 + "<ACTIF>") for number in range(1, 1_001)]
    parts[499] = parts[499].replace("<ACTIF>", f"{long}<ACTIF>")
    parts[700] = parts[699]
    parts[800] = parts[800].replace("Oui", "peut-être")
    reading, found = read(tmp_path, (HEAD + "".join(parts) + "</FICHES>").encode())
    assert [code for code, _ in found] == [f"RS{number}" for number in range(1, 1_001) if number not in (701, 801)]
    assert [(row.line, row.reason) for row in reading.set_aside] == [
        (701, "RS700 stands in the file already"),
        (801, "RS801 is neither active nor inactive"),
    ]


def test_a_single_byte_encoding_is_read_as_declared(tmp_path: Path) -> None:
    content = (HEAD.replace("UTF-8", "ISO-8859-1") + FICHE.format(1) + "</FICHES>").encode("latin-1")
    assert read(tmp_path, content)[1] == [("RS1", "Été 1")]


def test_a_fiche_with_a_too_long_text_is_set_aside(tmp_path: Path) -> None:
    content = HEAD + FICHE.format(1) + FICHE.format("2").replace("Été", "É" * 200_000) + "</FICHES>"
    reading, found = read(tmp_path, content.encode())
    assert found == [("RS1", "Été 1")]
    assert [row.line for row in reading.set_aside] == [2]


BOMB = '<!DOCTYPE FICHES [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (HEAD.replace("<FICHES>", BOMB + "<FICHES>") + "<FICHE>&b;</FICHE></FICHES>", "document type"),
        (HEAD + FICHE.format(1), "unreadable"),
        (HEAD + FICHE.format(1) + "</FICHES><FICHES/>", "unreadable"),
        (HEAD + FICHE.format(1) + "</FICHES><FICHES>" + FICHE.format(2) + "</FICHES>", "unreadable"),
        (HEAD + "<FICHE>" + FICHE.format(1) + "</FICHES>", "unreadable"),
        (HEAD + FICHE.format("&eacute;") + "</FICHES>", "unreadable"),
        (HEAD.replace("4.1", "3.0") + "</FICHES>", "VERSION_FLUX is '3.0'"),
        (HEAD.replace("UTF-8", "klingon") + FICHE.format(1) + "</FICHES>", "unreadable"),
        ("<html/>", "not an export of fiches"),
    ],
)
def test_refused(tmp_path: Path, content: str, reason: str) -> None:
    with pytest.raises(FileRefused, match=reason):
        read(tmp_path, content.encode())


def test_utf16_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="not in UTF-8"):
        read(tmp_path, (HEAD.replace("UTF-8", "UTF-16") + FICHE.format(1) + "</FICHES>").encode("utf-16"))


def _instead_of_python(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    interpreter = folder / "python"
    interpreter.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    interpreter.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(interpreter))


def test_a_process_that_dies_is_not_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _instead_of_python(monkeypatch, tmp_path, "kill -9 $$")
    with pytest.raises(subprocess.CalledProcessError):
        read(tmp_path, (HEAD + FICHE.format(1) + "</FICHES>").encode())


def test_the_process_does_not_get_the_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = tmp_path / "environment"
    said = {"refused": {"code": "unreadable", "facts": {"detail": "nothing"}}, "set_aside": []}
    _instead_of_python(monkeypatch, tmp_path, f"env > {seen}; echo '{json.dumps(said)}'")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a secret")
    with pytest.raises(FileRefused, match="nothing"):
        read(tmp_path, b"")
    assert "PYTHONPATH" in seen.read_text(encoding="utf-8")
    assert "AWS" not in seen.read_text(encoding="utf-8")
