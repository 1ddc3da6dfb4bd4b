"""`make bench`: generate what is missing, measure, and print a report; `--scale 0.25` measures a quarter only."""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.bench import data, emulated, reconciled, report
from tools.bench.measures import measure, same_documents

HOME = Path(".local/bench")
SMALL = 0.02
"""The scale at which the documents are compared with those of the straightforward version."""
_TIMES = 2
"""How often the project and the floor are measured."""


def main() -> None:
    """Measure everything in one run."""
    options = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    options.add_argument("--scale", type=float, nargs="+", default=[0.25, 0.5, 1.0], help="of the national size")
    scales = sorted(options.parse_args().scale)
    drops = {scale: HOME / f"drop-{scale:g}" for scale in {SMALL, *scales}}
    for scale, drop in drops.items():
        data.make(drop, scale)
    with TemporaryDirectory(dir=HOME) as folder:
        scratch = Path(folder)
        lines = [report.equality(same_documents(drops[SMALL], scratch))]
        measured = {}
        for scale in scales:
            print(f"measuring at {scale:g}…", flush=True)
            # Measured in turn, the faster run of each counts: the first one warms the caches, and the load of the
            # machine may change meanwhile.
            pairs = [
                (measure("floor", drops[scale], scratch), measure("project", drops[scale], scratch))
                for _ in range(_TIMES)
            ]
            measured[scale] = report.Pair([project for _, project in pairs], [floor for floor, _ in pairs])
        lines += report.against_the_floor(measured)
        print("measuring the straightforward version…", flush=True)
        ours, theirs = (measure(task, drops[scales[-1]], scratch) for task in ("published", "straightforward"))
        lines += report.against_straightforward(ours, theirs, scale=scales[-1])
        print("measuring a second day…", flush=True)
        lines += report.second_day(measure("second_day", drops[scales[-1]], scratch), scale=scales[-1])
        print("measuring the reconciliation…", flush=True)
        steps = {name: measure(name, drops[scales[-1]], scratch) for name in reconciled.STEPS}
        lines += report.reconciled(steps, scale=scales[-1])
        lines += report.publication(measure("publication", HOME, scratch))
        lines += emulated.report(emulated.measure())
    text = "\n".join(lines)
    (HOME / "report.md").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
