"""The demo: ingest a day, look up a few SIRETs, read the anomalies."""

import json
import shlex
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from tools.fictitious_france import FIRST_DAY, write_day
from tools.fictitious_france.cast import CERTIFIED, CERTIFIED_THROUGH_LEGAL_UNIT, SEVERAL_NDA, UNKNOWN
from tools.local_stack import drive
from tools.local_stack.deploy import Stack

Step = Callable[[str], AbstractContextManager[None]]

_SHOWN = {
    CERTIFIED: "certifié",
    CERTIFIED_THROUGH_LEGAL_UNIT: "certifié par son unité légale",
    SEVERAL_NDA: "plusieurs numéros de déclaration",
    UNKNOWN: "inconnu",
}
_STATES = {
    "accepted": "acceptée",
    "unchanged": "inchangée",
    "refused": "refusée",
    "absent": "absente",
    "missing": "jamais reçue",
}
_QUALIOPI = {
    "action_formation": "les actions de formation",
    "bilan_competences": "les bilans de compétences",
    "validation_acquis_experience": "la VAE",
    "apprentissage": "l'apprentissage",
}
_HABILITATIONS = {
    "habilitation_pour_former": "peut former",
    "habilitation_pour_organiser_l_evaluation": "peut évaluer",
}
_ANOMALIES_SHOWN = 12


def play(stack: Stack, real: Path | None, step: Step) -> None:
    """Ingest a folder, by default the fictitious France's first day, and print the results."""
    if real:
        with step(f"Déposer les fichiers de {real}"):
            drive.fill(stack, real)
        day = datetime.now(UTC).astimezone(ZoneInfo("Europe/Paris")).date()
    else:
        day = FIRST_DAY
        with tempfile.TemporaryDirectory() as folder, step("Déposer les fichiers d'une France fictive"):
            write_day(Path(folder), day)
            drive.fill(stack, Path(folder))
    with step(f"Ingérer la journée du {day:%d/%m/%Y}"):
        summary = drive.invoke(stack, stack.ingest_function, day)
    with step("Rapprocher les sources"):
        reconciled = drive.invoke(stack, stack.reconcile_function, day)
        events = drive.drain(stack)
    _print_ingestion(summary)
    if not real:
        _print_lookups(stack)
    _print_anomalies(events, reconciled)
    _print_next_steps(stack, CERTIFIED if not real else "<SIRET>")


def _print_ingestion(summary: dict[str, Any]) -> None:
    documents = summary["documents"]
    print(f"\nPublié : génération {summary['generation']}, {documents['total']} documents, un par établissement")
    for name, source in summary["sources"].items():
        aside = f", {source['rows_set_aside']} mise(s) de côté" if source["rows_set_aside"] else ""
        text = f"{source['rows_read']} lignes{aside}" if source["file"] else ""
        reason = source["reason"] or ""
        print(f"  {name:<20} {_STATES[source['state']]:<13} {source['day'] or '':<11} {text} {reason}".rstrip())


def _print_lookups(stack: Stack) -> None:
    print("\nRecherches : réponse HTTP, puis ce qu'elle dit")
    for siret, what in _SHOWN.items():
        status, _, body = drive.get(stack, siret)
        answer = json.loads(body)
        print(f"  {siret}  {status}  {what}")
        for declaration in answer.get("data", {}).get("declarations_activites_etablissement", []):
            qualiopi = declaration["certification_qualiopi"]
            held = ", ".join(text for name, text in _QUALIOPI.items() if qualiopi[name])
            through = " (par l'unité légale)" if qualiopi["obtention_via_unite_legale"] else ""
            text = f"Qualiopi pour {held}{through}" if held else "sans Qualiopi"
            print(f"      NDA {declaration['numero_de_declaration']} : {text}")
        for entry in answer.get("data", {}).get("habilitations_france_competence", []):
            rights = [text for name, text in _HABILITATIONS.items() if entry[name]]
            print(f"      {entry['code']} : {' et '.join(rights)}{'' if entry['actif'] else ' (inactive)'}")
        for error in answer.get("errors", []):
            print(f"      {error['title']} : {error['detail']}")


def _print_anomalies(events: list[dict[str, Any]], reconciled: dict[str, Any]) -> None:
    print(f"\nAnomalies : {len(events)} messages dans la file, {reconciled['still_open']} anomalies ouvertes")
    order = ("critique", "majeure", "mineure", "info")
    events.sort(key=lambda event: (order.index(event["data"]["severite"]), event["data"]["code"]))
    for event in events[:_ANOMALIES_SHOWN]:
        data = event["data"]
        print(f"  {data['severite']:<9} {data['code']:<26} {data['message']}")
    if len(events) > _ANOMALIES_SHOWN:
        rest = Counter(event["data"]["code"] for event in events[_ANOMALIES_SHOWN:])
        print("  … et " + ", ".join(f"{number} {code}" for code, number in sorted(rest.items())))


def _print_next_steps(stack: Stack, siret: str) -> None:
    url = f"{stack.api_url}{drive.PATH.format(siret=siret)}?{urlencode(drive.QUERY)}"
    print("\nÀ vous :\n")
    print(f"curl -H @.local/authorization \\\n  {shlex.quote(url)}")
    print("\nAccès : .local/stack.json — arrêter : make stop")
