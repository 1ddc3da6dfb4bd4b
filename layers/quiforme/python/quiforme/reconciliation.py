"""One reconciliation: a snapshot against its sources and against those before it; anomalies to the queue.

What was found is recorded first, with the events that follow from it, and made the ledger in force by one
conditional write; then the events are sent. A run that dies in between leaves them unsent, and the next one
sends them, with the same ids, before it does anything else.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from quiforme import runs
from quiforme.anomalies.catalogue import RULES
from quiforme.anomalies.message import event
from quiforme.anomalies.ports import LedgerPointer, LedgerState, Outbox
from quiforme.anomalies.rule import Rule
from quiforme.clock import paris_day
from quiforme.database import open_database, run_script, sql_text
from quiforme.enrichment import KEPT as ENRICHMENT
from quiforme.enrichment.overlay import lay_over_stock
from quiforme.registry.ports import Publication
from quiforme.snapshot.manifest import Manifest
from quiforme.snapshot.ports import Storage
from quiforme.sources.catalogue import SOURCES, kept
from quiforme.stopwatch import Stopwatch

_LEDGER = "ledger/"
_ABOUT = ("siret", "siren", "nda", "code_fiche", "uai", "source", "code_region")


class NothingPublished(Exception):
    """There is no snapshot to reconcile."""


@dataclass(frozen=True, slots=True)
class Office:
    """What a reconciliation works with.

    Attributes:
        storage: Where snapshots and ledgers are kept.
        publication: What is published now.
        pointer: The ledger in force.
        outbox: The consumers' queue.
        scratch: An empty local folder.
        memory_limit_mb: For the database, in MiB.
        forget_before: The day since which ledgers are kept; the one in force always is.
        api_url: The address of the look-up that messages link to, without a slash at its end.

    """

    storage: Storage
    publication: Publication | None
    pointer: LedgerPointer
    outbox: Outbox
    scratch: Path
    memory_limit_mb: int
    forget_before: date
    api_url: str


def reconcile(office: Office, scheduled_time: datetime, *, run_id: str) -> dict[str, Any]:
    """Run one reconciliation.

    Args:
        office: Where to read, record and send.
        scheduled_time: UTC; its day in Paris is the run's day, unless the snapshot is of a later one.
        run_id: Unique; names what this run keeps.

    Returns:
        The summary: day, generation, rules_evaluated, rules_not_evaluated, opened, modified, resolved,
        still_open, seconds.

    Raises:
        NothingPublished: Nothing was ever ingested.

    """
    watch = Stopwatch()
    state = office.pointer.get()
    with watch.stage("unsent"):
        state = _send_unsent(office, state)
    if office.publication is None:
        raise NothingPublished("no snapshot was ever published")
    manifest = _manifest(office, office.publication.snapshot)
    # A trigger may come late, when a newer snapshot stands already: it is never looked at as of a day before its own.
    day = max(paris_day(scheduled_time), manifest.day)
    with open_database(office.scratch, memory_limit_mb=office.memory_limit_mb) as database:
        with watch.stage("facts"):
            compared = _lay(database, office, manifest, state, day)
        with watch.stage("rules"):
            held = _held(database, manifest)
            evaluated = [rule for rule in RULES if _can_be_evaluated(rule, held, compared)]
            for rule in evaluated:
                _evaluate(database, rule)
        with watch.stage("ledger"):
            run_script(database, "quiforme.anomalies", "transitions.sql")
            counts = dict(
                database.execute(
                    "SELECT evenement, count(*) FROM registre_du_jour WHERE evenement IS NOT NULL GROUP BY ALL"
                ).fetchall()
            )
            still_open = _number(database, "SELECT count(*) FROM registre_du_jour WHERE etat = 'ouverte'")
            recorded = _record(database, office, manifest, state, run_id=run_id)
        with watch.stage("sending"):
            _send_unsent(office, recorded)
        _forget(office, recorded)
    names = {rule.code for rule in evaluated}
    return {
        "day": day.isoformat(),
        "generation": office.publication.generation,
        "rules_evaluated": [rule.code for rule in evaluated],
        "rules_not_evaluated": [rule.code for rule in RULES if rule.code not in names],
        "opened": counts.get("ouverte", 0),
        "modified": counts.get("modifiee", 0),
        "resolved": counts.get("resolue", 0),
        "still_open": still_open,
        "seconds": watch.seconds,
    }


def _lay(
    database: duckdb.DuckDBPyConnection, office: Office, manifest: Manifest, state: LedgerState | None, day: date
) -> bool:
    """Lay out the snapshot, the snapshots since the last reconciliation, and the ledger; whether there are any before."""
    run_script(database, "quiforme.sources", "schema.sql")
    run_script(database, "quiforme.anomalies", "registre.sql")
    database.execute("SET VARIABLE jour = ?", [day])
    for source in SOURCES:
        in_use = manifest.sources.get(source.name)
        for table in source.tables:
            origin = kept(table, _parquet(office, in_use.tables[table])) if in_use else f"never_had.{table}"
            database.execute(f"CREATE OR REPLACE VIEW {table} AS FROM {origin}")
    for table in ENRICHMENT:
        database.execute(f"CREATE OR REPLACE VIEW {table} AS FROM never_had.{table}")
    for table, key in manifest.tables.items():
        database.execute(f"CREATE OR REPLACE VIEW {table} AS FROM {_parquet(office, key)}")
    _lay_outcomes(database, manifest)
    lay_over_stock(database)
    if state:
        database.execute(f"CREATE OR REPLACE TABLE registre AS FROM {_parquet(office, state.ledger)}")
    earlier = _since_last(office, manifest, state)
    database.execute("CREATE SCHEMA avant")
    for table, keys in (
        ("liste_of", [one.sources["liste_of"].tables["liste_of"] for one in earlier]),
        ("habilitations", [one.tables["habilitations"] for one in earlier]),
    ):
        files = [_parquet(office, key) for key in dict.fromkeys(keys)]
        union = " UNION ALL ".join(f"FROM {file}" for file in files) or f"FROM main.{table} WHERE false"
        database.execute(f"CREATE VIEW avant.{table} AS {union}")
    run_script(database, "quiforme.anomalies", "faits.sql")
    return manifest.previous is not None


def _lay_outcomes(database: duckdb.DuckDBPyConnection, manifest: Manifest) -> None:
    """What became of each source in the run that made the snapshot: the table `sources`."""
    for name, outcome in manifest.outcomes.items():
        in_use = outcome.in_use
        first = [row.model_dump() for row in in_use.set_aside_first] if in_use else []
        database.execute(
            "INSERT INTO sources VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                name,
                outcome.state,
                outcome.file,
                outcome.reason,
                outcome.kept,
                in_use.file if in_use else None,
                in_use.day if in_use else None,
                in_use.rows_set_aside if in_use else 0,
                json.dumps(first, ensure_ascii=False),
                in_use.set_aside_key if in_use else None,
            ],
        )


def _since_last(office: Office, manifest: Manifest, state: LedgerState | None) -> list[Manifest]:
    """The snapshots before this one that no reconciliation compared with what came after them.

    Usually it is the one before. There are more when a reconciliation was missed, so that no loss is; and none
    when this very snapshot was reconciled already. After a roll-back it is the one reconciled last, which
    does not come before.
    """
    if state and state.snapshot == manifest.key:
        return []
    reconciled = _manifest(office, state.snapshot) if state else None
    earlier: list[Manifest] = []
    key = manifest.previous
    while key and not (reconciled and key == reconciled.key):
        before = _manifest(office, key)
        if reconciled and before.scheduled_time < reconciled.scheduled_time:
            break
        earlier.append(before)
        if reconciled is None:
            break
        key = before.previous
    return [*earlier, reconciled] if reconciled else earlier


def _held(database: duckdb.DuckDBPyConnection, manifest: Manifest) -> set[str]:
    """What the rules may need and the snapshot holds: the sources, and `adresses` once a geocoder has answered."""
    geocoded = _number(database, "SELECT count(*) FROM adresses")
    return {*manifest.sources, *(["adresses"] if geocoded else [])}


def _can_be_evaluated(rule: Rule, held: set[str], compared: bool) -> bool:
    has_sources = all(any(name in held for name in need.split("|")) for need in rule.needs)
    return has_sources and (compared or not rule.compare_avant)


def _evaluate(database: duckdb.DuckDBPyConnection, rule: Rule) -> None:
    """Add a rule's findings to the table `constatees`."""
    present = {column[0] for column in database.execute(f"SELECT * FROM ({rule.sql}) LIMIT 0").description or ()}
    names = sorted(rule.cle)
    key = ", ".join(f"{name}: {name}::VARCHAR" for name in names)
    about = ", ".join(f"{name}::VARCHAR AS {name}" if name in present else f"NULL AS {name}" for name in _ABOUT)
    database.execute(
        f"""
        INSERT INTO constatees BY NAME
        SELECT '{rule.code}' AS code, to_json({{{key}}}) AS cle, constats::VARCHAR AS constats, {about}
        FROM ({rule.sql})
        """
    )
    database.execute("INSERT INTO regles_evaluees VALUES (?, ?)", [rule.code, rule.duree_jours])


def _record(
    database: duckdb.DuckDBPyConnection,
    office: Office,
    manifest: Manifest,
    state: LedgerState | None,
    *,
    run_id: str,
) -> LedgerState:
    """Keep the ledger of today and its events, and make it the one in force."""
    if office.publication is None:
        raise NothingPublished
    ledger, events = f"{_LEDGER}{run_id}/registre.parquet", f"{_LEDGER}{run_id}/events.ndjson"
    local = office.scratch / "registre.parquet"
    database.execute(
        f"COPY (SELECT * EXCLUDE (evenement) FROM registre_du_jour) TO {sql_text(local)} (FORMAT parquet, COMPRESSION zstd)"
    )
    office.storage.put(ledger, local)
    rules = {rule.code: rule for rule in RULES}
    recorded = datetime.now(UTC)
    query = database.execute("SELECT * FROM registre_du_jour WHERE evenement IS NOT NULL ORDER BY code, id")
    columns = [column[0] for column in query.description or ()]
    lines = office.scratch / "events.ndjson"
    written = 0
    with lines.open("w", encoding="utf-8") as file:
        while rows := query.fetchmany(1000):
            for values in rows:
                row = dict(zip(columns, values, strict=True))
                message = event(
                    rules[row["code"]],
                    row["evenement"],
                    row,
                    generation=office.publication.generation,
                    recorded=recorded,
                    api_url=office.api_url,
                )
                file.write(json.dumps(message, ensure_ascii=False, separators=(",", ":")) + "\n")
                written += 1
    office.storage.put(events, lines)
    new = LedgerState(ledger=ledger, events=events, sent=not written, snapshot=manifest.key)
    office.pointer.move(new, replacing=state)
    return new


def _send_unsent(office: Office, state: LedgerState | None) -> LedgerState | None:
    """Send the events of the ledger in force, unless they are known to be in the queue already."""
    if state is None or state.sent:
        return state
    local = office.scratch / "unsent.ndjson"
    office.storage.get(state.events, local)
    office.outbox.send(_events(local))
    sent = LedgerState(ledger=state.ledger, events=state.events, sent=True, snapshot=state.snapshot)
    office.pointer.move(sent, replacing=state)
    return sent


def _forget(office: Office, in_force: LedgerState) -> None:
    """Delete the ledgers of runs of long ago, and their events."""
    kept = {in_force.ledger, in_force.events}
    office.storage.delete(
        key
        for key in office.storage.keys(_LEDGER)
        if key not in kept and runs.day_of(key.removeprefix(_LEDGER)) < office.forget_before
    )


def _events(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _manifest(office: Office, key: str) -> Manifest:
    return Manifest.model_validate_json(office.storage.read(key))


def _parquet(office: Office, key: str) -> str:
    """A kept table as a relation, fetched once."""
    local = office.scratch / key
    if not local.exists():
        local.parent.mkdir(parents=True, exist_ok=True)
        office.storage.get(key, local)
    return f"read_parquet({sql_text(local)})"


def _number(database: duckdb.DuckDBPyConnection, query: str) -> int:
    row = database.execute(query).fetchone()
    return int(row[0]) if row else 0
