"""The generated files of the consumers' kit: their paths and their content."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from quiforme.anomalies.catalogue import RULES
from quiforme.anomalies.flood import alert
from quiforme_anomalies import SCHEMA_ALERTE, SCHEMA_ANOMALIE, SCHEMA_EVENEMENT, Alerte, Anomalie
from quiforme_anomalies.model import EVENEMENT

from tools.fictitious_france import FIRST_DAY, ban, write_day
from tools.in_process.http_service import Clock, Reply, Request, serve
from tools.in_process.system import System
from tools.local_stack.emulator import ROOT

KIT = ROOT / "layers" / "anomalies" / "python" / "quiforme_anomalies"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_LIST = "listePubliqueOF.csv"


def generated() -> dict[Path, Any]:
    """The content of every generated file, by path."""
    schemas = {
        "anomalie": {"$id": SCHEMA_ANOMALIE, **Anomalie.model_json_schema()},
        "alerte": {"$id": SCHEMA_ALERTE, **Alerte.model_json_schema()},
        "evenement": {"$id": SCHEMA_EVENEMENT, "title": "Evenement", **EVENEMENT.json_schema()},
    }
    schemas = {name: {"$schema": _DIALECT, **schema} for name, schema in schemas.items()}
    return {
        **{KIT / "schemas" / f"{name}.v1.schema.json": content for name, content in schemas.items()},
        **{KIT / "exemples" / f"{code}.json": events for code, events in samples().items()},
    }


def samples() -> dict[str, list[dict[str, Any]]]:
    """For each rule all events of one anomaly, the one with the most kinds of events; and one alert."""
    stories: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for event in _events():
        stories.setdefault(event["data"]["code"], {}).setdefault(event["data"]["id"], []).append(event)
    chosen = {
        code: max(sorted(of_code.items()), key=lambda story: len({event["type"] for event in story[1]}))[1]
        for code, of_code in stories.items()
    }
    return {**{rule.code: chosen[rule.code] for rule in RULES}, "alerte": [_alert()]}


def _events() -> Iterator[dict[str, Any]]:
    """Every event of a few days on which each rule opens, changes if it can, closes and opens again."""
    with TemporaryDirectory() as folder, serve(_geocoder, Clock()) as service:
        system = System(Path(folder), geocoder_address=service.address)

        def run(number: int) -> list[dict[str, Any]]:
            day = FIRST_DAY + timedelta(days=number)
            system.ingest(day)
            system.reconcile(day)
            events, system.outbox.events = system.outbox.events, []
            return [{**event, "time": f"{day}T04:12:09Z"} for event in events]

        def write_files(number: int) -> None:
            write_day(system.drop, FIRST_DAY + timedelta(days=number), size=1)

        for number in range(6):
            write_files(number)
            yield from run(number)
        for number in (6, 7):  # an error page instead of the list, a different one each day
            (system.drop / _LIST).write_text(f"<!DOCTYPE html><html>maintenance {number}</html>", encoding="utf-8")
            yield from run(number)
        for written, number in ((8, 8), (8, 12), (9, 13), (14, 14)):  # the producers are days late
            write_files(written)
            yield from run(number)


def _geocoder(request: Request) -> Reply:
    return Reply(200, ban.answer(request.headers["Content-Type"], request.body))


def _alert() -> dict[str, Any]:
    """The alert that follows when a source closes most establishments at once."""
    (rule,) = (rule for rule in RULES if rule.code == "etablissement_ferme")
    recorded = f"{FIRST_DAY}T04:12:09Z"
    return alert(rule, openings=104_233, open_before=812, day=FIRST_DAY, generation=9, recorded=recorded)


def text(content: Any) -> str:
    """The text of a file: one value per line, so that changes are easy to read."""
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"
