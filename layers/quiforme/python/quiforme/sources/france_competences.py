"""`rncp` and `rs`: the registers of France compétences, XML flux 4.1 (sources.md, b)."""

import re
from contextlib import ExitStack
from pathlib import Path
from typing import Final, Literal

import duckdb

from quiforme.database import count, sql_text
from quiforme.sources.fiches import COLUMNS, extract
from quiforme.sources.reading import FileRefused, ReadResult
from quiforme.sources.source import DATA_GOUV_API, Source, Subject

Register = Literal["rncp", "rs"]


def read(database: duckdb.DuckDBPyConnection, path: Path, register: Register) -> ReadResult:
    """Load one register's export into its three tables; the rows that are counted are the fiches.

    Args:
        database: Where the tables are made.
        path: A zip with one XML file inside, or the bare XML file.
        register: The register, which gives the tables their names: ``fiches_rncp``, ``partenaires_rncp``, …

    Raises:
        FileRefused: Not an export of fiches, the other register's, or unreadable before its end.
        CalledProcessError: The process that reads the XML died.

    """
    with ExitStack() as stack:
        files = {name: path.with_name(f"{path.name}.{name}.csv") for name in COLUMNS}
        for file in files.values():
            stack.callback(file.unlink, missing_ok=True)
        set_aside = extract(path, register, files)
        for name in COLUMNS:
            _load(database, files[name], f"{name}_{register}", name)
    return ReadResult(count(database, f"fiches_{register}"), set_aside)


def _load(database: duckdb.DuckDBPyConnection, file: Path, table: str, name: str) -> None:
    in_file = COLUMNS[name]
    columns = [column for column in in_file if column != "etat_ancien"]  # an older name of `etat`
    names = ", ".join(f"'{column}': 'VARCHAR'" for column in in_file)
    state = "coalesce(clean(etat), clean(etat_ancien))" if "etat_ancien" in in_file else "clean(etat)"
    expressions = {
        "actif": "clean(actif) = 'Oui'",
        "etat": f"nfc_normalize({state})",
        "siret": "coalesce(clean(siret), '')",
        "nouvelles_certifications": (
            "list_filter(string_split(coalesce(nouvelles_certifications, ''), ','), lambda code: code <> '')"
        ),
        **{column: f"french_date(clean({column}))" for column in columns if column.startswith("date_")},
    }
    selected = ", ".join(f"{expressions.get(column, f'clean({column})')} AS {column}" for column in columns)
    try:
        database.execute(
            f"""
            CREATE OR REPLACE TABLE {table} AS
            SELECT {selected}
            FROM read_csv({sql_text(file)}, columns = {{{names}}}, header = false, auto_detect = false, delim = ',',
                          quote = '"', escape = '"', new_line = '\\r\\n', parallel = false)
            """
        )
    except duckdb.InvalidInputException as error:  # fiches.py wrote the file: only a row too long can fail
        raise FileRefused("unreadable", detail=str(error)) from error


def _source(register: Register, *, largest_bytes: int) -> Source:
    file_name = rf"export[-_]fiches[-_]{register}[-_]v4[-_]1[-_](?P<day>\d{{4}}-\d{{2}}-\d{{2}})\.(zip|xml)"
    name = {"rncp": "répertoire national (RNCP)", "rs": "répertoire spécifique (RS)"}[register]

    def record_page(about: Subject) -> str | None:
        number = (about["code_fiche"] or "").removeprefix(register.upper())
        return f"https://www.francecompetences.fr/recherche/{register}/{number}/" if number.isdigit() else None

    return Source(
        name=register,
        label=f"France compétences, {name}",
        file_name=re.compile(file_name, re.IGNORECASE),
        tables=tuple(f"{table}_{register}" for table in COLUMNS),
        read=lambda database, path, _previous: read(database, path, register),
        # One resource per day and register; none is ever removed.
        address=f"{DATA_GOUV_API}/5eebbc067a14b6fecc9c9976/",
        largest_bytes=largest_bytes,
        format="zip",
        stale_after_days=3,
        dataset_page="https://www.data.gouv.fr/datasets/5eebbc067a14b6fecc9c9976/",
        record_page=record_page,
    )


RNCP: Final = _source("rncp", largest_bytes=1_000_000_000)  # the real file: 74 MB
RS: Final = _source("rs", largest_bytes=500_000_000)  # the real file: 12 MB
