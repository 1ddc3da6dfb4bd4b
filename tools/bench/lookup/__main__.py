"""`python -m tools.bench.lookup`: cold start, warm time and size of the look-up, in ratios of one run.

The cold start is Lambda's: the built artifacts, read-only, which ship their bytecode, and no bytecode is written. It is
processor time, which other processes of the machine hardly change.
"""

import compileall
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from py_compile import PycInvalidationMode
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from quiforme.access.keys import SigningKey
from quiforme.access.tokens import SCOPES, Claims

from tools.bench.lookup import load
from tools.bench.lookup.forms import FLOOR, STOCK
from tools.in_process.documents import OTHER, SIRET, declaration, empty, habilitation
from tools.local_stack.deploy import build

HOME = Path(".local/bench")
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_DEFAULT_REGION": "eu-west-3",
    "AWS_EC2_METADATA_DISABLED": "true",
    "DOCUMENTS_TABLE": "documents",
    "DAYS_TABLE": "days",
    "STATE_TABLE": "state",
    "ACCESS_TABLE": "access",
    "FOLLOW_UP_TABLE": "follow-up",
    "REGISTER_TABLE": "register",
    "BUCKET": "bucket",
    "CONNECTOR_SECRET": "secret",
    "HISTORY_DAYS": "3650",
}
FORMS = ("floor", "project", "authorizer", "stock")
LOOKUP_TARGET, BOTH_TARGET = 1.2, 2.2
"""The most that the cold start of the look-up, and of the look-up and the authorizer together, may take, in floors."""
_STARTS = 25
_CALLS = 3_000


def main() -> None:
    """Measure and print."""
    built = build()
    text_lines = ["## The look-up, from a process's start to its first answer, and later", "", *measured(built), ""]
    text_lines += ["## The deployed local stack under load", "", *load.lines(built)]
    text = "\n".join(text_lines)
    (HOME / "lookup.md").write_text(text + "\n", encoding="utf-8")
    print(text)


def measured(built: Path, *, starts: int = _STARTS, calls: int = _CALLS) -> list[str]:
    """Measure the forms in processes of their own, in turn, so that the load of the machine affects all alike."""
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        paths = _prepare(folder, built)
        _set_writable(folder, writable=False)
        try:
            cold: dict[str, list[float]] = {form: [] for form in FORMS}
            for number in range(starts + 1):
                for form in FORMS:
                    seconds, _ = _run(folder / f"{form}.json", 0, paths[form])
                    if number:  # the first run of each reads its files from the disk
                        cold[form].append(seconds)
            warm: dict[str, list[list[float]]] = {form: [] for form in FORMS}
            for _ in range(3):
                for form in FORMS:
                    warm[form].append(_run(folder / f"{form}.json", calls, paths[form])[1])
        finally:
            _set_writable(folder, writable=True)
    return report(cold, warm)


def report(cold: dict[str, list[float]], warm: dict[str, list[list[float]]]) -> list[str]:
    """The table of the report, and the two ratios that have a target."""
    started = {form: statistics.median(seconds) for form, seconds in cold.items()}
    through, handled = ({form: min(run[place] for run in runs) for form, runs in warm.items()} for place in (0, 1))
    lines = [
        "| form | cold start, processor ms | of the floor | warm ms, no store | of the stock form | warm ms, with the SDK |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {form} | {started[form] * 1000:.0f} | {started[form] / started['floor']:.2f} "
        f"| {handled[form] * 1000:.3f} | {handled[form] / handled['stock']:.2f} | {through[form] * 1000:.2f} |"
        for form in FORMS
    ]
    alone = started["project"] / started["floor"]
    both = (started["project"] + started["authorizer"]) / started["floor"]
    return [
        *lines,
        "",
        f"Cold start, in floors: look-up {alone:.2f} (at most {LOOKUP_TARGET}{_verdict(alone, LOOKUP_TARGET)}), "
        f"look-up and authorizer {both:.2f} (at most {BOTH_TARGET}{_verdict(both, BOTH_TARGET)}).",
    ]


def _verdict(ratio: float, most: float) -> str:
    return "" if ratio <= most else ": MISSED"


def _prepare(folder: Path, built: Path) -> dict[str, list[Path]]:
    """Copy what each form runs from; returns the search path of each form."""
    resources: dict[str, Any] = yaml.safe_load((built / "template.yaml").read_text())["Resources"]
    layers = {
        form: resources[name]["Properties"]["Layers"]
        for form, name in (("project", "Lookup"), ("authorizer", "Authorize"))
    }
    shutil.copytree(built, folder / "built")
    paths = {
        form: [folder / "built" / layer["Ref"] / "python" for layer in several] for form, several in layers.items()
    }
    paths["project"].insert(0, folder / "built" / "Lookup")
    paths["authorizer"].insert(0, folder / "built" / "Authorize")
    for form, text, layer in (("floor", FLOOR, "LookupDependencies"), ("stock", STOCK, "DataDependencies")):
        (folder / form).mkdir()
        (folder / form / "app.py").write_text(text)
        compileall.compile_dir(folder / form, quiet=1, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
        paths[form] = [folder / form, folder / "built" / layer / "python"]
    call = {"event": json.loads(Path("events/lookup.json").read_text()), "stored": _stored(), "expected": SIRET}
    calls = {"floor": call, "project": call, "stock": call, "authorizer": _authorization()}
    for form, one in calls.items():
        (folder / f"{form}.json").write_text(json.dumps(one))
    return paths


def _authorization() -> dict[str, Any]:
    """A call to the authorizer with a sound token, and the two items that it reads."""
    now, key = int(time.time()), SigningKey.new()
    claims = Claims(uid="holder", jti="bench", siret=SIRET, scopes=(SCOPES[0],), iat=now, exp=now + 86_400)
    keys = {"M": {"jwk": {"S": json.dumps(key.jwk)}, "created_at": {"S": "2026-11-24T00:00:00Z"}}}
    issued = {
        "id": {"S": "token/bench"},
        "titulaire": {"S": "bench"},
        "siret": {"S": SIRET},
        "scopes": {"L": [{"S": SCOPES[0]}]},
        "kid": {"S": key.kid},
        "issued_at": {"S": "2026-11-24T00:00:00Z"},
        "expires": {"S": "2027-11-24T00:00:00Z"},
    }
    return {
        "event": {
            "headers": {"Authorization": f"Bearer {key.sign(claims)}"},
            "methodArn": "arn:aws:execute-api:eu-west-3:000000000000:api/api/GET/v1/etablissements/" + SIRET,
        },
        "stored": {
            "GetItem keys": {"Item": {"id": {"S": "keys"}, key.kid: keys}},
            "GetItem token/bench": {"Item": issued},
        },
        "expected": '"Allow"',
    }


def _set_writable(folder: Path, *, writable: bool) -> None:
    """Let the files be written, or not, as in a layer."""
    for path in (folder, *folder.rglob("*")):
        mode = path.stat().st_mode
        path.chmod(mode | 0o200 if writable else mode & ~0o222)


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
        "GetItem publication": {"Item": {"id": {"S": "publication"}, "publication": {"S": _text(publication)}}},
        "UpdateItem": {"Attributes": {"calls": {"N": "1"}}},
    }


def _text(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _run(call: Path, calls: int, paths: list[Path]) -> tuple[float, list[float]]:
    """Seconds of processor time from the start of a process to its first answer, and seconds per later answer."""
    # No site-packages and no working folder: the process finds what Lambda's finds.
    command = [sys.executable, "-S", "-P", str(Path(__file__).with_name("process.py")), str(call), str(calls)]
    environment = {
        **ENVIRONMENT,
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    first, _, rest = done.stderr.partition("\n")
    if done.returncode or not first.startswith("answered "):
        raise RuntimeError(f"{call.stem}: {done.stderr}")
    return float(first.removeprefix("answered ")), json.loads(rest) if calls else []


if __name__ == "__main__":
    main()
