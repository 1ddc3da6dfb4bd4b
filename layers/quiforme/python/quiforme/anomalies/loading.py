"""What a reconciliation reads, loaded into its database: a snapshot, the previous ones, the ledger, the dismissals."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

from quiforme.anomalies import flood
from quiforme.anomalies.catalogue import RULES
from quiforme.anomalies.ports import LedgerState
from quiforme.database import count, run_script, sql_text
from quiforme.enrichment.overlay import overlay_recent_sirene
from quiforme.snapshot.manifest import Manifest
from quiforme.snapshot.ports import Storage
from quiforme.snapshot.tables import with_added_columns
from quiforme.sources.catalogue import BY_NAME, kept


@dataclass(frozen=True, slots=True)
class StoredFiles:
    """Stored files, each copied to a local folder when it is first read."""

    storage: Storage
    scratch: Path

    def manifest(self, key: str) -> Manifest:
        """The manifest of a snapshot."""
        return Manifest.model_validate_json(self.storage.read(key))

    def relation(self, key: str) -> str:
        """The SQL that reads a Parquet file."""
        local = self.scratch / key
        if not local.exists():
            local.parent.mkdir(parents=True, exist_ok=True)
            self.storage.get(key, local)
        return f"read_parquet({sql_text(local)})"


def load_snapshot(database: duckdb.DuckDBPyConnection, files: StoredFiles, manifest: Manifest) -> None:
    """Make each table of the snapshot, without rows where it has none, and the table `source_outcomes`."""
    run_script(database, "pipeline/shared/source_tables.sql")
    run_script(database, "pipeline/shared/previous_run.sql")
    stored = dict(manifest.tables)
    for in_use in manifest.sources.values():
        stored |= in_use.tables
    definitions = database.execute(
        "SELECT schema_name || '.' || table_name, table_name FROM duckdb_tables() WHERE schema_name <> 'main'"
    ).fetchall()
    for definition, table in definitions:
        if table in stored:
            origin = with_added_columns(database, kept(table, files.relation(stored[table])), definition)
            database.execute(f"CREATE OR REPLACE VIEW {table} AS FROM {origin}")
        else:
            database.execute(f"CREATE OR REPLACE TABLE {table} AS FROM {definition}")
    database.execute("DROP SCHEMA previous CASCADE")  # it has defined columns; `load_previous` makes it
    run_script(database, "anomalies/source_outcomes.sql")
    _load_outcomes(database, manifest)
    overlay_recent_sirene(database)


def available(database: duckdb.DuckDBPyConnection, manifest: Manifest) -> set[str]:
    """What `Rule.needs` may ask for and the snapshot has: sources, and `adresses` once the geocoder has answered."""
    return {*manifest.sources, *(["adresses"] if count(database, "adresses WHERE demandee IS NOT NULL") else [])}


def load_ledger(
    database: duckdb.DuckDBPyConnection,
    files: StoredFiles,
    state: LedgerState | None,
    dismissed: Iterable[tuple[str, str]] = (),
) -> None:
    """Make the tables of ledger.sql, and fill the ledger, the dismissals and what the flood breaker needs.

    Args:
        database: Gets the tables.
        files: Hold the ledger.
        state: The current ledger; None before the first reconciliation.
        dismissed: The anomalies that agents dismissed, each with the digest of the evidence that they saw.

    """
    run_script(database, "anomalies/ledger.sql")
    if state:
        # By name: a ledger that an earlier version stored may lack a column that was added since.
        database.execute(f"INSERT INTO ledger BY NAME FROM {files.relation(state.ledger)}")
    dismissals = list(dismissed)
    database.execute(
        "INSERT INTO dismissals SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[])",
        [[anomaly for anomaly, _ in dismissals], [digest for _, digest in dismissals]],
    )
    evaluated = state.evaluated if state else ()
    with_history = {*evaluated, *(rule.code for rule in RULES if rule.compares_with_previous)} - _rekeyed(database)
    database.execute("INSERT INTO rules_with_history SELECT unnest(?::VARCHAR[])", [sorted(with_history)])
    database.execute("SET VARIABLE flood_number = ?", [flood.NUMBER])
    database.execute("SET VARIABLE flood_share = ?", [flood.SHARE])


def _rekeyed(database: duckdb.DuckDBPyConnection) -> set[str]:
    """The rules with open anomalies whose key has other names: an earlier version of the rule found them.

    All that the rule finds now is new under its present key: a backlog, as on its first day.
    """
    names = {rule.code: set(rule.cle) for rule in RULES}
    keys = database.execute("SELECT DISTINCT code, json_keys(cle) FROM ledger WHERE etat = 'ouverte'").fetchall()
    return {code for code, key in keys if names.get(code) != set(key)}


def load_previous(database: duckdb.DuckDBPyConnection, files: StoredFiles, previous: Sequence[Manifest]) -> None:
    """Make `previous.liste_of`, `previous.habilitations` and `previous.fiches` from all the snapshots to compare with.

    The column `snapshot` of the last two tells the snapshots apart; 0 is the newest.
    """
    end = "SELECT code, date_fin_enregistrement AS announced_end"
    lists = dict.fromkeys(manifest.sources["liste_of"].tables["liste_of"] for manifest in previous)
    habilitations, fiches = [], []
    for number, manifest in enumerate(previous):
        habilitations.append(f"{files.relation(manifest.tables['habilitations'])} SELECT *, {number} AS snapshot")
        fiches += [
            f"{files.relation(source.tables[f'fiches_{register}'])} {end}, {number} AS snapshot"
            for register in ("rncp", "rs")
            if (source := manifest.sources.get(register))
        ]
    database.execute("CREATE SCHEMA previous")
    for table, relations, no_rows in (
        ("liste_of", [files.relation(key) for key in lists], "main.liste_of WHERE false"),
        ("habilitations", habilitations, "main.habilitations SELECT *, 0 AS snapshot WHERE false"),
        ("fiches", fiches, f"main.fiches_rncp {end}, 0 AS snapshot WHERE false"),
    ):
        union = " UNION ALL BY NAME ".join(f"FROM {one}" for one in relations or [no_rows])
        database.execute(f"CREATE VIEW previous.{table} AS {union}")  # by name: an older table may lack a column


def snapshots_to_compare(files: StoredFiles, manifest: Manifest, state: LedgerState | None) -> list[Manifest]:
    """The previous snapshots that no reconciliation has compared with a later one, newest first.

    - Usually this is the one snapshot before `manifest`.
    - After missed reconciliations there are several, so that no loss between them is missed.
    - When this snapshot was reconciled already, there is none.
    - After a roll-back it is the snapshot that was reconciled last, which is newer than `manifest`.
    """
    if state is None:
        return [files.manifest(manifest.previous)] if manifest.previous else []
    if state.snapshot == manifest.key:
        return []
    last_reconciled = files.manifest(state.snapshot)
    missed: list[Manifest] = []
    key = manifest.previous
    while key and key != last_reconciled.key:
        snapshot = files.manifest(key)
        if snapshot.scheduled_time < last_reconciled.scheduled_time:
            break
        missed.append(snapshot)
        key = snapshot.previous
    return [*missed, last_reconciled]


def _load_outcomes(database: duckdb.DuckDBPyConnection, manifest: Manifest) -> None:
    """Fill the table `source_outcomes`: what the run that made the snapshot did with each source."""
    for name, outcome in manifest.outcomes.items():
        in_use = outcome.in_use
        row: dict[str, Any] = {
            "source": name,
            "state": outcome.state,
            "refused_file": outcome.file,
            "reason": outcome.reason,
            "refusal": json.dumps(asdict(outcome.refusal)) if outcome.refusal else None,
            "refused_file_key": outcome.kept,
            "file": in_use.file if in_use else None,
            "day": in_use.day if in_use else None,
            "rows_set_aside": in_use.rows_set_aside if in_use else 0,
            "first_rows_set_aside": json.dumps(
                [one.model_dump() for one in in_use.set_aside_first] if in_use else [], ensure_ascii=False
            ),
            "rows_set_aside_key": in_use.set_aside_key if in_use else None,
            "stale_after_days": BY_NAME[name].stale_after_days,
        }
        places = ", ".join("?" for _ in row)
        database.execute(f"INSERT INTO source_outcomes ({', '.join(row)}) VALUES ({places})", list(row.values()))
