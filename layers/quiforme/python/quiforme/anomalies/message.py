"""The messages to consumers: CloudEvents 1.0, as the consumers' kit (layers/anomalies) models them."""

import json
from datetime import date, datetime
from typing import Any, Final, Literal

from quiforme_anomalies import SCHEMA_ANOMALIE, Anomalie, Liens

from quiforme.anomalies import links, vocabulary
from quiforme.anomalies.ports import event_id
from quiforme.anomalies.rule import Rule
from quiforme.anomalies.wording import rendered

SOURCE: Final = "quiforme/rapprochement"
LARGEST: Final = 200_000
"""Bytes of a message: under the 256 KB of SQS, with room for the attributes."""
_KEPT_OF_LISTS: Final = 20
_DAY: Final = "%d/%m/%Y"

Evenement = Literal["ouverte", "modifiee", "resolue"]


def event(
    rule: Rule, evenement: Evenement, row: dict[str, Any], *, generation: int, recorded: datetime, api_url: str
) -> dict[str, Any]:
    """The CloudEvent of one anomaly.

    Args:
        rule: The anomaly's rule.
        evenement: What happened to the anomaly.
        row: The anomaly's row in the ledger; `cle`, `constats` and `details` are JSON text.
        generation: The generation of the documents.
        recorded: When the event was recorded, UTC.
        api_url: The address of the look-up, without a trailing slash.

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
        message=sentence(rule, evenement, cle, constats, row),
        constats=bounded(constats),
        liens=Liens(consultation=links.consultation(about, api_url), sources=links.sources(rule, about)),
        premiere_detection=row["premiere_detection"],
        derniere_detection=row["derniere_detection"],
        generation=generation,
        **about,
    )
    subjects = (cle.get(name) for name in ("siret", "nda", "code_fiche", "uai", "source"))
    return {
        "specversion": "1.0",
        "id": event_id(row["id"], row["sequence"]),
        "source": SOURCE,
        "type": f"fr.quiforme.anomalie.{evenement}.v1",
        "subject": next((subject for subject in subjects if subject is not None), None),
        "time": recorded.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "datacontenttype": "application/json",
        "dataschema": SCHEMA_ANOMALIE,
        "data": data.model_dump(mode="json"),
    }


def sentence(
    rule: Rule, evenement: Evenement, cle: dict[str, str], constats: dict[str, Any], row: dict[str, Any]
) -> str:
    """The text that an agent reads: what is wrong, since when, what to ask, and which region is competent.

    Args:
        rule: The anomaly's rule.
        evenement: What happened to the anomaly.
        cle: The anomaly's key.
        constats: The whole evidence.
        row: The anomaly's row in the ledger. These columns are read: siret, siren, departement, region,
            premiere_detection, details, and resolue_le when the anomaly is resolved.

    """
    details = json.loads(row["details"]) if row["details"] else None
    values = {"siret": row["siret"], "siren": row["siren"], "details": details, **constats, **cle}
    what, ask = rendered(rule.message, values), rendered(rule.request, values)
    found: date = row["premiere_detection"]
    match evenement:
        case "ouverte":
            text = f"{what} {ask} Constaté le {found:{_DAY}}."
        case "modifiee":
            text = f"Mise à jour du constat du {found:{_DAY}}. {what} {ask}"
        case "resolue":
            text = (
                f"Résolue le {row['resolue_le']:{_DAY}} : le constat du {found:{_DAY}} n'a plus cours. Rappel : {what}"
            )
    return f"{text} {_place(row['region'], row['departement'])}".strip()


def _place(region: str | None, departement: str | None) -> str:
    """Which region is competent, as far as it is known."""
    if region and departement:
        return f"Région compétente : {vocabulary.region(region)} ({vocabulary.departement(departement)})."
    if region:
        return f"Région compétente : {vocabulary.region(region)}."
    return f"Lieu : {vocabulary.departement(departement)}." if departement else ""


def bounded(constats: dict[str, Any]) -> dict[str, Any]:
    """The evidence, with long lists and texts cut where the message would exceed the limit of SQS."""
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
