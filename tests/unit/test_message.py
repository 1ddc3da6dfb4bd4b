"""The messages of a whole day against their published schema, and what identifies them."""

import hashlib
import json
from pathlib import Path

import jsonschema
from quiforme.anomalies.message import bounded
from quiforme_anomalies import schema
from quiforme_anomalies.model import EVENEMENT

from tools.fictitious_france import FIRST_DAY, write_day
from tools.in_process.system import System


def test_every_message_of_a_day(tmp_path: Path) -> None:
    system = System(tmp_path)
    write_day(system.drop, FIRST_DAY)
    system.ingest(FIRST_DAY)
    system.reconcile(FIRST_DAY)
    promised = schema("anomalie")
    assert system.outbox.events
    for event in system.outbox.events:
        data = event["data"]
        jsonschema.validate(data, promised)
        # Readers pass over what they do not know; the writer may send nothing of the kind, and nothing unlike the model.
        read = EVENEMENT.validate_json(json.dumps(event), extra="forbid")
        assert read.model_dump(mode="json") == event
        assert event["specversion"] == "1.0"
        named = json.dumps(
            {"cle": data["cle"], "code": data["code"]}, ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )
        assert data["id"] == hashlib.sha256(named.encode()).hexdigest()[:32]
        assert event["id"] == f"{data['id']}:1"


def test_long_evidence_is_cut() -> None:
    cut = bounded({"liste_of": [{"nda": "x" * 100}] * 10_000})
    assert cut["tronque"] is True
    assert len(cut["liste_of"]) == 20
