"""`rncp` and `rs`: the registers of France compétences, XML flux 4.1 (sources.md, b)."""

from contextlib import ExitStack
from pathlib import Path

import duckdb

from quiforme.database import count, sql_text
from quiforme.sources.fiches import COLUMNS, unroll
from quiforme.sources.reading import FileRefused, ReadResult


def tables(register: str) -> tuple[str, ...]:
    """The names of the tables that one register's export fills."""
    return tuple(f"{name}_{register}" for name in COLUMNS)


def read(database: duckdb.DuckDBPyConnection, path: Path, register: str) -> ReadResult:
    """Load one register's export into its three tables; a row of the source is a fiche.

    Args:
        database: Where the tables are made.
        path: A zip with one XML file inside, or the bare XML file.
        register: ``rncp`` or ``rs``.

    Raises:
        FileRefused: Not such an export, another register's, or it cannot be read to its end.
        CalledProcessError: The process that reads it died.

    """
    with ExitStack() as stack:
        files = {name: path.with_name(f"{path.name}.{name}.csv") for name in COLUMNS}
        for file in files.values():
            stack.callback(file.unlink, missing_ok=True)
        set_aside = unroll(path, register, files)
        for name in COLUMNS:
            _load(database, files[name], f"{name}_{register}", name)
    return ReadResult(count(database, f"fiches_{register}"), set_aside)


def _load(database: duckdb.DuckDBPyConnection, file: Path, table: str, name: str) -> None:
    unrolled = COLUMNS[name]
    columns = [column for column in unrolled if column != "etat_ancien"]  # which is but another name of `etat`
    names = ", ".join(f"'{column}': 'VARCHAR'" for column in unrolled)
    state = "coalesce(clean(etat), clean(etat_ancien))" if "etat_ancien" in unrolled else "clean(etat)"
    reads = {
        "actif": "clean(actif) = 'Oui'",
        "etat": f"nfc_normalize({state})",
        "siret": "coalesce(clean(siret), '')",
        "nouvelles_certifications": (
            "list_filter(string_split(coalesce(nouvelles_certifications, ''), ','), lambda code: code <> '')"
        ),
        **{column: f"french_date(clean({column}))" for column in columns if column.startswith("date_")},
    }
    selected = ", ".join(f"{reads.get(column, f'clean({column})')} AS {column}" for column in columns)
    try:
        database.execute(
            f"""
            CREATE OR REPLACE TABLE {table} AS
            SELECT {selected}
            FROM read_csv({sql_text(file)}, columns = {{{names}}}, header = false, auto_detect = false, delim = ',',
                          quote = '"', escape = '"', new_line = '\\r\\n', parallel = false)
            """
        )
    except duckdb.InvalidInputException as error:  # the file is our own: nothing is wrong with it but a row's length
        raise FileRefused("unreadable", detail=str(error)) from error
