"""A source that goes wrong and closes a thousand establishments: the flood is held and said once, then released or dropped."""

import shutil
from collections import Counter
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from quiforme.anomalies.decision import NothingHeld
from quiforme.anomalies.flood import NUMBER
from quiforme.pipeline.losses import LEAST, LossLimits

from tools.fictitious_france import FIRST_DAY, write_day
from tools.in_process.system import System

CODE = "etablissement_ferme"
SECOND, THIRD = FIRST_DAY + timedelta(days=1), FIRST_DAY + timedelta(days=2)


@pytest.fixture(scope="module")
def flooded(tmp_path_factory: pytest.TempPathFactory) -> System:
    """A sound first day, then a day on which Sirene closes everybody."""
    system = System(tmp_path_factory.mktemp("flood"), loss_limits=LossLimits(100, LEAST))  # nothing is held
    write_day(system.drop, FIRST_DAY, size=NUMBER + 200)
    system.ingest(FIRST_DAY)
    assert system.reconcile(FIRST_DAY)["held"] == {}
    assert system.outbox.events
    assert "alerte" not in _told(system)
    stock = system.drop / "StockEtablissement_utf8.parquet"
    (system.root / "sound.parquet").write_bytes(stock.read_bytes())
    duckdb.sql(
        f"COPY (SELECT * REPLACE ('F' AS etatAdministratifEtablissement) FROM '{system.root / 'sound.parquet'}') "
        f"TO '{stock}' (FORMAT parquet)"
    )
    system.outbox.events.clear()
    system.ingest(SECOND)
    summary = system.reconcile(SECOND)
    assert summary["held"].keys() == {CODE}
    assert summary["held"][CODE] > NUMBER
    return system


@pytest.fixture
def system(flooded: System, tmp_path: Path) -> System:
    """The same once more, for one test."""
    shutil.copytree(flooded.root, tmp_path, dirs_exist_ok=True)
    return deepcopy(replace(flooded, root=tmp_path))


def _told(system: System, code: str | None = None) -> Counter[str]:
    """The events in the queue, by kind."""
    return Counter(
        event["type"].split(".")[3] for event in system.outbox.events if code is None or event["data"]["code"] == code
    )


def _repair(system: System) -> None:
    (system.drop / "StockEtablissement_utf8.parquet").write_bytes((system.root / "sound.parquet").read_bytes())
    system.outbox.events.clear()
    system.ingest(THIRD)
    system.reconcile(THIRD)


def test_one_alert_stands_for_the_flood(system: System) -> None:
    assert _told(system, CODE) == {"alerte": 1}
    assert _told(system)["ouverte"] > 0  # other rules go on
    (alert,) = (event for event in system.outbox.events if ".alerte." in event["type"])
    assert alert["data"]["ouvertures"] == system.held()[CODE]
    assert alert["subject"] == CODE
    # The same day again, and the next one, say nothing more of it.
    system.outbox.events.clear()
    assert system.reconcile(SECOND)["held"] == {}
    system.reconcile(THIRD)
    assert _told(system, CODE) == {}


def test_a_flood_that_goes_away_is_never_told(system: System) -> None:
    number = system.held()[CODE]
    _repair(system)
    assert _told(system, CODE) == {}
    assert system.held() == {}
    resolved = [one for one in system.follow_up.events.values() if one.status == "resolue" and not one.announced]
    assert len(resolved) >= number
    with pytest.raises(NothingHeld):
        system.decide(CODE, "release", THIRD)


def test_released(system: System) -> None:
    number = system.held()[CODE]
    system.outbox.events.clear()
    assert system.decide(CODE, "release", SECOND) == {"code": CODE, "decision": "release", "anomalies": number}
    assert _told(system) == {"ouverte": number}
    assert len({event["id"] for event in system.outbox.events}) == number
    assert all(system.follow_up.stands(event["data"]["id"]).announced for event in system.outbox.events[:20])
    with pytest.raises(NothingHeld):
        system.decide(CODE, "release", SECOND)
    _repair(system)
    assert _told(system, CODE) == {"resolue": number}


def test_dropped(system: System) -> None:
    number = system.held()[CODE]
    system.outbox.events.clear()
    assert system.decide(CODE, "drop", SECOND) == {"code": CODE, "decision": "drop", "anomalies": number}
    assert system.outbox.events == []
    assert system.held() == {}
    _repair(system)
    assert _told(system, CODE) == {}


def test_another_rule_is_not_concerned(system: System) -> None:
    with pytest.raises(NothingHeld):
        system.decide("nda_partage", "drop", SECOND)
    assert system.held().keys() == {CODE}
