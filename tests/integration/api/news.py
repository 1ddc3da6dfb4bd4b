"""News of anomalies, as a reconciliation makes them, from plain values."""

import json
from datetime import date, datetime
from typing import Any

from quiforme.anomalies.catalogue import RULES
from quiforme.anomalies.message import event
from quiforme.anomalies.ports import AnomalyEvent
from quiforme_anomalies import exemples

RULE_OF = {rule.code: rule for rule in RULES}
_EVIDENCE = {code: events[0]["data"]["constats"] for code, events in exemples().items() if code in RULE_OF}
"""Evidence of the shape that each rule's message reads."""


def news(number: int, sequence: int = 1, **given: Any) -> AnomalyEvent:
    """What happened to the number-th anomaly; `code`, `region`, `day`, `status`, `evidence` and `announcement` as wanted."""
    code, region = given.get("code", "siret_inconnu"), given.get("region", "11")
    day, status = given.get("day", "2026-11-23"), given.get("status", "ouverte")
    announcement = given.get("announcement", "faite")
    kind = given.get("kind", "resolue" if status == "resolue" else "ouverte" if sequence == 1 else "modifiee")
    row = {
        "id": f"{number:032x}",
        "sequence": sequence,
        "occurrence": 1,
        "cle": '{"siret":"81841109200013"}',
        "constats": json.dumps({**_EVIDENCE[code], "fait": given.get("evidence", "un")}),
        "siret": "81841109200013",
        "siren": "818411092",
        "nda": None,
        "code_fiche": None,
        "uai": None,
        "source": None,
        "departement": None,
        "region": region,
        "details": None,
        "premiere_detection": date.fromisoformat("2026-11-20"),
        "derniere_detection": date.fromisoformat(day),
        "resolue_le": date.fromisoformat(day) if status == "resolue" else None,
    }
    recorded = datetime.fromisoformat(f"{day}T04:12:09")
    told = event(RULE_OF[code], kind, row, generation=4, recorded=recorded, api_url="https://api.example")
    announced = given.get("announced", announcement == "faite")
    return AnomalyEvent(told, announced, day, status, announcement, given.get("evidence", "un").ljust(32, "0"))
