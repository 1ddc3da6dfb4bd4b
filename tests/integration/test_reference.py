"""Against files recorded from the real producers, when a folder of them lies beside the project."""

import re
import shutil
from pathlib import Path

import pytest

from tools.fictitious_france import FIRST_DAY, write_for
from tools.in_process.system import System, check_day
from tools.local_stack.emulator import ROOT
from tools.oracle import Oracle

REFERENCE = ROOT.parent / "shared"
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
