"""The three checks. Each runs a tool of the group `security`, in its own environment, and returns what is not accepted."""

import json
import subprocess
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tools.local_stack.emulator import LOCAL, ROOT
from tools.local_stack.template import template

_BIN = LOCAL / "security" / "bin"
_EXCEPTIONS = Path(__file__).with_name("exceptions.toml")
_KNOWN_FAULTY = "requests==2.19.0"
"""CVE-2018-18074: where the audit does not report it, there is no advisory data, and its silence means nothing."""


@dataclass(frozen=True)
class Accepted:
    """What is accepted: a kind of find, at names that match one of the patterns."""

    kind: str
    patterns: tuple[str, ...]
    reason: str

    def accepts(self, kind: str, name: str) -> bool:
        """Whether this find at this name is accepted."""
        return fnmatchcase(kind, self.kind) and any(fnmatchcase(name, pattern) for pattern in self.patterns)


def exceptions(tool: str) -> list[Accepted]:
    """Those of `checkov` or of `secrets`."""
    read = tomllib.loads(_EXCEPTIONS.read_text(encoding="utf-8"))[tool]
    kind, names = {"checkov": ("check", "resources"), "secrets": ("type", "files")}[tool]
    return [Accepted(one[kind], tuple(one[names]), one["reason"]) for one in read]


def unaccepted(tool: str, found: Iterable[tuple[str, str, str]]) -> list[str]:
    """One line for each find, given as (kind, name, details), that no exception accepts; exceptions of no use are printed."""
    accepted, finds = exceptions(tool), list(found)
    for one in accepted:
        if not any(one.accepts(kind, name) for kind, name, _ in finds):
            print(f"  {tool} : l'exception {one.kind} ({', '.join(one.patterns)}) ne sert plus ; l'ôter")
    return [
        f"{tool} : {kind} sur {name} ({details}) ; corriger, ou donner la raison dans {_EXCEPTIONS.relative_to(ROOT)}"
        for kind, name, details in finds
        if not any(exception.accepts(kind, name) for exception in accepted)
    ]


def checkov() -> list[str]:
    """The template against checkov's rules, the resources that are off by default included."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "template.json"
        path.write_text(json.dumps(_unconditional(template())), encoding="utf-8")
        command: list[str | Path] = [
            _BIN / "checkov",
            "-f",
            path,
            "--framework",
            "cloudformation",
            "--skip-download",
            "-o",
            "json",
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        return [f"checkov : {done.stderr[-500:]}"]
    report = json.loads(done.stdout)
    # A template that it cannot read leaves a report of no resource, and exit code 0.
    if not report.get("results") or report["summary"]["parsing_errors"] or not report["summary"]["resource_count"]:
        return ["checkov : le modèle n'a pas pu être lu"]
    failed = report["results"]["failed_checks"]
    print(f"  checkov : {report['summary']['passed']} règles tenues, {len(failed)} exceptions ou failles")
    return unaccepted("checkov", ((one["check_id"], one["resource"], one["check_name"]) for one in failed))


def _unconditional(content: dict[str, Any]) -> dict[str, Any]:
    """The template with every resource created, whatever the parameters."""
    resources = {
        name: {key: value for key, value in resource.items() if key != "Condition"}
        for name, resource in content["Resources"].items()
    }
    return {**content, "Resources": resources}


def secrets() -> list[str]:
    """The files of the repository that look as if they held a secret."""
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = [name for name in tracked.split("\0") if name and name != "uv.lock" and (ROOT / name).is_file()]
    command: list[str | Path] = [_BIN / "detect-secrets", "scan", "--no-verify", *files]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)["results"]
    print(f"  detect-secrets : {len(files)} fichiers lus")
    return unaccepted(
        "secrets",
        ((one["type"], name, f"ligne {one['line_number']}") for name, finds in found.items() for one in finds),
    )


def packages() -> list[str]:
    """The locked packages that the layers ship, against the advisories of the Python Package Index."""
    if not any(one["vulns"] for one in _audited(_KNOWN_FAULTY)):
        print("  pip-audit : avis de sécurité inaccessibles d'ici, aucun paquet vérifié")
        return []
    groups = [f"--only-group=layer-{name}" for name in ("lookup", "tokens", "data", "consumer")]
    command: list[str | Path] = [
        LOCAL / "tools" / "bin" / "uv",
        "export",
        "--quiet",
        "--frozen",
        "--no-hashes",
        *groups,
    ]
    locked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    audited = _audited(locked)
    wanted = [line.partition("==")[0] for line in locked.splitlines() if "==" in line and ";" not in line]
    unseen = sorted(set(wanted) - {one["name"] for one in audited})
    print(f"  pip-audit : {len(audited)} paquets vérifiés")
    return [f"paquet {name} : pip-audit n'a pas pu le vérifier" for name in unseen] + [
        f"paquet {one['name']} {one['version']} : {fault['id']}, corrigé en {', '.join(fault['fix_versions']) or '?'}"
        for one in audited
        for fault in one["vulns"]
    ]


def _audited(requirements: str) -> list[dict[str, Any]]:
    """What pip-audit knows of each package, those left out that it could not look up; nothing when it gets no data."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "requirements.txt"
        path.write_text(requirements, encoding="utf-8")
        command: list[str | Path] = [
            _BIN / "pip-audit",
            "-r",
            path,
            "--no-deps",
            "--disable-pip",
            "-f",
            "json",
            "--timeout",
            "5",
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not done.stdout.startswith("{"):
        return []
    return [one for one in json.loads(done.stdout)["dependencies"] if "vulns" in one]
