"""`python -m tools.fictitious_france FOLDER --day 2026-11-23`: write one day's drop from a shell."""

import argparse
from datetime import date
from pathlib import Path

from tools.fictitious_france import FIRST_DAY, write_day


def main() -> None:
    """Read the command line and write the drop."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.fictitious_france", description="Write one day of the fictitious France."
    )
    parser.add_argument("folder", type=Path, help="where the files go; made if needed")
    parser.add_argument(
        "--day",
        type=date.fromisoformat,
        default=FIRST_DAY,
        help="YYYY-MM-DD (default: the story's first day)",
    )
    parser.add_argument("--seed", type=int, default=1, help="another crowd, the same cast (default: 1)")
    parser.add_argument("--size", type=int, default=150, help="how many ordinary bodies (default: 150, least: 60)")
    parser.add_argument("--ministry-fiches", type=int, help="how many fiches one ministry certifies (default: by size)")
    parser.add_argument("--of-variant", choices=("v2", "2021"), default="v2", help="format of the OF list")
    parser.add_argument(
        "--sirene-format", choices=("parquet", "zip"), default="parquet", help="format of the Sirene stocks"
    )
    parser.add_argument("--onisep-bare", action="store_true", help="the ONISEP référentiel as a bare list")
    parser.add_argument("--accidents", action="store_true", help="with the files a guard must refuse (days 6 to 11)")
    options = parser.parse_args()
    write_day(
        options.folder,
        options.day,
        seed=options.seed,
        size=options.size,
        of_variant=options.of_variant,
        sirene_format=options.sirene_format,
        onisep_bare=options.onisep_bare,
        ministry_fiches=options.ministry_fiches,
        accidents=options.accidents,
    )


if __name__ == "__main__":
    main()
