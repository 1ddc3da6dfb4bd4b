"""`python -m tools.bench.lookup`: cold start, warm time and size of the look-up, in ratios of one run."""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tools.bench.lookup import load
from tools.bench.lookup.forms import FORMS
from tools.bench.lookup.process import SIRET
from tools.in_process.documents import OTHER, declaration, empty, habilitation

HOME = Path(".local/bench")
_STARTS = 25
_CALLS = 3_000


def main() -> None:
    """Measure and print."""
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        _prepare(folder)
        cold: dict[str, list[float]] = {form: [] for form in FORMS}
        for number in range(_STARTS + 1):
            for form in FORMS:  # in turn, so that the load of the machine affects all alike
                seconds, _ = _run(form, 0, folder)
                if number:  # the first run of each compiles its modules
                    cold[form].append(seconds)
        warm: dict[str, list[list[float]]] = {form: [] for form in FORMS}
        for _ in range(3):
            for form in FORMS:
                warm[form].append(_run(form, _CALLS, folder)[1])
    text_lines = ["## The look-up, from a process's start to its first answer, and later", "", *report(cold, warm), ""]
    text_lines += ["## The deployed local stack under load", "", *load.lines()]
    text = "\n".join(text_lines)
    (HOME / "lookup.md").write_text(text + "\n", encoding="utf-8")
    print(text)


def report(cold: dict[str, list[float]], warm: dict[str, list[list[float]]]) -> list[str]:
    """The table of the report."""
    started = {form: statistics.median(seconds) for form, seconds in cold.items()}
    through, handled = ({form: min(run[place] for run in runs) for form, runs in warm.items()} for place in (0, 1))
    lines = [
        "| form | cold start ms | of the floor | warm ms, without the store | of the stock form | warm ms, SDK included |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    return lines + [
        f"| {form} | {started[form] * 1000:.0f} | {started[form] / started['floor']:.2f} "
        f"| {handled[form] * 1000:.3f} | {handled[form] / handled['stock']:.2f} | {through[form] * 1000:.2f} |"
        for form in FORMS
    ]


def _prepare(folder: Path) -> None:
    for form, text in FORMS.items():
        (folder / f"{form}.py").write_text(text)
    event = json.loads(Path("events/lookup.json").read_text())
    (folder / "event.json").write_text(json.dumps(event))
    (folder / "stored.json").write_text(json.dumps(_stored()))


def _stored() -> dict[str, Any]:
    """What DynamoDB answers to each operation."""
    data = {
        **empty(SIRET),
        "declarations_activites_etablissement": [declaration()],
        "habilitations_france_competence": [
            habilitation(f"RNCP{number}", sirets_organismes_certificateurs=[OTHER]) for number in range(4)
        ],
    }
    details = {"etablissement": {"etat_administratif": "A"}, "habilitations": {}}
    publication = {
        "generation": 1,
        "newest": 1,
        "day": "2026-11-24",
        "generation_day": "2026-11-24",
        "snapshot": "s",
        "sources": {"liste_of": "2026-11-24"},
        "states": {"liste_of": "accepted"},
    }
    item = {
        "id": {"S": SIRET},
        "generation": {"N": "1"},
        "etat": {"S": "document"},
        "jour": {"S": "2026-11-24"},
        "data": {"S": _text(data)},
        "details": {"S": _text(details)},
        "identite": {"S": _text({"denomination": "Organisme", "adresse": None})},
    }
    return {
        "Query": {"Items": [item], "Count": 1, "ScannedCount": 1},
        "GetItem": {"Item": {"id": {"S": "publication"}, "publication": {"S": _text(publication)}}},
        "UpdateItem": {"Attributes": {"calls": {"N": "1"}}},
    }


def _text(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _run(form: str, calls: int, folder: Path) -> tuple[float, list[float]]:
    """Seconds from the start of a process to its first answer, and seconds per later answer."""
    command = [sys.executable, "-m", "tools.bench.lookup.process", form, str(calls), str(folder)]
    start = time.perf_counter()
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=dict(os.environ)
    ) as process:
        assert process.stderr
        first = process.stderr.readline()
        seconds = time.perf_counter() - start
        rest = process.stderr.read()
    if process.returncode or first.strip() != "answered":
        raise RuntimeError(f"{form}: {first}{rest}")
    return seconds, json.loads(rest.splitlines()[-1]) if calls else []


if __name__ == "__main__":
    main()
