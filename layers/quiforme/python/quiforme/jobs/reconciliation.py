"""One reconciliation: a snapshot against its sources and against those before it; anomalies to whoever follows them up."""

import json
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import duckdb

from quiforme.anomalies import flood
from quiforme.anomalies.catalogue import RULES
from quiforme.anomalies.ledger import LedgerStore, record
from quiforme.anomalies.ports import LedgerState
from quiforme.anomalies.rule import Rule
from quiforme.clock import paris_day
from quiforme.database import open_database, run_script, sql_text
from quiforme.enrichment import KEPT as ENRICHMENT
from quiforme.enrichment.overlay import lay_over_stock
from quiforme.jobs.stopwatch import Stopwatch
from quiforme.registry.ports import Publication
from quiforme.snapshot.manifest import Manifest
from quiforme.sources.catalogue import SOURCES, kept

FACTS = ("pipeline/shared/registers.sql", "pipeline/shared/uai.sql", "anomalies/facts.sql")
"""The SQL of what the rules look at, in its order."""
_ABOUT = ("siret", "siren", "nda", "code_fiche", "uai", "source", "code_region", "details")


class NothingPublished(Exception):
    """There is no snapshot to reconcile."""


@dataclass(frozen=True, slots=True)
class ReconciliationContext:
    """What a reconciliation works with.

    Attributes:
        desk: The ledger, the storage where snapshots lie as well, and who is told.
        publication: What is published now.
        memory_limit_mb: For the database, in MiB.
        forget_before: The day since which ledgers are kept; the one in force always is.

    """

    desk: LedgerStore
    publication: Publication | None
    memory_limit_mb: int
    forget_before: date


def reconcile(office: ReconciliationContext, scheduled_time: datetime, *, run_id: str) -> dict[str, Any]:
    """Run one reconciliation.

    Args:
        office: Where to read, record and send.
        scheduled_time: UTC; its day in Paris is the run's day, unless the snapshot is of a later one.
        run_id: Unique; names what this run keeps.

    Returns:
        The summary: day, generation, rules_evaluated, rules_not_evaluated, opened, modified, resolved,
        still_open, held (the openings of today that the flood breaker holds, by code), seconds.

    Raises:
        NothingPublished: Nothing was ever ingested.

    """
    watch = Stopwatch()
    desk = office.desk
    state = desk.pointer.get()
    with watch.stage("unsent"):
        state = desk.tell(state)
    if office.publication is None:
        raise NothingPublished("no snapshot was ever published")
    manifest = _manifest(office, office.publication.snapshot)
    # A trigger may come late, when a newer snapshot stands already: it is never looked at as of a day before its own.
    day = max(paris_day(scheduled_time), manifest.day)
    with open_database(desk.scratch, memory_limit_mb=office.memory_limit_mb) as database:
        with watch.stage("facts"):
            compared = _lay(database, office, manifest, state, day)
        with watch.stage("rules"):
            held = _held(database, manifest)
            evaluated = [rule for rule in RULES if _can_be_evaluated(rule, held, compared)]
            for rule in evaluated:
                _evaluate(database, rule)
        with watch.stage("ledger"):
            run_script(database, "anomalies/transitions.sql")
            counts = dict(
                database.execute(
                    "SELECT transition, count(*) FROM registre_du_jour WHERE transition IS NOT NULL GROUP BY ALL"
                ).fetchall()
            )
            floods = dict(database.execute("SELECT code, ouvertures FROM crues ORDER BY code").fetchall())
            still_open = _number(database, "SELECT count(*) FROM registre_du_jour WHERE etat = 'ouverte'")
            recorded = record(
                database,
                desk,
                run_id=run_id,
                rules={rule.code: rule for rule in RULES},
                generation=office.publication.generation,
                snapshot=manifest.key,
                evaluated=frozenset(rule.code for rule in evaluated),
                replacing=state,
            )
        with watch.stage("sending"):
            desk.tell(recorded)
        desk.forget(recorded, office.forget_before)
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
        "held": floods,
        "seconds": watch.seconds,
    }


def _lay(
    database: duckdb.DuckDBPyConnection,
    office: ReconciliationContext,
    manifest: Manifest,
    state: LedgerState | None,
    day: date,
) -> bool:
    """Lay out the snapshot, the snapshots since the last reconciliation, and the ledger; whether there are any before."""
    run_script(database, "pipeline/shared/source_tables.sql")
    run_script(database, "anomalies/ledger.sql")
    database.execute("SET VARIABLE day = ?", [day])
    for source in SOURCES:
        in_use = manifest.sources.get(source.name)
        for table in source.tables:
            origin = kept(table, _parquet(office, in_use.tables[table])) if in_use else f"empty.{table}"
            database.execute(f"CREATE OR REPLACE VIEW {table} AS FROM {origin}")
    for table in ENRICHMENT:
        database.execute(f"CREATE OR REPLACE VIEW {table} AS FROM empty.{table}")
    for table, key in manifest.tables.items():
        database.execute(f"CREATE OR REPLACE VIEW {table} AS FROM {_parquet(office, key)}")
    _lay_outcomes(database, manifest)
    lay_over_stock(database)
    if state:
        database.execute(f"INSERT INTO registre BY NAME FROM {_parquet(office, state.ledger)}")
    _lay_judgements(database, office, state)
    earlier = _since_last(office, manifest, state)
    database.execute("CREATE SCHEMA previous")
    for table, keys in (
        ("liste_of", [one.sources["liste_of"].tables["liste_of"] for one in earlier]),
        ("habilitations", [one.tables["habilitations"] for one in earlier]),
    ):
        files = [_parquet(office, key) for key in dict.fromkeys(keys)]
        union = " UNION ALL ".join(f"FROM {file}" for file in files) or f"FROM main.{table} WHERE false"
        database.execute(f"CREATE VIEW previous.{table} AS {union}")
    for script in FACTS:
        run_script(database, script)
    return manifest.previous is not None


def _lay_outcomes(database: duckdb.DuckDBPyConnection, manifest: Manifest) -> None:
    """What became of each source in the run that made the snapshot: the table `sources`."""
    for name, outcome in manifest.outcomes.items():
        in_use = outcome.in_use
        first = [row.model_dump() for row in in_use.set_aside_first] if in_use else []
        database.execute(
            "INSERT INTO sources VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
                json.dumps(asdict(outcome.refusal)) if outcome.refusal else None,
            ],
        )


def _lay_judgements(
    database: duckdb.DuckDBPyConnection, office: ReconciliationContext, state: LedgerState | None
) -> None:
    """What agents dismissed, and when too many openings are a flood."""
    dismissed = list(office.desk.follow_up.dismissed())
    database.execute(
        "INSERT INTO classees SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[])",
        [[anomaly for anomaly, _ in dismissed], [digest for _, digest in dismissed]],
    )
    tried = {*(state.evaluated if state else ()), *(rule.code for rule in RULES if rule.compare_avant)}
    database.execute("INSERT INTO regles_eprouvees SELECT unnest(?::VARCHAR[])", [sorted(tried)])
    database.execute("SET VARIABLE flood_number = ?", [flood.NUMBER])
    database.execute("SET VARIABLE flood_share = ?", [flood.SHARE])


def _since_last(office: ReconciliationContext, manifest: Manifest, state: LedgerState | None) -> list[Manifest]:
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


def _manifest(office: ReconciliationContext, key: str) -> Manifest:
    return Manifest.model_validate_json(office.desk.storage.read(key))


def _parquet(office: ReconciliationContext, key: str) -> str:
    """A kept table as a relation, fetched once."""
    local = office.desk.scratch / key
    if not local.exists():
        local.parent.mkdir(parents=True, exist_ok=True)
        office.desk.storage.get(key, local)
    return f"read_parquet({sql_text(local)})"


def _number(database: duckdb.DuckDBPyConnection, query: str) -> int:
    row = database.execute(query).fetchone()
    return int(row[0]) if row else 0
