"""The readers count the malformed values of every column that sources.md names, on the text as the file has it."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from quiforme.database import open_database
from quiforme.sources.catalogue import BY_NAME
from quiforme.sources.reading import FileRefused, ReadResult
from quiforme.sources.values import ColumnCount

from tools.fictitious_france.formats import annuaire, liste_of, onisep
from tools.fictitious_france.model import OfRow, Organisme, School
from tools.fictitious_france.stage import Body

ROWS = 5
BODIES = [Body(10 * number + 10) for number in range(ROWS)]
_DECLARED = "informationsDeclarees."
_SPECIALITY = _DECLARED + "specialitesDeFormation.codeSpecialite"

NUMBERS = ["1,17500E+10", "1.175E+10", "11755000010.0", "1175500001", "é"]
BOOLEANS = ["VRAI", "Oui", "1", "True", "TRUE", "vrai", "0"]
DATES = ["2026-04-14", "45350", "31/02/2026", "1/4/2026", "14/04/26"]
FORMS: dict[str, dict[str, tuple[str, list[str]]]] = {
    "liste_of": {
        "numeroDeclarationActivite": ("2202P002202", [*NUMBERS, "2202p002202"]),
        "siren": ("130000001", ["1,3E+08", "130000001.0", "13000000"]),
        "siretEtablissementDeclarant": ("13000000100012", ["1,3E+13", "13000000100012.0", "00012"]),
        "adressePhysiqueOrganismeFormation.codeRegion": ("905", ["1", "11.0", "IDF", "0905"]),
        **{
            f"certifications.{name}": (" true", BOOLEANS)
            for name in ("actionsDeFormation", "bilansDeCompetences", "VAE", "actionsDeFormationParApprentissage")
        },
        **{
            f"{_DECLARED}{name}": ("29/02/2024", DATES)
            for name in ("dateDerniereDeclaration", "debutExercice", "finExercice")
        },
        **{_SPECIALITY + slot: ("999", ["99", "313.0", "326t"]) for slot in "123"},
    },
    "annuaire_education": {
        "Identifiant_de_l_etablissement": ("0750010D\t", ["750010D", "0750010d", "07500100"]),
        "SIREN_SIRET": ("13000000100012", ["2,12102E+13", "130000001", "13000000100012.0"]),
        "etat": ("A FERMER", ["FERME", "ouvert", "1"]),
        "Lycee_Agricole": (" 1", ["1.0", "Oui", "true", "VRAI"]),
        "Type_contrat_prive": ("HORS CONTRAT", []),
    },
}
"""By source and column: one good value, and bad ones."""
CASES = [
    pytest.param(name, column, good, bad, id=f"{name}-{column}-{bad}")
    for name, columns in FORMS.items()
    for column, (good, several) in columns.items()
    for bad in several
]


def read(folder: Path, name: str, content: bytes) -> ReadResult:
    path = folder / "file"
    path.write_bytes(content)
    with open_database(folder, memory_limit_mb=300) as database:
        return BY_NAME[name].read(database, path, lambda _: None)


def content(name: str) -> bytes:
    if name == "liste_of":
        return liste_of.render(OfRow(body.nda(), body.siren, body.siret(), "FORMATION", "11") for body in BODIES)
    return annuaire.render(School(body.uai(), body.siret(), "75101", "75001", "PARIS") for body in BODIES)


def with_cells(name: str, column: str, cells: list[str]) -> bytes:
    """The file with these cells in a column."""
    rows = list(csv.reader(io.StringIO(content(name).decode("utf-8-sig")), delimiter=";"))
    for row, cell in zip(rows[1:], cells, strict=True):
        row[rows[0].index(column)] = cell
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


@pytest.mark.parametrize(("name", "column", "good", "bad"), CASES)
def test_each_column_is_counted(tmp_path: Path, name: str, column: str, good: str, bad: str) -> None:
    columns = read(tmp_path, name, with_cells(name, column, [good, bad, "", " ", bad + "\t"])).columns
    assert columns[column] == ColumnCount(3, 2, (("3", bad), ("6", bad)))
    assert {one: counted.malformed for one, counted in columns.items() if counted.malformed} == {column: 2}


@pytest.mark.parametrize("name", FORMS)
def test_no_other_column_is_counted_and_good_files_have_none(tmp_path: Path, name: str) -> None:
    columns = read(tmp_path, name, content(name)).columns
    assert columns.keys() == FORMS[name].keys()
    assert not [column for column, counted in columns.items() if counted.malformed]


def test_the_line_is_that_of_the_file(tmp_path: Path) -> None:
    """Not the rank among the rows: lines set aside, blank ones and cells of several lines are before it."""
    header, *rows = content("liste_of").decode().splitlines()
    rows[0] = rows[0].replace("FORMATION", "FORMATION\nIMAGINAIRE")
    rows[1] = rows[1].replace("FORMATION", 'FORMATION"')
    rows[3] = rows[3].replace(BODIES[3].siren, "1,3E+08", 1)
    text = "\n".join([header, rows[0], "", *rows[1:]])
    reading = read(tmp_path, "liste_of", text.encode())
    assert [row.line for row in reading.set_aside] == [5]
    assert reading.columns["siren"] == ColumnCount(4, 1, (("7", "1,3E+08"),))


@pytest.mark.parametrize(("nic", "malformed"), [("00012", 0), ("13000000100012", 0), ("12", 1), ("1,3E+13", 1)])
def test_the_variant_of_2021_has_the_nic_in_the_place_of_the_siret(tmp_path: Path, nic: str, malformed: int) -> None:
    rows = [OfRow(body.nda(), body.siren, body.siret(), "FORMATION", "11") for body in BODIES]
    content = liste_of.render(rows, "2021").replace(f'"{BODIES[0].siret()[9:]}"'.encode(), f'"{nic}"'.encode(), 1)
    column = read(tmp_path, "liste_of", content).columns["siretEtablissementDeclarant"]
    assert (column.filled, column.malformed) == (ROWS, malformed)


@pytest.mark.parametrize(
    ("cell", "value"), [("true", True), (" false", False), ("True", None), ("VRAI", None), ("1", None)]
)
def test_a_boolean_of_another_form_is_unknown(tmp_path: Path, cell: str, value: bool | None) -> None:
    path = tmp_path / "file"
    path.write_bytes(with_cells("liste_of", "certifications.VAE", [cell] * ROWS))
    with open_database(tmp_path, memory_limit_mb=300) as database:
        BY_NAME["liste_of"].read(database, path, lambda _: None)
        assert database.execute("SELECT DISTINCT validation_acquis_experience FROM liste_of").fetchall() == [(value,)]


# --- JSON ---------------------------------------------------------------------------------------------------


def organisations(tmp_path: Path, changed: Callable[[list[dict[str, object]]], object]) -> ReadResult:
    listed = [Organisme(body.siret(), body.uai(), "75101", "75001", "PARIS") for body in BODIES]
    found = json.loads(onisep.render(listed, bare=True))
    return read(tmp_path, "referentiel_onisep", json.dumps(changed(found) or found).encode())


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("siret", 1.3e13, "13000000000000.0"),
        ("siret", "1.3E+13", "1.3E+13"),
        ("siret", "13000000100012.0", "13000000100012.0"),
        ("siret", "130000001", "130000001"),
        ("siret", 130000001000120, "130000001000120"),
        ("siret", -13, "-0000000000013"),
        ("uai", "750010D", "750010D"),
        ("uai", 750010, "750010"),
    ],
)
def test_each_field_is_counted(tmp_path: Path, field: str, value: object, shown: str) -> None:
    def changed(listed: list[dict[str, object]]) -> None:
        listed[2][field] = value

    columns = organisations(tmp_path, changed).columns
    assert columns[field] == ColumnCount(ROWS, 1, (("3", shown),))
    assert columns.keys() == {"siret", "uai"}


def test_an_integer_is_a_siret_without_its_zeros(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text('[{"siret": 575026400011, "uai": "0750010D"}, {"siret": "\\t00575026400029 "}]')
    with open_database(tmp_path, memory_limit_mb=300) as database:
        reading = BY_NAME["referentiel_onisep"].read(database, path, lambda _: None)
        rows = database.execute("SELECT siret, uai FROM referentiel_onisep ORDER BY rank").fetchall()
    assert rows == [("00575026400011", "0750010D"), ("00575026400029", None)]
    assert reading.columns == {"siret": ColumnCount(2, 0), "uai": ColumnCount(1, 0)}


@pytest.mark.parametrize("changed", [{"siret": True}, {"siret": None}, {"siret": ["13"]}, {"uai": False}, {"uai": {}}])
def test_what_is_neither_text_nor_number_is_set_aside(tmp_path: Path, changed: dict[str, object]) -> None:
    reading = organisations(tmp_path, lambda found: [found[0] | changed, *found[1:]])
    assert (reading.rows, [row.line for row in reading.set_aside]) == (ROWS - 1, [1])


@pytest.mark.parametrize("pages", [2, 812, 812.0, "812"])
def test_one_page_of_several_is_refused(tmp_path: Path, pages: object) -> None:
    with pytest.raises(FileRefused, match=f"incomplete: one page of {int(float(str(pages)))}$"):
        organisations(tmp_path, lambda found: {"pagination": {"nombre_de_page": pages}, "organismes": found})


@pytest.mark.parametrize(
    "pagination", [{"nombre_de_page": 1}, {"nombre_de_page": "une"}, {"nombre_de_page": None}, {}, [], None]
)
def test_a_whole_answer_is_read(tmp_path: Path, pagination: object) -> None:
    reading = organisations(tmp_path, lambda found: {"pagination": pagination, "organismes": found})
    assert reading.rows == ROWS
