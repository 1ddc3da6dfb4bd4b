"""Unreadable rows (sources.md, "Guards"): set aside up to one in a hundred, and what stays in use of them."""

import json
import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

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
            assert row.keys() == {"line", "reason", "raw"}
            assert row["reason"], name
            expected = spoilt[name][row["line"]]
            # Of a fiche its beginning is kept, of the others the row as it stands.
            assert expected in row["raw"] if name in ("rncp", "rs") else expected == row["raw"], name


def test_more_are_too_many(tmp_path: Path) -> None:
    system = System(tmp_path)
    write_day(system.drop, FIRST_DAY, size=60, ministry_fiches=1, sirene_format="zip")
    before = system.ingest(FIRST_DAY)["sources"]
    documents = system.registry.documents()
    bad = set(random.Random(1).sample(range(TOTAL), TOTAL // 100 + 1))
    for write in SOURCES.values():
        write(system.drop, bad)
    for name, source in system.ingest(NEXT_DAY)["sources"].items():
        assert source["state"] == "refused", name
        assert source["reason"] == f"{len(bad)} of {TOTAL} rows are unreadable", name
        assert source["set_aside"] == before[name]["set_aside"], name
    assert system.registry.documents() == documents


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
