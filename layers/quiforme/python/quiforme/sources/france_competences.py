"""`rncp` and `rs`: the registers of France compétences, XML flux 4.1 (sources.md, b)."""

import re
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal

import duckdb

from quiforme.database import count, sql_text
from quiforme.sources.fiches import COLUMNS, extract
from quiforme.sources.reading import FileRefused, Previous, ReadResult, SetAside
from quiforme.sources.source import DATA_GOUV_API, Source, Subject
from quiforme.sources.values import FRENCH_DATE, Column, ColumnCount, count_values, digits, matching, one_of

Register = Literal["rncp", "rs"]

_EXPRESSIONS = {
    "actif": "clean(actif) = 'Oui'",
    "etat": "nfc_normalize(clean(etat))",
    "siret": "coalesce(clean(siret), '')",
    "nom": "nullif(clean(nom), '[ND]')",
    "nouvelles_certifications": (
        "list_filter(string_split(coalesce(nouvelles_certifications, ''), ','), lambda code: code <> '')"
    ),
    "type_enregistrement": """
        CASE clean(type_enregistrement) WHEN 'Enregistrement de droit' THEN 'de droit'
                                        WHEN 'Enregistrement sur demande' THEN 'sur demande' END
    """,
    "existence_partenaires": "CASE clean(existence_partenaires) WHEN 'Oui' THEN true WHEN 'Non' THEN false END",
    "accessibilite": "list_filter(string_split(accessibilite, ','), lambda way: way <> '')",
}
"""How the columns that are neither dates nor plain texts are read from the text of the file."""


def _judged(register: Register) -> dict[str, tuple[Column, ...]]:
    """The columns whose values are counted, by the file of fiches.py that has them."""

    def column(name: str, tag: str, form: str) -> Column:
        return Column(tag, f"clean({name})", form)

    active = one_of("Actif", "Inactif")
    partner_states = "nfc_normalize(value) IN ('Actif', 'Inactif', 'Supprimé')"
    rights = one_of("HABILITATION_FORMER", "HABILITATION_ORGANISER", "HABILITATION_ORGA_FORM")
    return {
        "required": (
            column("numero", "NUMERO_FICHE", matching(f"{register.upper()}[0-9]+")),
            column("actif", "ACTIF", one_of("Oui", "Non")),
        ),
        "fiches": (
            column(
                "type_enregistrement",
                "TYPE_ENREGISTREMENT",
                one_of("Enregistrement de droit", "Enregistrement sur demande"),
            ),
            column("date_decision", "DATE_DECISION", FRENCH_DATE),
            column("date_effet", "DATE_EFFET", FRENCH_DATE),
            column("date_fin_enregistrement", "DATE_FIN_ENREGISTREMENT", FRENCH_DATE),
            column("date_limite_delivrance", "DATE_LIMITE_DELIVRANCE", FRENCH_DATE),
        ),
        "partenaires": (
            column("siret", "PARTENAIRE/SIRET_PARTENAIRE", digits(14)),
            column("etat", "PARTENAIRE/ETAT_HABILITATION", partner_states),
            column("habilitation", "PARTENAIRE/HABILITATION_PARTENAIRE", rights),
            column("date_actif", "PARTENAIRE/DATE_ACTIF", FRENCH_DATE),
            column("date_etat", "PARTENAIRE/DATE_DERNIERE_MODIFICATION_ETAT", FRENCH_DATE),
        ),
        "certificateurs": (
            column("siret", "CERTIFICATEUR/SIRET_CERTIFICATEUR", digits(14)),
            column("etat", "CERTIFICATEUR/ETAT_CERTIFICATEUR", active),
            column("date_etat", "CERTIFICATEUR/DATE_DERNIERE_MODIFICATION_ETAT", FRENCH_DATE),
        ),
    }


_MAY_GO: Final = frozenset(
    (
        "DATE_EFFET",
        "DATE_LIMITE_DELIVRANCE",
        "PARTENAIRE/DATE_DERNIERE_MODIFICATION_ETAT",
        "CERTIFICATEUR/DATE_DERNIERE_MODIFICATION_ETAT",
    )
)
"""The elements of which a whole export may have none (values.py)."""
_TABLES = ("fiches", "partenaires", "certificateurs")


def read(database: duckdb.DuckDBPyConnection, path: Path, register: Register, previous: Previous) -> ReadResult:
    """Load one register's export into its three tables; the rows that are counted are the fiches.

    Args:
        database: Where the tables are made.
        path: A zip with one XML file inside, or the bare XML file.
        register: The register, which gives the tables their names: ``fiches_rncp``, ``partenaires_rncp``, …
        previous: Gives the tables of the last accepted export. When the number of a fiche set aside can be read, and no
            other fiche of the file has it, the rows that it has there stay in use: unreadable is no evidence of absence.

    Raises:
        FileRefused: Not an export of fiches, damaged before or after them, or cut short.
        CalledProcessError: The process that reads the XML died.

    """
    columns: dict[str, ColumnCount] = {}
    with ExitStack() as stack:
        files = {name: path.with_name(f"{path.name}.{name}.csv") for name in COLUMNS}
        for file in files.values():
            stack.callback(file.unlink, missing_ok=True)
        number, set_aside = extract(path, register, files)
        for name, judged in _judged(register).items():
            _load(database, files[name], name)
            place = "place" if name == "required" else "code"
            counted = count_values(database, "raw", judged, place=place)
            # A fiche has one cell of its own columns, and any number of partners and certifiers.
            cells = count(database, "raw") if name in ("partenaires", "certificateurs") else None
            columns |= {column: replace(one, cells=cells, may_go=column in _MAY_GO) for column, one in counted.items()}
            if name in _TABLES:
                _make(database, f"{name}_{register}", name)
        database.execute("DROP TABLE raw")
    rows = count(database, f"fiches_{register}")
    if number != rows + len(set_aside):
        detail = f"of {number} fiches {rows} were read and {len(set_aside)} set aside"
        raise FileRefused("unreadable", detail=detail)
    _keep(database, register, set_aside, previous)
    return ReadResult(rows, set_aside, columns=columns)


def _load(database: duckdb.DuckDBPyConnection, file: Path, name: str) -> None:
    """Load one file of fiches.py as text; `etat_ancien` is an older name of `etat`."""
    names = ", ".join(f"'{column}': 'VARCHAR'" for column in COLUMNS[name])
    state = "REPLACE (coalesce(clean(etat), etat_ancien) AS etat)" if "etat_ancien" in COLUMNS[name] else ""
    try:
        database.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE raw AS
            SELECT * {state}
            FROM read_csv({sql_text(file)}, columns = {{{names}}}, header = false, auto_detect = false, delim = ',',
                          quote = '"', escape = '"', new_line = '\\r\\n', parallel = false)
            """
        )
    except duckdb.InvalidInputException as error:  # fiches.py wrote the file: only a row too long can fail
        raise FileRefused("unreadable", detail=str(error)) from error


def _make(database: duckdb.DuckDBPyConnection, table: str, name: str) -> None:
    columns = [column for column in COLUMNS[name] if column != "etat_ancien"]
    dates = {column: f"french_date(clean({column}))" for column in columns if column.startswith("date_")}
    expressions = _EXPRESSIONS | dates
    selected = ", ".join(f"{expressions.get(column, f'clean({column})')} AS {column}" for column in columns)
    database.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT {selected} FROM raw")


def _keep(
    database: duckdb.DuckDBPyConnection, register: Register, set_aside: list[SetAside], previous: Previous
) -> None:
    """Keep the last accepted rows of the fiches that stand in this file, but cannot be read."""
    codes = [row.identifier for row in set_aside if row.identifier]
    read_here = f"SELECT code FROM fiches_{register}"
    found = database.execute(f"SELECT unnest(?::VARCHAR[]) EXCEPT {read_here}", [codes]).fetchall()
    unread = [code for (code,) in found]
    for name in _TABLES:
        if unread and (last_accepted := previous(f"{name}_{register}")):
            database.execute(
                f"""
                INSERT INTO {name}_{register} BY NAME
                FROM read_parquet({sql_text(last_accepted)}) WHERE list_contains(?, code)
                """,
                [unread],
            )


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
        tables=tuple(f"{table}_{register}" for table in _TABLES),
        read=lambda database, path, previous: read(database, path, register, previous),
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
