"""The ledger of anomalies: saved, made current atomically, then published.

A run saves its ledger together with the events that follow from it, and makes both current by one conditional move of the
pointer. Then it records the events in the follow-up and sends them to consumers. When a run dies in between, the next run
publishes the pending events first, with the same identifiers: events are delivered at least once.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import duckdb

from quiforme.anomalies import flood
from quiforme.anomalies.message import event
from quiforme.anomalies.ports import AnomalyEvent, FollowUpWriter, LedgerPointer, LedgerState, Outbox
from quiforme.anomalies.rule import Rule
from quiforme.database import run_script, sql_text
from quiforme.run_id import day_of_run
from quiforme.snapshot.ports import Storage

PREFIX: Final = "ledger/"
_EVENT_FIELDS: Final = tuple(field.name for field in fields(AnomalyEvent))


@dataclass(frozen=True, slots=True)
class LedgerStore:
    """Where the ledger is stored, and where its events are published.

    Attributes:
        storage: Stores ledgers and their events; also the snapshots.
        pointer: The pointer to the current ledger.
        follow_up: Where agents follow anomalies up.
        outbox: The way to the consumers.
        scratch: An empty local folder.
        api_url: The look-up's address that events link to, without a trailing slash.

    """

    storage: Storage
    pointer: LedgerPointer
    follow_up: FollowUpWriter
    outbox: Outbox
    scratch: Path
    api_url: str

    def publish_pending(self, state: LedgerState | None) -> LedgerState | None:
        """Publish the events of the current ledger, unless they are published already.

        Args:
            state: The current state.

        Returns:
            The state that is current afterwards.

        """
        if state is None or state.told:
            return state
        local = self.scratch / "pending.ndjson"
        self.storage.get(state.news, local)
        self.follow_up.record(_events_to_record(local))
        self.follow_up.record_statistics(json.loads(self.storage.read(state.statistics)))
        self.outbox.send(_events_to_send(local))
        published = replace(state, told=True)
        self.pointer.move(published, replacing=state)
        return published

    def delete_older(self, current: LedgerState, before: date) -> None:
        """Delete the files of runs scheduled before that day, except those of the current ledger."""
        in_use = {current.ledger, current.news, current.statistics}
        self.storage.delete(
            key
            for key in self.storage.keys(PREFIX)
            if key not in in_use and day_of_run(key.removeprefix(PREFIX)) < before
        )


def save_ledger(
    database: duckdb.DuckDBPyConnection,
    store: LedgerStore,
    *,
    run_id: str,
    rules: Mapping[str, Rule],
    generation: int,
    snapshot: str,
    evaluated: frozenset[str],
    replacing: LedgerState | None,
) -> LedgerState:
    """Save the tables `ledger_today` and `floods`, and make them the current ledger, its events still pending.

    Args:
        database: Holds both tables, and the variable `day`.
        store: Where to save them.
        run_id: Unique; names the stored files.
        rules: The catalogue, by code.
        generation: The generation of the documents.
        snapshot: The storage key of the manifest that was reconciled.
        evaluated: The codes of the rules that this run evaluated.
        replacing: The current state.

    Returns:
        The new current state.

    Raises:
        Conflict: Another run has replaced the current state meanwhile.

    """
    folder = f"{PREFIX}{run_id}/"
    new = LedgerState(
        ledger=f"{folder}ledger.parquet",
        news=f"{folder}news.ndjson",
        statistics=f"{folder}statistics.json",
        told=False,
        snapshot=snapshot,
        evaluated=tuple(sorted(evaluated | set(replacing.evaluated if replacing else ()))),
    )
    ledger, news = store.scratch / "ledger.parquet", store.scratch / "news.ndjson"
    database.execute(
        f"COPY (SELECT * EXCLUDE (transition, event) FROM ledger_today) TO {sql_text(ledger)} "
        "(FORMAT parquet, COMPRESSION zstd)"
    )
    recorded = datetime.now(UTC).replace(microsecond=0)
    with news.open("w", encoding="utf-8") as file:
        for line in _lines(database, rules, generation, recorded, store.api_url):
            file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
    store.storage.put(new.ledger, ledger)
    store.storage.put(new.news, news)
    store.storage.write(new.statistics, _statistics(database, generation).encode())
    store.pointer.move(new, replacing=replacing)
    return new


def _lines(
    database: duckdb.DuckDBPyConnection, rules: Mapping[str, Rule], generation: int, recorded: datetime, api_url: str
) -> Iterator[dict[str, Any]]:
    """What the run has to publish: its alerts, then an event for each transition."""
    (day,) = database.execute("SELECT getvariable('day')::DATE").fetchone() or (None,)
    for row in _rows(database, "SELECT * FROM floods ORDER BY code"):
        alert = flood.alert(
            rules[row["code"]],
            openings=row["opened"],
            open_before=row["already_open"],
            day=day,
            generation=generation,
            recorded=recorded.strftime("%Y-%m-%dT%H:%M:%SZ"),
        )
        yield {"alert": alert}
    query = (
        "SELECT *, evidence_digest(constats) AS digest FROM ledger_today WHERE transition IS NOT NULL ORDER BY code, id"
    )
    for row in _rows(database, query):
        kind = row["event"] or row["transition"]
        happened = AnomalyEvent(
            event=event(rules[row["code"]], kind, row, generation=generation, recorded=recorded, api_url=api_url),
            announced=row["event"] is not None,
            day=day.isoformat(),
            status=row["etat"],
            announcement=row["annonce"],
            digest=row["digest"],
        )
        # `asdict` copies the whole event, which takes longer than the rest of the loop.
        yield {"news": {name: getattr(happened, name) for name in _EVENT_FIELDS}}


def _rows(database: duckdb.DuckDBPyConnection, query: str) -> Iterator[dict[str, Any]]:
    """The rows of a query, a thousand at a time; the connection runs no other query until they are consumed."""
    result = database.execute(query)
    columns = [column[0] for column in result.description or ()]
    while rows := result.fetchmany(1000):
        for values in rows:
            yield dict(zip(columns, values, strict=True))


def _statistics(database: duckdb.DuckDBPyConnection, generation: int) -> str:
    run_script(database, "anomalies/statistics.sql")
    (day,) = database.execute("SELECT getvariable('day')::DATE").fetchone() or (None,)
    lines = list(_rows(database, "FROM statistics"))
    return json.dumps({"jour": str(day), "generation": generation, "lignes": lines}, separators=(",", ":"))


def _read(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _events_to_record(path: Path) -> Iterator[AnomalyEvent]:
    return (AnomalyEvent(**line["news"]) for line in _read(path) if "news" in line)


def _events_to_send(path: Path) -> Iterator[dict[str, Any]]:
    for line in _read(path):
        if "alert" in line:
            yield line["alert"]
        elif line["news"]["announced"]:
            yield line["news"]["event"]
