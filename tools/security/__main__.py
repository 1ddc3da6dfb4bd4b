"""Run every check, say what each found in one line, and fail on what is not accepted."""

import sys

from tools.security.checks import checkov, packages, secrets


def main() -> int:
    """0 when nothing is found that `exceptions.toml` does not accept, else 1."""
    faults = [fault for check in (checkov, secrets, packages) for fault in check()]
    for fault in faults:
        print(f"Faille : {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
