"""`python -m tools.local_stack.stop`: stop the local stack. It needs no installed package, and runs on older Pythons too."""

from tools.local_stack.emulator import LOCAL, stop

ACCESS = (LOCAL / "stack.json", LOCAL / "authorization")
"""How to call the running stack: both files hold a token."""


def main() -> None:
    """Stop the emulator and delete the files that say how to call it."""
    print("Arrêté." if stop(LOCAL) else "Rien ne tournait.")
    for file in ACCESS:
        file.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
