"""The closed list of sources, and who must not pay for it."""

import subprocess
import sys

from quiforme.sources.catalogue import BY_NAME, SOURCES

ANSWERING = (
    "quiforme.access.caller",
    "quiforme.access.issuing",
    "quiforme.api.routes",
    "quiforme.aws.exports",
    "quiforme.aws.followed_anomalies",
    "quiforme.aws.reader",
)
"""What the functions behind the API import."""


def test_the_list_is_closed_and_in_the_order_of_a_run() -> None:
    assert list(BY_NAME) == [
        "liste_of",
        "rncp",
        "rs",
        "sirene",
        "sirene_succession",
        "sirene_unite_legale",
        "annuaire_education",
        "referentiel_onisep",
    ]
    tables = [table for source in SOURCES for table in (*source.tables, *source.on_demand)]
    assert len(tables) == len(set(tables))


def test_the_api_imports_no_reader() -> None:
    """To load DuckDB takes over 100 ms, at every cold start."""
    code = f"import sys, {', '.join(ANSWERING)}; print(sys.modules.keys() & {{'duckdb', 'lxml', 'quiforme.sources'}})"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "set()\n"
