"""Unreadable rows (sources.md, "Guards"): set aside up to one in a hundred, and what stays in use of them."""

import json
import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from quiforme.database import open_database
from quiforme.sources.catalogue import BY_NAME
from quiforme.sources.reading import ReadResult

from tools.fictitious_france import FIRST_DAY, write_day
from tools.fictitious_france.formats import annuaire, archives, france_competences, liste_of, onisep, sirene
from tools.fictitious_france.model import Fiche, OfRow, Organisme, School
from tools.fictitious_france.stage import Body
from tools.in_process.system import System

TOTAL = 300
NEXT_DAY = FIRST_DAY + timedelta(days=1)


def _body(number: int) -> Body:
    return Body(10 * number + 10)


def _text_lines(content: bytes, bad: set[int], spoil: Callable[[str], str]) -> tuple[bytes, dict[int, str]]:
    """The file with these rows (from 0) spoilt, and the lines set aside by their number."""
    lines = content.decode().split("\n")
    spoilt = {}
    for row in bad:
        lines[row + 1] = spoil(lines[row + 1])
        spoilt[row + 2] = lines[row + 1].rstrip("\r")
    return "\n".join(lines).encode(), spoilt


def _list(folder: Path, bad: set[int], total: int = TOTAL) -> dict[int, str]:
    rows = [
        OfRow(body.nda(), body.siren, body.siret(), "FORMATION IMAGINAIRE", "11") for body in map(_body, range(total))
    ]
    content, spoilt = _text_lines(liste_of.render(rows), bad, liste_of.SPOILERS["stray quote"])
    (folder / liste_of.FILE).write_bytes(content)
    return spoilt


def _directory(folder: Path, bad: set[int]) -> dict[int, str]:
    schools = [School(body.uai(), body.siret(), "75101", "75001", "PARIS") for body in map(_body, range(TOTAL))]
    content, spoilt = _text_lines(annuaire.render(schools), bad, lambda line: line.rpartition(";")[0] + "\r")
    (folder / annuaire.FILE).write_bytes(content)
    return spoilt


def _fiches(register: france_competences.Register, folder: Path, bad: set[int]) -> dict[int, str]:
    fiches = [Fiche(f"{register}{90_000 + row}", active="Peut-être" if row in bad else "Oui") for row in range(TOTAL)]
    france_competences.write(folder, register, FIRST_DAY, fiches)
    lines = france_competences.render(fiches).decode().split("\n")
    starts = [number for number, line in enumerate(lines, start=1) if "<FICHE>" in line]
    return {starts[row]: fiches[row].code for row in bad}


def _rncp(folder: Path, bad: set[int]) -> dict[int, str]:
    return _fiches("RNCP", folder, bad)


def _rs(folder: Path, bad: set[int]) -> dict[int, str]:
    return _fiches("RS", folder, bad)


def _stock(folder: Path, bad: set[int]) -> dict[int, str]:
    rows = [",".join((_body(row).siret(), "A", "75101", "O", "2015-09-01")) for row in range(TOTAL)]
    header = "siret,etatAdministratifEtablissement,codeCommuneEtablissement,statutDiffusionEtablissement,dateDebut"
    content, spoilt = _text_lines("\n".join([header, *rows, ""]).encode(), bad, lambda line: line + ",en trop")
    archives.write_zip(folder / f"{sirene.STOCK}.zip", f"{sirene.STOCK}.csv", content)
    return spoilt


def _links(folder: Path, bad: set[int]) -> dict[int, str]:
    rows = [
        ",".join((_body(row).siret(1), _body(row).siret(2), "2020-01-01", "true", "true", "2020-01-02T00:00:00"))
        for row in range(TOTAL)
    ]
    content, spoilt = _text_lines(
        "\n".join([",".join(sirene.LINKS_HEADER), *rows, ""]).encode(), bad, lambda line: line.replace(",true", "")
    )
    archives.write_zip(folder / f"{sirene.LINKS}.zip", f"{sirene.LINKS}.csv", content)
    return spoilt


def _units(folder: Path, bad: set[int]) -> dict[int, str]:
    rows = [",".join((_body(row).siren, "O", "A", "SOCIETE IMAGINAIRE", "")) for row in range(TOTAL)]
    header = "siren,statutDiffusionUniteLegale,etatAdministratifUniteLegale,denominationUniteLegale,nomUniteLegale"
    content, spoilt = _text_lines(
        "\n".join([header, *rows, ""]).encode(), bad, lambda line: line.replace("SOCIETE", '"SOCIETE')
    )
    archives.write_zip(folder / f"{sirene.UNITS}.zip", f"{sirene.UNITS}.csv", content)
    return spoilt


def _onisep(folder: Path, bad: set[int]) -> dict[int, str]:
    organismes = [Organisme(body.siret(), body.uai(), "75101", "75001", "PARIS") for body in map(_body, range(TOTAL))]
    listed = json.loads(onisep.render(organismes, bare=True))
    for row in bad:
        del listed[row]["siret"]
    (folder / onisep.FILE).write_text(json.dumps(listed), encoding="utf-8")
    return {row + 1: json.dumps(listed[row], ensure_ascii=False) for row in bad}


SOURCES: dict[str, Callable[[Path, set[int]], dict[int, str]]] = {
    "liste_of": _list,
    "rncp": _rncp,
    "rs": _rs,
    "sirene": _stock,
    "sirene_succession": _links,
    "sirene_unite_legale": _units,
    "annuaire_education": _directory,
    "referentiel_onisep": _onisep,
}
"""Each writes a file of TOTAL rows, some of them spoilt; what is to be set aside, by line (or rank) number."""


def test_one_in_a_hundred_is_set_aside(tmp_path: Path) -> None:
    system = System(tmp_path)
    bad = set(random.Random(1).sample(range(TOTAL), TOTAL // 100))
    spoilt = {name: write(system.drop, bad) for name, write in SOURCES.items()}
    sources = system.ingest(FIRST_DAY)["sources"]
    for name, source in sources.items():
        assert source["state"] == "accepted", (name, source["reason"])
        assert (source["rows_read"], source["rows_set_aside"]) == (TOTAL - len(bad), len(bad)), name
        rows = [json.loads(line) for line in (tmp_path / "storage" / source["set_aside"]).read_text().splitlines()]
        assert [row["line"] for row in rows] == sorted(spoilt[name]), name
        for row in rows:
            assert row.keys() == {"line", "reason", "identifier", "raw"}
            assert row["reason"], name
            expected = spoilt[name][row["line"]]
            # Of a fiche its beginning is kept, of the others the row as it stands.
            assert expected in row["raw"] if name in ("rncp", "rs") else expected == row["raw"], name


def test_more_are_too_many(tmp_path: Path) -> None:
    """The file is refused, and its unreadable rows are kept as those of an accepted one."""
    system = System(tmp_path)
    write_day(system.drop, FIRST_DAY, size=60, ministry_fiches=1, sirene_format="zip")
    system.ingest(FIRST_DAY)
    documents = system.registry.documents()
    bad = set(random.Random(1).sample(range(TOTAL), TOTAL // 100 + 1))
    spoilt = {name: write(system.drop, bad) for name, write in SOURCES.items()}
    for name, source in system.ingest(NEXT_DAY)["sources"].items():
        assert source["state"] == "refused", name
        assert (source["rows_read"], source["rows_set_aside"]) == (TOTAL - len(bad), len(bad)), name
        rows = [json.loads(line) for line in system.storage.read(source["set_aside"]).splitlines()]
        assert [row["line"] for row in rows] == sorted(spoilt[name]), name
        first = f"{rows[0]['line']}: {rows[0]['reason']}"
        assert source["reason"] == f"{len(bad)} of {TOTAL} rows are unreadable, the first at {first}", name
    assert system.registry.documents() == documents


def test_the_rows_of_a_refused_file_are_kept_with_its_snapshot(tmp_path: Path) -> None:
    system = System(tmp_path)
    _list(system.drop, set())
    system.ingest(FIRST_DAY)
    _list(system.drop, set(range(20)))
    key = system.ingest(NEXT_DAY)["sources"]["liste_of"]["set_aside"]
    assert system.ingest(NEXT_DAY)["sources"]["liste_of"]["set_aside"] == key
    assert key in system.manifest().refers_to
    assert len(system.storage.read(key).splitlines()) == 20


def test_an_unreadable_row_is_no_evidence_of_absence(tmp_path: Path) -> None:
    """Day after day, the last accepted rows of its NDA stay in use; only a list that can be read takes it away."""
    system = System(tmp_path)
    path = system.drop / liste_of.FILE
    faults = {rank * 50: spoil for rank, (fault, spoil) in enumerate(liste_of.SPOILERS.items()) if fault}
    _list(system.drop, set(), total=1000)
    good = path.read_text(encoding="utf-8").splitlines()
    system.ingest(FIRST_DAY)
    documents = system.registry.documents()
    spoilt = [faults[number](line) if number in faults else line for number, line in enumerate(good)]
    for day in (1, 2):
        path.write_text("\n".join(spoilt) + "\n" * day, encoding="utf-8")  # another file, the same rows
        source = system.ingest(FIRST_DAY + timedelta(days=day))["sources"]["liste_of"]
        rows = [json.loads(one) for one in (tmp_path / "storage" / source["set_aside"]).read_text().splitlines()]
        assert {row["line"]: row["raw"] for row in rows} == {number + 1: spoilt[number] for number in faults}
        assert system.registry.documents() == documents

    path.write_text("\n".join(line for number, line in enumerate(good) if number not in faults), encoding="utf-8")
    system.ingest(FIRST_DAY + timedelta(days=3))
    inactive = {
        siret
        for siret, document in system.registry.documents().items()
        if not document["declarations_activites_etablissement"][0]["actif"]
    }
    assert inactive == {_body(number - 1).siret() for number in faults}


def test_what_the_last_directory_said_of_an_unreadable_row_stays_in_use(tmp_path: Path) -> None:
    """By its UAI, or by its SIRET when the UAI is unreadable; what can be read wins over what was kept."""
    header, *lines = (
        annuaire.render(School(body.uai(), body.siret(), "75101", "75001", "PARIS") for body in map(_body, range(5)))
        .decode("utf-8-sig")
        .splitlines()
    )
    with_quote = [line.replace("imaginaire", 'imaginaire"') for line in lines]
    today = [
        with_quote[0],  # by its UAI
        with_quote[1].replace(_body(1).uai(), "07"),  # by its SIRET
        with_quote[2],
        lines[2].replace("OUVERT", "A FERMER"),  # it stands here too
        with_quote[3].replace(_body(3).uai(), "07").replace(_body(3).siret(), "13"),  # by nothing
    ]
    previous, reading, rows = _read_twice(
        tmp_path, "annuaire_education", *("\n".join([header, *some]) for some in (lines, today))
    )
    assert reading.rows == 1
    assert [row.identifier for row in reading.set_aside] == [_body(0).uai(), _body(1).siret(), _body(2).uai(), None]
    assert rows == [(*previous[2][:2], "A FERMER", *previous[2][3:]), previous[0], previous[1]]


def test_what_the_last_list_of_onisep_said_of_an_unreadable_organisation_stays_in_use(tmp_path: Path) -> None:
    organisations = [{"siret": body.siret(), "uai": body.uai()} for body in map(_body, range(5))]
    today = [
        organisations[0] | {"siret": None},  # by its UAI
        organisations[1] | {"uai": []},  # by its SIRET
        organisations[2] | {"siret": None},
        {"siret": organisations[2]["siret"]},  # it stands here too
        {"uai": "07"},
    ]
    previous, reading, rows = _read_twice(tmp_path, "referentiel_onisep", *map(json.dumps, (organisations, today)))
    assert reading.rows == 1
    assert [row.identifier for row in reading.set_aside] == [_body(0).uai(), _body(1).siret(), _body(2).uai(), None]
    assert rows == [(4, previous[2][1], None), (6, *previous[0][1:]), (7, *previous[1][1:])]


def test_a_training_body_that_stands_in_the_list_is_not_doubled(tmp_path: Path) -> None:
    """An NDA with two establishments, one of them in an unreadable row."""
    rows = [OfRow(_body(0).nda(), _body(0).siren, _body(0).siret(nic), "FORMATION", "11") for nic in (1, 2)]
    header, first, second = liste_of.render(rows).decode().splitlines()
    changed = first.replace("FORMATION", "FORMATION CHANGÉE")
    texts = ["\n".join([header, *lines]) for lines in ([first, second], [changed, second + ";", first + ";"])]
    previous, reading, found = _read_twice(tmp_path, "liste_of", *texts)
    assert (reading.rows, len(reading.set_aside)) == (1, 2)
    assert [row.identifier for row in reading.set_aside] == [_body(0).nda()] * 2
    assert [row[4] for row in found] == [row[4] for row in previous]
    assert [row[6] for row in found] == ["FORMATION CHANGÉE", "FORMATION"]


def _read_twice(folder: Path, name: str, *contents: str) -> tuple[list[Any], ReadResult, list[Any]]:
    """The table of a first file, and what comes of a second one after it."""
    path, stored = folder / "file", folder / "stored.parquet"
    tables = []
    for content in contents:
        path.write_text(content, encoding="utf-8")
        with open_database(folder, memory_limit_mb=300) as database:
            reading = BY_NAME[name].read(
                database, path, lambda table: stored if table == name and stored.exists() else None
            )
            tables.append(database.execute(f"FROM {name}").fetchall())
            database.execute(f"COPY {name} TO '{stored}' (FORMAT parquet)")
    return tables[0], reading, tables[1]
