"""The exports hold every document, with what is not to be disclosed masked."""

import csv
import gzip
import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
import pytest
from quiforme.pipeline import exports
from quiforme.registry import generations

from tools.fictitious_france import FIRST_DAY, write_day
from tools.in_process.system import System


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> System:
    """A day published, a formula among the names, and one establishment that is not to be disclosed."""
    system = System(tmp_path_factory.mktemp("system"))
    write_day(system.drop, FIRST_DAY)
    listed = system.drop / "listePubliqueOF.csv"
    header, first, *rest = listed.read_text(encoding="utf-8").split("\n")
    cells = first.split(";")
    cells[header.split(";").index("denomination")] = '"=HYPERLINK(1)"'
    listed.write_text("\n".join([header, ";".join(cells), *rest]), encoding="utf-8")
    system.ingest(FIRST_DAY)
    return system


@pytest.fixture(scope="module")
def masked(system: System) -> set[str]:
    found = {siret for siret, item in system.registry.answers().items() if item.non_diffusible}
    assert found
    return found


def export(system: System, name: str, generation: int = 1) -> Path:
    return system.root / "storage" / "exports" / f"{generation:08d}" / name


def test_ndjson(system: System, masked: set[str]) -> None:
    with gzip.open(export(system, "quiforme.ndjson.gz"), "rt", encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    assert {line["data"]["siret"]: line["data"] for line in lines} == system.registry.documents()
    for line in lines:
        nd = line["data"]["siret"] in masked
        establishment = line["meta"]["etablissement"]
        assert (establishment["denomination"] == "[ND]") == (establishment["adresse"] == "[ND]") == nd
        assert line["meta"].keys() == {"etablissement", "habilitations"}


def test_csv(system: System, masked: set[str]) -> None:
    with export(system, "quiforme.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["siret"]: row for row in csv.DictReader(file)}
    documents = system.registry.documents()
    assert rows.keys() == documents.keys()
    for siret, document in documents.items():
        active = [one for one in document["declarations_activites_etablissement"] if one["actif"]]
        row = rows[siret]
        assert row["nda_actifs"].lstrip("'").split() == sorted(one["numero_de_declaration"] for one in active)
        held = any(one["certification_qualiopi"]["apprentissage"] for one in active)
        assert row["apprentissage"] == str(held).lower()
        entries = [one for one in document["habilitations_france_competence"] if one["actif"]]
        train = [one["code"] for one in entries if one["habilitation_pour_former"]]
        assert row["habilitations_former"].split() == train
        assert (row["denomination"] == "[ND]") == (siret in masked)
    assert {row["denomination"] for row in rows.values() if "HYPERLINK" in row["denomination"]} == {"'=HYPERLINK(1)"}


def test_parquet(system: System, masked: set[str]) -> None:
    with duckdb.connect() as database:
        database.execute(f"FROM '{export(system, 'quiforme.parquet')}'")
        names = [column[0] for column in database.description or []]
        rows = database.fetchall()
    documents: dict[str, Any] = system.registry.documents()
    assert len(rows) == len(documents)
    for row in (dict(zip(names, values, strict=True)) for values in rows):
        document = documents[row["siret"]]
        declared = [one["numero_de_declaration"] for one in document["declarations_activites_etablissement"]]
        assert [one["numero_de_declaration"] for one in row["declarations"]] == declared
        codes = [one["code"] for one in document["habilitations_france_competence"]]
        assert [one["code"] for one in row["habilitations"]] == codes
        assert row["code_uai"] == document["code_uai"]
        assert (row["denomination"] == "[ND]") == (row["siret"] in masked)


@pytest.mark.prove
def test_the_newest_and_the_current_stay(tmp_path: Path) -> None:
    system = System(tmp_path)
    with patch("quiforme.pipeline.exports._KEPT", 2):
        for number in range(5):
            write_day(system.drop, FIRST_DAY + timedelta(days=number))
            system.ingest(FIRST_DAY + timedelta(days=number))
        assert {key.split("/")[1] for key in system.storage.keys("exports/")} == {"00000004", "00000005"}
        generations.go_to(system.registry, system.storage, 4, day=FIRST_DAY)
        current = system.registry.current()
        assert current
        exports.delete_old_exports(system.storage, current)
    assert {key.split("/")[1] for key in system.storage.keys("exports/")} == {"00000004", "00000005"}
