"""`python -m tests.stack run|up|stop`: what the Makefile's targets do."""

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.stack import demo
from tests.stack.deploy import Stack, build, deploy
from tests.stack.emulator import LOCAL, Failed, start, stop


@contextmanager
def step(text: str) -> Iterator[None]:
    """Say what is being done, and how long it took."""
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
    stack.save(LOCAL / "stack.json")
    return stack


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.stack")
    parser.add_argument("command", choices=("run", "up", "stop"))
    parser.add_argument("--drop", type=Path, help="a folder of the producers' real files")
    options = parser.parse_args()
    if options.command == "stop":
        print("Arrêté." if stop(LOCAL) else "Rien ne tournait.")
        return
    if options.drop and not (options.drop.is_dir() and any(options.drop.iterdir())):
        raise Failed(f"DROP={options.drop} is not a folder with files in it")
    print("\nQuiforme, en local", flush=True)
    stack = up()
    if options.command == "run":
        demo.play(stack, options.drop, step)
    else:
        print(f"\nPrêt, sans données. API : {stack.api_url}\nAccès : .local/stack.json\nArrêter : make stop")


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(f"\nÉchec : {failure}")
