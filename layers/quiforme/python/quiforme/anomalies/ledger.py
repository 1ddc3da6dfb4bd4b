"""The ledger of anomalies: kept, made the one in force, and told.

What a run found is kept first, with the news that follow from it, and made the ledger in force by one conditional write;
then the news are entered in the follow-up and sent. A run that dies in between leaves them untold, and the next one
tells them, with the same ids, before it does anything else.
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
from quiforme.jobs import runs
from quiforme.snapshot.ports import Storage

PREFIX: Final = "ledger/"
_NEWS: Final = tuple(field.name for field in fields(AnomalyEvent))


@dataclass(frozen=True, slots=True)
class LedgerStore:
    """Where the ledger is kept, and who is told.

    Attributes:
        storage: Keeps ledgers and news.
        pointer: The ledger in force.
        follow_up: Where agents follow anomalies up.
        outbox: The way to the consumers.
        scratch: An empty local folder.
        api_url: The address of the look-up that the news link to, without a slash at its end.

    """

    storage: Storage
    pointer: LedgerPointer
    follow_up: FollowUpWriter
    outbox: Outbox
    scratch: Path
    api_url: str

    def tell(self, state: LedgerState | None) -> LedgerState | None:
        """Tell the news of the ledger in force, unless they are known to have been told; the ledger in force then."""
        if state is None or state.told:
            return state
        local = self.scratch / "untold.ndjson"
        self.storage.get(state.news, local)
        self.follow_up.record(_news(local))
        self.follow_up.record_statistics(json.loads(self.storage.read(state.statistics)))
        self.outbox.send(_to_send(local))
        told = replace(state, told=True)
        self.pointer.move(told, replacing=state)
        return told

    def forget(self, in_force: LedgerState, before: date) -> None:
        """Delete what runs of long ago kept."""
        kept = {in_force.ledger, in_force.news, in_force.statistics}
        self.storage.delete(
            key
            for key in self.storage.keys(PREFIX)
            if key not in kept and runs.day_of(key.removeprefix(PREFIX)) < before
        )


def record(
    database: duckdb.DuckDBPyConnection,
    desk: LedgerStore,
    *,
    run_id: str,
    rules: Mapping[str, Rule],
    generation: int,
    snapshot: str,
    evaluated: frozenset[str],
    replacing: LedgerState | None,
) -> LedgerState:
    """Keep the tables `registre_du_jour` and `crues`, and make them the ledger in force, its news yet untold.

    Args:
        database: Holds both tables, and the variable `day`.
        desk: Where to keep them.
        run_id: Unique; names what this run keeps.
        rules: By code.
        generation: Of the documents.
        snapshot: The storage key of the manifest that was reconciled.
        evaluated: The codes of the rules evaluated by this run.
        replacing: The ledger in force so far.

    Raises:
        Conflict: It is not in force any more.

    """
    folder = f"{PREFIX}{run_id}/"
    new = LedgerState(
        ledger=f"{folder}registre.parquet",
        news=f"{folder}news.ndjson",
        statistics=f"{folder}statistiques.json",
        told=False,
        snapshot=snapshot,
        evaluated=tuple(sorted(evaluated | set(replacing.evaluated if replacing else ()))),
    )
    ledger, news = desk.scratch / "registre.parquet", desk.scratch / "news.ndjson"
    database.execute(
        f"COPY (SELECT * EXCLUDE (transition, evenement) FROM registre_du_jour) TO {sql_text(ledger)} "
        "(FORMAT parquet, COMPRESSION zstd)"
    )
    recorded = datetime.now(UTC).replace(microsecond=0)
    with news.open("w", encoding="utf-8") as file:
        for line in _lines(database, rules, generation, recorded, desk.api_url):
            file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
    desk.storage.put(new.ledger, ledger)
    desk.storage.put(new.news, news)
    desk.storage.write(new.statistics, _statistics(database, generation).encode())
    desk.pointer.move(new, replacing=replacing)
    return new


def _lines(
    database: duckdb.DuckDBPyConnection, rules: Mapping[str, Rule], generation: int, recorded: datetime, api_url: str
) -> Iterator[dict[str, Any]]:
    """What the run has to tell: its alerts, then what happened to each anomaly."""
    (day,) = database.execute("SELECT getvariable('day')::DATE").fetchone() or (None,)
    for row in _rows(database, "SELECT * FROM crues ORDER BY code"):
        told = flood.alert(
            rules[row["code"]],
            openings=row["ouvertures"],
            open_before=row["deja_ouvertes"],
            day=day,
            generation=generation,
            recorded=recorded.strftime("%Y-%m-%dT%H:%M:%SZ"),
        )
        yield {"alert": told}
    happened = "SELECT *, empreinte(constats) AS empreinte FROM registre_du_jour WHERE transition IS NOT NULL"
    for row in _rows(database, f"{happened} ORDER BY code, id"):
        kind = row["evenement"] or row["transition"]
        news = AnomalyEvent(
            event=event(rules[row["code"]], kind, row, generation=generation, recorded=recorded, api_url=api_url),
            announced=row["evenement"] is not None,
            day=day.isoformat(),
            status=row["etat"],
            announcement=row["annonce"],
            digest=row["empreinte"],
        )
        # `asdict` would copy the whole event, which took longer than all the rest.
        yield {"news": {name: getattr(news, name) for name in _NEWS}}


def _rows(database: duckdb.DuckDBPyConnection, query: str) -> Iterator[dict[str, Any]]:
    """The rows of a query, a thousand at a time; nothing else is to be asked of the database meanwhile."""
    result = database.execute(query)
    columns = [column[0] for column in result.description or ()]
    while rows := result.fetchmany(1000):
        for values in rows:
            yield dict(zip(columns, values, strict=True))


def _statistics(database: duckdb.DuckDBPyConnection, generation: int) -> str:
    run_script(database, "anomalies/statistics.sql")
    (day,) = database.execute("SELECT getvariable('day')::DATE").fetchone() or (None,)
    lines = list(_rows(database, "FROM statistiques"))
    return json.dumps({"jour": str(day), "generation": generation, "lignes": lines}, separators=(",", ":"))


def _read(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _news(path: Path) -> Iterator[AnomalyEvent]:
    return (AnomalyEvent(**line["news"]) for line in _read(path) if "news" in line)


def _to_send(path: Path) -> Iterator[dict[str, Any]]:
    for line in _read(path):
        if "alert" in line:
            yield line["alert"]
        elif line["news"]["announced"]:
            yield line["news"]["event"]
