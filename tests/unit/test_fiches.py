"""The export of fiches: what is read, what is set aside, what is refused."""

import io
import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from quiforme.database import open_database, run_script
from quiforme.sources import fiche_xml, france_competences
from quiforme.sources.fiche_xml import read_fiches
from quiforme.sources.fiches import extract
from quiforme.sources.reading import FileRefused, Previous, ReadResult
from quiforme.sources.values import ColumnCount

from tests.proving import SEED

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<FICHES><VERSION_FLUX>4.1</VERSION_FLUX>'
FICHE = "<FICHE><NUMERO_FICHE>RS{0}</NUMERO_FICHE><ACTIF>Oui</ACTIF><INTITULE>Été {0}</INTITULE></FICHE>"


def read(folder: Path, content: bytes) -> tuple[ReadResult, list[tuple[str, str]]]:
    with open_database(folder, memory_limit_mb=200) as database:
        return load(database, folder, content), fiches(database)


def load(
    database: duckdb.DuckDBPyConnection, folder: Path, content: bytes, previous: Previous = lambda _: None
) -> ReadResult:
    path = folder / "rs.file"
    path.write_bytes(content)
    return france_competences.read(database, path, "rs", previous)


def fiches(database: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return database.execute("SELECT code, intitule FROM fiches_rs").fetchall()


def test_order_and_lines_are_those_of_the_file_over_several_blocks(tmp_path: Path) -> None:
    """Several blocks long, with one fiche longer than a block and a few that cannot be read."""
    long = "<CAPACITES_ATTESTEES>" + "&amp; " * 500_000 + "</CAPACITES_ATTESTEES>"
    parts = [FICHE.format(number).replace("<ACTIF>", "x" * 5_000 + "<ACTIF>") for number in range(1, 1_001)]
    parts[499] = parts[499].replace("<ACTIF>", f"{long}<ACTIF>")
    parts[700] = parts[699]
    parts[800] = parts[800].replace("Oui", "peut-être")
    reading, found = read(tmp_path, (HEAD + "\n".join(parts) + "</FICHES>").encode())
    assert [code for code, _ in found] == [f"RS{number}" for number in range(1, 1_001) if number not in (701, 801)]
    assert [(row.line, row.reason, row.identifier) for row in reading.set_aside] == [
        (702, "RS700 stands in the file already", "RS700"),
        (802, "RS801 is neither active nor inactive", "RS801"),
    ]


def test_a_single_byte_encoding_is_read_as_declared(tmp_path: Path) -> None:
    content = (HEAD.replace("UTF-8", "ISO-8859-1") + FICHE.format(1) + "</FICHES>").encode("latin-1")
    assert read(tmp_path, content)[1] == [("RS1", "Été 1")]


def test_a_fiche_with_a_too_long_text_is_set_aside(tmp_path: Path) -> None:
    content = HEAD + FICHE.format(1) + FICHE.format("2").replace("Été", "É" * 200_000) + "</FICHES>"
    reading, found = read(tmp_path, content.encode())
    assert found == [("RS1", "Été 1")]
    assert [row.line for row in reading.set_aside] == [2]


def test_a_fiche_with_a_too_long_text_of_a_partner_is_set_aside(tmp_path: Path) -> None:
    partner = f"<PARTENAIRES><PARTENAIRE><NOM_PARTENAIRE>{'É' * 3_000_000}</NOM_PARTENAIRE></PARTENAIRE></PARTENAIRES>"
    content = HEAD + FICHE.format(1) + FICHE.format(2).replace("<ACTIF>", partner + "<ACTIF>") + "</FICHES>"
    reading, found = read(tmp_path, content.encode())
    assert found == [("RS1", "Été 1")]
    assert [row.identifier for row in reading.set_aside] == ["RS2"]


THREE = [FICHE.format(number).replace("><", ">\n<") for number in (1, 2, 3)]
"""Each of five lines."""


def spoilt(second: str) -> bytes:
    return (HEAD + "\n".join(["", THREE[0], second, THREE[2], ""]) + "</FICHES>\n").encode()


FAULTS = {
    "a control character": ("Été", "\v"),
    "NUL": ("Été", "\0"),
    "an undeclared entity": ("Été", "&nbsp;"),
    "a bare ampersand": ("Été", "Été & automne"),
    "a character that XML forbids": ("Été", "&#11;"),
    "less than": ("Été", "a < b"),
    "the end of a section": ("Été", "]]>"),
    "an unclosed section": ("Été", "<![CDATA[Été"),
    "an unclosed comment": ("Été", "<!-- Été"),
    "an unclosed instruction": ("Été", "<?Été"),
    "an unclosed tag": ("Été", "<b>Été"),
    "an attribute twice": ("<INTITULE>", '<INTITULE a="1" a="2">'),
    "a prefix without a namespace": ("<INTITULE>", "<x:INTITULE>"),
    "the end of the fiche in a text": ("Été", "</FICHE>"),
    "the end of the fiche between two elements": ("<INTITULE>", "</FICHE><INTITULE>"),
    "the end of the file in a text": ("Été", "</FICHES>"),
    "a text of 10 MB": ("Été", "x" * 10_000_001),
    "no end tag": ("</FICHE>", ""),
    "no start tag": ("<FICHE>", ""),
    "the end of a fiche in the start tag": ("<FICHE>", "<FI</FICHE>CHE>"),
    "neither": ("</FICHE>", "</FIC>"),
    "a document type": ("Été", "<!DOCTYPE a>"),
    "two hundred and sixty levels": ("Été", "<b>" * 260 + "</b>" * 260),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_damaged_fiche_is_set_aside_alone(tmp_path: Path, fault: str) -> None:
    old, new = FAULTS[fault]
    second = THREE[1].replace(old, new) if fault != "neither" else THREE[1][7:].replace(old, new)
    reading, found = read(tmp_path, spoilt(second))
    assert [code for code, _ in found] == ["RS1", "RS3"]
    [row] = reading.set_aside
    assert (row.line, row.identifier) == (8 + second.startswith("\n"), "RS2")
    assert row.raw.startswith(second.strip()[:20])
    assert len(row.raw) <= 4_000
    [line] = re.findall("line ([0-9]+)", row.reason)
    assert 8 <= int(line) <= 13


@pytest.mark.parametrize("foreign", [b"\xe9t\xe9", b"\xff", b"\xc3(", b"\xed\xa0\x80"])
def test_a_fiche_with_foreign_bytes_is_set_aside_alone(tmp_path: Path, foreign: bytes) -> None:
    reading, found = read(tmp_path, spoilt(THREE[1]).replace("Été 2".encode(), foreign))
    assert [code for code, _ in found] == ["RS1", "RS3"]
    [row] = reading.set_aside
    assert (row.line, row.identifier) == (8, "RS2")
    assert "line 11" in row.reason
    assert "\ufffd" in row.raw


@pytest.mark.parametrize("lost", ["</FICHE>\n<FICHE>", "</FICHE>\n<FICHE>\n"])
def test_two_fiches_in_one_are_both_set_aside(tmp_path: Path, lost: str) -> None:
    reading, found = read(tmp_path, spoilt(THREE[1]).replace(lost.encode(), b"", 1))
    assert [code for code, _ in found] == ["RS3"]
    assert [row.identifier for row in reading.set_aside] == ["RS1", "RS2"]


def test_a_start_tag_without_an_end_costs_no_other_fiche(tmp_path: Path) -> None:
    reading, found = read(tmp_path, spoilt("<FICHE>\n" + THREE[1]))
    assert [code for code, _ in found] == ["RS1", "RS2", "RS3"]
    assert [(row.line, row.identifier) for row in reading.set_aside] == [(8, None)]


@pytest.mark.parametrize("garbage", ["&", "\0", "texte", "<!--", "<![CDATA[", "</PARTENAIRE>", "</FICHE>", "<FIC"])
def test_what_stands_between_two_fiches_and_is_no_xml_is_set_aside(tmp_path: Path, garbage: str) -> None:
    reading, found = read(tmp_path, spoilt(THREE[1] + "\n" + garbage))
    assert [code for code, _ in found] == ["RS1", "RS2", "RS3"]
    assert [(row.line, row.raw.strip(), row.identifier) for row in reading.set_aside] == [(13, garbage, None)]


def test_what_is_xml_is_read(tmp_path: Path) -> None:
    """Comments, sections that quote tags, tags written otherwise, elements between the fiches."""
    quoting = "<![CDATA[<FICHE> & </FICHE>]]><!-- <FICHE></FICHE> --> Été "
    second = THREE[1].replace("<FICHE>", '<FICHE a="1" >').replace("</FICHE>", "</FICHE >").replace("Été ", quoting)
    content = spoilt(f"<NOMBRE>3</NOMBRE> <!-- & -->\n{second}\n<?a b?>").replace(
        b"<ACTIF>Oui", b"<ACTIF>O<!-- & -->ui"
    )
    reading, found = read(tmp_path, content)
    assert found == [("RS1", "Été 1"), ("RS2", "<FICHE> & </FICHE> Été 2"), ("RS3", "Été 3")]
    assert reading.set_aside == []


@pytest.mark.parametrize("block", range(100, 400, 13))
def test_a_tag_that_is_quoted_is_no_tag_wherever_the_file_is_cut(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(fiche_xml, "_BLOCK", block)
    content = spoilt(THREE[1].replace("Été ", f"<![CDATA[<FICHE>{'&' * 100}]]>"))
    found = list(read_fiches(io.BytesIO(content)))
    assert [(fiche.fault, fiche.numbers) for fiche in found] == [("", ["RS1"]), ("", ["RS2"]), ("", ["RS3"])]


def test_a_byte_order_mark_and_xml_1_1_are_read(tmp_path: Path) -> None:
    content = spoilt(THREE[1]).replace(b'version="1.0"', b'version="1.1"')
    assert len(read(tmp_path, b"\xef\xbb\xbf" + content)[1]) == 3


def test_a_run_without_end_is_refused_by_the_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fiche_xml, "_LARGEST_FICHE", 1 << 20)
    content = spoilt(THREE[1].replace("Été", "x " * (1 << 20)))
    with pytest.raises(FileRefused, match=r"unreadable: RS2 has over 1,048,576 bytes, line 8$"):
        list(read_fiches(io.BytesIO(content)))


TOKENS = [
    b"",
    b"<",
    b">",
    b"&",
    b"\0",
    b"\xe9",
    b"<FICHE>",
    b"</FICHE>",
    b"</FICHES>",
    b"<!--",
    b"<![CDATA[",
    b"]]>",
    b"<?",
]


@settings(max_examples=2_000 if SEED else 60, deadline=None)
@example(start=2, length=59, token=b"", block=100)
@given(
    start=st.integers(0, len(THREE[1].encode())),
    length=st.integers(0, 60),
    token=st.sampled_from(TOKENS) | st.binary(max_size=8),
    block=st.sampled_from([100, 128, 190, 300, 1 << 18]),
)
def test_damage_to_one_fiche_costs_no_other(start: int, length: int, token: bytes, block: int) -> None:
    """Whatever the damage is and wherever the file is cut for parsing; nothing is lost in silence.

    What has lost its start tag and its own tags, and not its end tag, may be the end of the fiche before it: nobody can
    tell, so that both are set aside.
    """
    second = THREE[1].encode()
    damaged = second[:start] + token + second[start + length :]
    content = spoilt("@").replace(b"@", damaged)
    headless = b"</FICHE" in damaged and not re.search(rb"<FICHE[\s/>]|<NUMERO_FICHE>|<INTITULE>", damaged)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fiche_xml, "_BLOCK", block)
        try:
            found = list(read_fiches(io.BytesIO(content)))
        except FileRefused as refused:
            assert re.search("FICHES> stands between fiches, line [0-9]+$", str(refused))
            return
    sound = [number for fiche in found if fiche.element is not None for number in fiche.numbers]
    assert ({"RS3"} if headless else {"RS1", "RS3"}) <= set(sound)
    assert "RS1" in {number for fiche in found for number in fiche.numbers}
    if content != spoilt(""):
        assert len(found) > 2 or (headless and [fiche.numbers for fiche in found if fiche.fault] == [["RS1"]])


BOMB = '<!DOCTYPE FICHES [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (HEAD.replace("<FICHES>", BOMB + "<FICHES>") + "<FICHE>&b;</FICHE></FICHES>", "document type"),
        (HEAD + FICHE.format(1), "cut short.*, line 2$"),
        (HEAD + FICHE.format(1) + "\n" + FICHE.format(2)[:40], "cut short.*, line 3$"),
        (HEAD + FICHE.format(1) + "\n</FICHES>\n&", "unreadable.*, line 4$"),
        (HEAD.replace("<VERSION", "&nbsp;<VERSION") + FICHE.format(1) + "</FICHES>", "unreadable.*, line 2$"),
        (HEAD + FICHE.format(1) + "</FICHES><FICHES/>", "unreadable"),
        (
            HEAD + FICHE.format(1) + "</FICHES><FICHES>" + FICHE.format(2) + "</FICHES>",
            "</FICHES> stands between.*, line 2$",
        ),
        (HEAD.replace("4.1", "3.0") + "</FICHES>", "VERSION_FLUX is '3.0'"),
        (HEAD.replace("UTF-8", "klingon") + FICHE.format(1) + "</FICHES>", "unreadable"),
        ("<html/>", "not an export of fiches"),
    ],
)
def test_refused(tmp_path: Path, content: str, reason: str) -> None:
    with pytest.raises(FileRefused, match=reason):
        read(tmp_path, content.encode())


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("number", [1, 3_000])
def test_utf16_is_refused(tmp_path: Path, encoding: str, number: int) -> None:
    """Also when it is longer than a block."""
    content = HEAD.replace("UTF-8", "UTF-16") + FICHE.format(1) * number + "</FICHES>"
    with pytest.raises(FileRefused, match="not in UTF-8"):
        read(tmp_path, content.encode(encoding))


DETAILED = """
<FICHE><NUMERO_FICHE>RS{code}</NUMERO_FICHE><INTITULE>Titre</INTITULE>
<CERTIFICATEURS><CERTIFICATEUR><SIRET_CERTIFICATEUR>{siret}</SIRET_CERTIFICATEUR><NOM_CERTIFICATEUR>{name}</NOM_CERTIFICATEUR>
<ETAT_CERTIFICATEUR>{state}</ETAT_CERTIFICATEUR><DATE_DERNIERE_MODIFICATION_ETAT>{day}</DATE_DERNIERE_MODIFICATION_ETAT>
</CERTIFICATEUR></CERTIFICATEURS><EXISTENCE_PARTENAIRES>{partners}</EXISTENCE_PARTENAIRES><PARTENAIRES>
<PARTENAIRE><NOM_PARTENAIRE>{name}</NOM_PARTENAIRE><SIRET_PARTENAIRE>{siret}</SIRET_PARTENAIRE>
<HABILITATION_PARTENAIRE>{right}</HABILITATION_PARTENAIRE><{tag}>{state}</{tag}><DATE_ACTIF>{day}</DATE_ACTIF>
<DATE_DERNIERE_MODIFICATION_ETAT>{day}</DATE_DERNIERE_MODIFICATION_ETAT></PARTENAIRE></PARTENAIRES>
{juries}<DATE_DECISION>{day}</DATE_DECISION><DATE_FIN_ENREGISTREMENT>{day}</DATE_FIN_ENREGISTREMENT>
<DATE_EFFET>{day}</DATE_EFFET><TYPE_ENREGISTREMENT>{kind}</TYPE_ENREGISTREMENT><ACTIF>{active}</ACTIF>
<DATE_LIMITE_DELIVRANCE>{day}</DATE_LIMITE_DELIVRANCE></FICHE>"""
JURIES = "".join(
    f"<SI_JURY_{way}><ACTIF>{said}</ACTIF></SI_JURY_{way}>"
    for way, said in (("CA", "Oui"), ("FI", "Oui"), ("VAE", "Oui"), ("CL", "Non"), ("FC", " Oui "))
)
SOUND = {
    "code": "1",
    "siret": "13002526500013",
    "name": "ECOLE",
    "state": "Actif",
    "right": "HABILITATION_FORMER",
    "day": "31/12/2026",
    "kind": "Enregistrement de droit",
    "active": "Oui",
    "partners": "Oui",
    "tag": "ETAT_HABILITATION",
    "juries": JURIES,
}


def detailed(*changes: dict[str, str]) -> bytes:
    return (HEAD + "".join(DETAILED.format(**SOUND | change) for change in changes) + "</FICHES>").encode()


def test_the_tables_are_those_of_the_snapshot(tmp_path: Path) -> None:
    with open_database(tmp_path, memory_limit_mb=200) as database:
        load(database, tmp_path, detailed({}))
        run_script(database, "pipeline/shared/source_tables.sql")
        for table in ("fiches_rs", "partenaires_rs", "certificateurs_rs"):
            made, expected = (
                database.execute(f"SELECT column_name, column_type FROM (DESCRIBE {name})").fetchall()
                for name in (table, f"empty.{table}")
            )
            assert made == expected


def test_what_is_read_of_a_registration(tmp_path: Path) -> None:
    changes: list[dict[str, str]] = [
        {},
        {"code": "2", "kind": "Enregistrement sur demande", "partners": "Non", "juries": JURIES.replace("Oui", "Non")},
        {"code": "3", "kind": "Autre", "partners": "", "juries": "", "day": "31/02/2026", "name": "[ND]"},
    ]
    day = date(2026, 12, 31)
    with open_database(tmp_path, memory_limit_mb=200) as database:
        load(database, tmp_path, detailed(*changes))
        columns = "type_enregistrement, date_effet, date_limite_delivrance, existence_partenaires, accessibilite"
        assert database.execute(f"SELECT {columns} FROM fiches_rs ORDER BY code").fetchall() == [
            ("de droit", day, day, True, ["fi", "fc", "vae", "ca"]),
            ("sur demande", day, day, False, []),
            (None, None, None, None, None),
        ]
        for table in ("partenaires_rs", "certificateurs_rs"):
            found = database.execute(f"SELECT nom, date_etat FROM {table} ORDER BY code").fetchall()
            assert found == [("ECOLE", day), ("ECOLE", day), (None, None)]


EVERY_COLUMN = {
    "NUMERO_FICHE": ("code", "x"),
    "ACTIF": ("active", "VRAI"),
    "TYPE_ENREGISTREMENT": ("kind", "De droit"),
    "DATE_DECISION": ("day", "2026-12-31"),
    "DATE_EFFET": ("day", "31/02/2026"),
    "DATE_FIN_ENREGISTREMENT": ("day", "1/1/2026"),
    "DATE_LIMITE_DELIVRANCE": ("day", "46387"),
    "PARTENAIRE/SIRET_PARTENAIRE": ("siret", "1,30025E+13"),
    "PARTENAIRE/ETAT_HABILITATION": ("state", "actif"),
    "PARTENAIRE/HABILITATION_PARTENAIRE": ("right", "FORMER"),
    "PARTENAIRE/DATE_ACTIF": ("day", "00/01/2026"),
    "PARTENAIRE/DATE_DERNIERE_MODIFICATION_ETAT": ("day", "31/12/26"),
    "CERTIFICATEUR/SIRET_CERTIFICATEUR": ("siret", "13002526500013.0"),
    "CERTIFICATEUR/ETAT_CERTIFICATEUR": ("state", "Supprime"),
    "CERTIFICATEUR/DATE_DERNIERE_MODIFICATION_ETAT": ("day", "inconnue"),
}


@pytest.mark.parametrize("column", EVERY_COLUMN)
def test_malformed_values_are_counted(tmp_path: Path, column: str) -> None:
    name, value = EVERY_COLUMN[column]
    sound: list[dict[str, str]] = [{"code": str(number)} for number in range(10, 20)]
    bad = {"code": "20"} | {name: value}
    with open_database(tmp_path, memory_limit_mb=200) as database:
        columns = load(database, tmp_path, detailed(*sound, bad, {"code": "21", name: " "})).columns
    counted = columns[column]
    if column == "NUMERO_FICHE":  # two fiches have none, and the letters alone are no number either
        assert replace(counted, cells=None, may_go=False) == ColumnCount(12, 2, (("103", "RSx"), ("113", "RS")))
    else:
        assert replace(counted, cells=None, may_go=False) == ColumnCount(11, 1, (("RS20", value),))
    assert columns.keys() == EVERY_COLUMN.keys()


def test_nothing_is_malformed_in_what_the_producer_writes(tmp_path: Path) -> None:
    """The older tag of the state, a state in decomposed letters, and blanks count as the producer's."""
    changes = [
        {"tag": "ETAT_PARTENAIRE", "state": " Actif\n"},
        {"code": "2", "state": "Inactif", "right": "HABILITATION_ORGA_FORM", "active": " Non "},
        {"code": "3", "right": "HABILITATION_ORGANISER", "kind": "Enregistrement sur demande", "day": "29/02/2028"},
    ]
    with open_database(tmp_path, memory_limit_mb=200) as database:
        content = detailed(*changes).replace(
            b"<ETAT_HABILITATION>Inactif", "<ETAT_HABILITATION>Supprime\u0301".encode()
        )
        columns = load(database, tmp_path, content).columns
    assert {name: count for name, count in columns.items() if count.malformed} == {}
    assert {count.filled for count in columns.values()} == {3}


def test_the_last_accepted_rows_of_a_fiche_set_aside_stay_in_use(tmp_path: Path) -> None:
    """Also of a register that an earlier reader stored, which lacks columns; but not when the file has the fiche twice."""
    tables = ("fiches_rs", "partenaires_rs", "certificateurs_rs")
    stored = {table: tmp_path / f"{table}.parquet" for table in tables}
    codes = [{"code": str(number)} for number in range(1, 6)]
    with open_database(tmp_path, memory_limit_mb=200) as database:
        load(database, tmp_path, detailed(*codes))
        database.execute("ALTER TABLE fiches_rs DROP accessibilite")
        database.execute("ALTER TABLE partenaires_rs DROP nom")
        for table, path in stored.items():
            database.execute(f"COPY {table} TO '{path}'")
    changes = [{}, {"code": "2", "name": "&nbsp;"}, {"code": "3", "active": "VRAI"}, {"code": "4"}, {"code": "4"}]
    with open_database(tmp_path, memory_limit_mb=200) as database:
        reading = load(database, tmp_path, detailed(*changes), stored.get)
        assert (reading.rows, [row.identifier for row in reading.set_aside]) == (2, ["RS2", "RS3", "RS4"])
        for table in tables:
            rows = database.execute(f"SELECT code FROM {table} ORDER BY code").fetchall()
            assert [code for (code,) in rows] == ["RS1", "RS2", "RS3", "RS4"], table
        assert database.execute("SELECT actif, accessibilite FROM fiches_rs WHERE code = 'RS3'").fetchone() == (
            True,
            None,
        )


def test_fiches_that_are_neither_read_nor_set_aside_refuse_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def one_more(*arguments: Any) -> Any:
        number, set_aside = extract(*arguments)
        return number + 1, set_aside

    monkeypatch.setattr(france_competences, "extract", one_more)
    with pytest.raises(FileRefused, match="of 2 fiches 1 were read and 0 set aside"):
        read(tmp_path, (HEAD + FICHE.format(1) + "</FICHES>").encode())


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
    said = {"refused": {"code": "unreadable", "facts": {"detail": "nothing"}}}
    _instead_of_python(monkeypatch, tmp_path, f"env > {seen}; echo '{json.dumps(said)}'")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a secret")
    with pytest.raises(FileRefused, match="nothing"):
        read(tmp_path, b"")
    assert "PYTHONPATH" in seen.read_text(encoding="utf-8")
    assert "AWS" not in seen.read_text(encoding="utf-8")


FIELD = Path(__file__).parents[3] / "shared" / "field"


@pytest.mark.parametrize(
    ("what", "read_there", "set_aside"),
    [("RNCP, 201 fiches, U+000B", 200, ["RNCP50067"]), ("RNCP zip re-made on a Mac", 1, [])],
)
def test_files_kept_beside_the_project(tmp_path: Path, what: str, read_there: int, set_aside: list[str]) -> None:
    """Found by the first words of their README."""
    folder = next((one.parent for one in FIELD.glob("*/README") if one.read_text().startswith(what)), None)
    if folder is None:
        pytest.skip("the files are not beside the project")
    path = tmp_path / "rncp.zip"
    path.write_bytes(next(folder.glob("*.zip")).read_bytes())
    with open_database(tmp_path, memory_limit_mb=200) as database:
        reading = france_competences.read(database, path, "rncp", lambda _: None)
    assert (reading.rows, [row.identifier for row in reading.set_aside]) == (read_there, set_aside)
    assert not any(count.malformed for count in reading.columns.values())
