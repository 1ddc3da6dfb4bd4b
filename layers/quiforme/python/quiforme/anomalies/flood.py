"""The flood breaker: when a rule opens too many anomalies at once, a source is faulty, and the openings are held."""

import hashlib
from datetime import date
from typing import Any, Final

from quiforme_anomalies import SCHEMA_ALERTE

from quiforme.anomalies.rule import Rule

NUMBER: Final = 1_000
SHARE: Final = 0.2
"""A flood: the openings of one rule in one day exceed NUMBER, and this share of the anomalies that it had open before."""


def alert(rule: Rule, *, openings: int, open_before: int, day: date, generation: int, recorded: str) -> dict[str, Any]:
    """The one event that consumers get instead of the openings that are held.

    Args:
        rule: The rule of the openings.
        openings: How many are held.
        open_before: How many anomalies of the rule were open before.
        day: The run's day.
        generation: The generation of the documents.
        recorded: When the event was recorded, UTC, ISO 8601.

    """
    # The generation makes the id unique: a day may have several publications, each with its own flood.
    about = f'{{"alerte":"{rule.code}","generation":{generation},"jour":"{day}"}}'
    identifier = hashlib.sha256(about.encode()).hexdigest()[:32]
    return {
        "specversion": "1.0",
        "id": f"{identifier}:1",
        "source": "quiforme/rapprochement",
        "type": "fr.quiforme.anomalie.alerte.v1",
        "subject": rule.code,
        "time": recorded,
        "datacontenttype": "application/json",
        "dataschema": SCHEMA_ALERTE,
        "data": {
            "id": identifier,
            "code": rule.code,
            "severite": rule.severite,
            "ouvertures": openings,
            "deja_ouvertes": open_before,
            "message": (
                f"La règle {rule.code} a trouvé {openings} anomalies nouvelles le {day:%d/%m/%Y}, alors que "
                f"{open_before} étaient déjà ouvertes : une source est sans doute en défaut. Ces anomalies sont retenues "
                "jusqu'à ce que l'exploitant du service décide de les envoyer ou de les abandonner."
            ),
            "jour": day.isoformat(),
            "generation": generation,
        },
    }
