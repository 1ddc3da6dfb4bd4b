"""`python -m tools.local_stack run|up|stop`: the local stack, started or stopped."""

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from quiforme.sources.catalogue import SOURCES

from tools.local_stack import demo, stop
from tools.local_stack.deploy import Stack, build, deploy
from tools.local_stack.emulator import LOCAL, Failed, start


@contextmanager
def step(text: str) -> Iterator[None]:
    """Print a step and how long it took."""
    print(f"  {text} … ", end="", flush=True)
    begun = time.perf_counter()
    yield
    print(f"{time.perf_counter() - begun:.1f} s", flush=True)


def up() -> Stack:
    """Start the emulator and deploy the template to it."""
    with step("Construire (sam build)"):
        built = build()
    with step("Démarrer l'émulateur AWS"):
        endpoint = start(LOCAL)
    with step("Déployer (sam deploy)"):
        stack = deploy(endpoint, built)
    stack.save(*stop.ACCESS)
    return stack


def _check_drop(folder: Path) -> None:
    """Refuse a folder that no ingestion can use, before anything is built."""
    if not folder.is_dir():
        raise Failed(f"DROP={folder} n'est pas un dossier")
    (indispensable,) = (source for source in SOURCES if source.name == "liste_of")
    if not any(indispensable.matches(path.name) for path in folder.iterdir()):
        raise Failed(f"DROP={folder} ne contient pas listePubliqueOF.csv, sans lequel rien ne peut être publié")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.local_stack")
    parser.add_argument("command", choices=("run", "up", "stop"))
    parser.add_argument("--drop", type=Path, help="un dossier de vrais fichiers des producteurs")
    options = parser.parse_args()
    if options.command == "stop":
        stop.main()
        return
    if options.drop:
        _check_drop(options.drop)
    print("\nQuiforme, en local", flush=True)
    stack = up()
    if options.command == "run":
        demo.play(stack, options.drop, step)
    else:
        print(f"\nPrêt, sans données. API : {stack.api_url}\n\nAccès : .local/stack.json — arrêter : make stop")


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(f"\nÉchec : {failure}")
    except KeyboardInterrupt:
        sys.exit("\nInterrompu. Arrêter ce qui tourne : make stop")
