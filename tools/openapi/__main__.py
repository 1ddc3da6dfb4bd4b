"""`python -m tools.openapi [publish]`: write the served description; with `publish`, make it the promised one."""

import logging
import sys
from typing import Any

from tools.openapi.compatibility import breaks, same_major
from tools.openapi.written import PUBLISHED, SERVED, generated, read, write


def without_examples(part: Any) -> Any:
    """A description without its examples, which are no promise."""
    if isinstance(part, list):
        return [without_examples(one) for one in part]
    if not isinstance(part, dict):
        return part
    return {name: without_examples(one) for name, one in part.items() if name not in ("example", "examples")}


def main() -> None:
    """Read the command line."""
    logging.disable(logging.CRITICAL)
    description = generated()
    write(SERVED, description)
    print(f"  {SERVED.name} : écrit")
    if sys.argv[1:] != ["publish"]:
        return
    if PUBLISHED.exists() and same_major(read(PUBLISHED), description):
        broken = breaks(read(PUBLISHED), description)
        if broken:
            sys.exit("\n".join(["Échec : ces changements demandent une version majeure.", *broken]))
    write(PUBLISHED, without_examples(description))
    print(f"  {PUBLISHED.name} : écrit")


if __name__ == "__main__":
    main()
