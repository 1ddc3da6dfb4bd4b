"""The message that consumers get: CloudEvents 1.0, as the consumers' kit (layers/anomalies) models it."""

import json
import re
from datetime import datetime
from typing import Any, Final, Literal

from quiforme_anomalies import SCHEMA_ANOMALIE, Anomalie

from quiforme.anomalies.rule import Rule

SOURCE: Final = "quiforme/rapprochement"
LARGEST: Final = 200_000
"""Bytes of a message, under the 256 KB of SQS with room for its attributes."""
_KEPT_OF_LISTS: Final = 20

Evenement = Literal["ouverte", "modifiee", "resolue"]


def event(
    rule: Rule, evenement: Evenement, row: dict[str, Any], *, generation: int, recorded: datetime
) -> dict[str, Any]:
    """One CloudEvent.

    Args:
        rule: The rule of the anomaly.
        evenement: What happened to it.
        row: The anomaly's row of the ledger; `cle` and `constats` are JSON text.
        generation: Of the documents.
        recorded: When it was recorded, UTC.

    """
    cle: dict[str, str] = json.loads(row["cle"])
    constats: dict[str, Any] = json.loads(row["constats"])
    about = {name: row[name] for name in ("siret", "siren", "nda", "code_fiche", "uai", "source")}
    about |= {name: value for name, value in cle.items() if name in about}
    if about["siren"] is None and about["siret"]:
        about["siren"] = about["siret"][:9]
    data = Anomalie(
        id=row["id"],
        code=rule.code,
        severite=rule.severite,
        occurrence=row["occurrence"],
        cle=cle,
        departement=row["departement"],
        region=row["region"],
        message=sentence(rule.message, cle, constats),
        constats=bounded(constats),
        premiere_detection=row["premiere_detection"],
        derniere_detection=row["derniere_detection"],
        generation=generation,
        **about,
    )
    subjects = (cle.get(name) for name in ("siret", "nda", "code_fiche", "uai", "source"))
    return {
        "specversion": "1.0",
        "id": f"{row['id']}:{row['sequence']}",
        "source": SOURCE,
        "type": f"fr.quiforme.anomalie.{evenement}.v1",
        "subject": next((subject for subject in subjects if subject is not None), None),
        "time": recorded.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "datacontenttype": "application/json",
        "dataschema": SCHEMA_ANOMALIE,
        "data": data.model_dump(mode="json"),
    }


def sentence(template: str, cle: dict[str, str], constats: dict[str, Any]) -> str:
    """The French sentence, its places filled from the key and the evidence; days are written as people do."""

    def value(match: re.Match[str]) -> str:
        found: Any = {**constats, **cle}
        for name in match.group(1).split("."):
            found = found.get(name) if isinstance(found, dict) else None
        text = "inconnu" if found is None else str(found)
        return f"{text[8:10]}/{text[5:7]}/{text[:4]}" if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else text[:200]

    return re.sub(r"\{([a-z_.]+)\}", value, template)


def bounded(constats: dict[str, Any]) -> dict[str, Any]:
    """The evidence, its long lists cut so that the message stays under the queue's limit."""
    if len(json.dumps(constats, ensure_ascii=False).encode()) <= LARGEST // 2:
        return constats
    cut: dict[str, Any] = _cut(constats)
    return {**cut, "tronque": True}


def _cut(value: Any) -> Any:  # noqa: ANN401  # any JSON value
    if isinstance(value, dict):
        return {name: _cut(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_cut(part) for part in value[:_KEPT_OF_LISTS]]
    return value[:1000] if isinstance(value, str) else value
