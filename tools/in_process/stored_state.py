"""The stored state of a system, as one file: what a later version of the code finds when it is deployed over it.

`python -m tools.in_process.stored_state FILE` plays some days with the code at hand and saves what they leave, files of
the producers included. Every release adds one to `tests/integration/upgrades`.
"""

import argparse
import json
import shutil
import tarfile
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from quiforme.anomalies.ports import LedgerState
from quiforme.registry.ports import Item, Publication

from tools.fictitious_france import FIRST_DAY, write_day
from tools.in_process.system import System

DAYS = 4
"""How many days are played. On the last, one source is refused."""
_STATE = "state.json"


def save(system: System, file: Path) -> None:
    """Write the system's storage, drop, items and pointers to a compressed archive."""
    assert system.registry.pointer
    assert system.pointer.state
    state = {
        "publication": system.registry.pointer.to_json(),
        "ledger": system.pointer.state.to_json(),
        "items": [[*key, asdict(item)] for key, item in system.registry.items.items()],
    }
    (system.root / _STATE).write_text(json.dumps(state, ensure_ascii=False), encoding="utf-8")
    with tarfile.open(file, "w:xz") as archive:
        for name in ("storage", "drop", _STATE):
            archive.add(system.root / name, arcname=name)


def load(file: Path, root: Path) -> System:
    """Open an archive in a folder."""
    with tarfile.open(file) as archive:
        archive.extractall(root, filter="data")
    state = json.loads((root / _STATE).read_text(encoding="utf-8"))
    system = System(root)
    system.registry.pointer = Publication.from_json(state["publication"])
    system.registry.items.update({(identifier, number): Item(**item) for identifier, number, item in state["items"]})
    system.pointer.state = LedgerState.from_json(state["ledger"])
    return system


def main() -> None:
    """Play the days and save what they leave."""
    parser = argparse.ArgumentParser(prog="python -m tools.in_process.stored_state", description="Save a stored state.")
    parser.add_argument("file", type=Path, help="the archive to write")
    file = parser.parse_args().file
    with TemporaryDirectory() as folder:
        system = System(Path(folder))
        for number in range(DAYS):
            day = FIRST_DAY + timedelta(days=number)
            shutil.rmtree(system.drop)
            write_day(system.drop, day, size=60, ministry_fiches=3)
            if number == DAYS - 1:
                (system.drop / "referentiel-organismes.json").write_text("{", encoding="utf-8")
            system.ingest(day)
            system.reconcile(day)
        save(system, file)


if __name__ == "__main__":
    main()
