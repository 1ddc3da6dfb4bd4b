"""Against material recorded from the real producers and contracts, when a folder of it lies beside the project."""

import re
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.france import FIRST_DAY, write_day, write_for
from tests.integration.play import System, check_day
from tests.oracle import Oracle
from tests.stack.emulator import ROOT

REFERENCE = ROOT.parent / "shared"
OPENAPI = REFERENCE / "contract" / "openapi_api_entreprise_carif_oref.yaml"
DATA = REFERENCE / "data"


@pytest.mark.skipif(not DATA.is_dir(), reason="no real samples beside the project")
def test_real_fiches_directory_and_onisep(tmp_path: Path) -> None:
    system, oracle = System(tmp_path), Oracle()
    (xml,) = (DATA / "france_competences").glob("*.xml")
    shutil.copy(xml, system.drop / "export_fiches_RNCP_V4_1_2026-08-16.xml")
    (directory,) = (DATA / "annuaire_education").glob("*.csv")
    shutil.copy(directory, system.drop / "fr-en-annuaire-education.csv")
    (onisep,) = (DATA / "onisep").glob("*.json")
    shutil.copy(onisep, system.drop / "referentiel-organismes.json")
    named = set(re.findall(r"<SIRET_[A-Z]+>([0-9]{14})<", xml.read_text(encoding="utf-8")))
    write_for(system.drop, FIRST_DAY, sorted(named))
    check_day(system, oracle, FIRST_DAY)
    assert named <= system.registry.documents().keys()


@pytest.mark.skipif(not OPENAPI.exists(), reason="no recorded contract beside the project")
def test_documents_against_the_published_contract(tmp_path: Path) -> None:
    system = System(tmp_path)
    write_day(system.drop, FIRST_DAY)
    system.ingest(FIRST_DAY)
    contract = yaml.safe_load(OPENAPI.read_text(encoding="utf-8"))
    (path,) = contract["paths"].values()
    schema = path["get"]["responses"]["200"]["content"]["application/json"]["schema"]["properties"]["data"]
    checker = jsonschema.Draft202012Validator(_nullable(schema))
    for document in system.registry.documents().values():
        checker.validate(document)


def _nullable(schema: Any) -> Any:
    """OpenAPI 3.0's nullable, and the dates that document.md allows to be null, as JSON Schema says it."""
    if isinstance(schema, list):
        return [_nullable(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {name: _nullable(part) for name, part in schema.items() if name != "nullable"}
    if schema.get("nullable") is True or schema.get("format") == "date":
        changed["type"] = [schema["type"], "null"]
    return changed
