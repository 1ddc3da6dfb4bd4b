"""The three days that the end-to-end tests share: what each call answered while they were played."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tools.fictitious_france import FIRST_DAY, write_day
from tools.fictitious_france.cast import CERTIFIED
from tools.in_process.system import Told, told_by_oracle
from tools.local_stack import drive
from tools.local_stack.deploy import Stack
from tools.local_stack.emulator import Failed
from tools.oracle import Oracle

NUMBER = 3
Answer = tuple[int, dict[str, str], bytes]


@dataclass(frozen=True)
class Day:
    """One day: its answers, and what the oracle expects.

    Attributes:
        day: The date.
        ingested: The summary of the ingestion.
        reconciled: The summaries of three reconciliations: two started together, one after them.
        answers: Status, headers and body of look-ups made on that day, by SIRET.
        documents: The oracle's documents by SIRET.
        excluded: The SIRETs that are out of scope.
        events: The messages of the first two reconciliations in the network's queue.
        events_again: Those of the third.
        expected_events: The oracle's events.

    """

    day: date
    ingested: dict[str, Any]
    reconciled: list[dict[str, Any]]
    answers: dict[str, Answer]
    documents: dict[str, Any]
    excluded: set[str]
    events: list[dict[str, Any]]
    events_again: list[dict[str, Any]]
    expected_events: set[Told]


@dataclass(frozen=True)
class Days:
    """All of them.

    Attributes:
        drop: The folder of the last day's files.
        oracle: After the last day.
        early_answer: A look-up before anything was published.
        early_failures: The functions that failed before anything was published.
        played: The days in order.

    """

    drop: Path
    oracle: Oracle
    early_answer: Answer
    early_failures: list[str]
    played: list[Day] = field(default_factory=list)

    @property
    def events(self) -> list[dict[str, Any]]:
        """Every message sent so far to the network's queue."""
        return [event for day in self.played for event in day.events]

    @property
    def open_anomalies(self) -> set[str]:
        """The anomalies that the messages have opened and not resolved."""
        kinds = {event["data"]["id"]: event["type"].split(".")[3] for event in self.events}
        return {anomaly for anomaly, kind in kinds.items() if kind != "resolue"}


def play(stack: Stack, drop: Path) -> Days:
    """Call the empty stack, then ingest, look up and reconcile day after day."""
    days = Days(drop, Oracle(), drive.get(stack, CERTIFIED), _early_failures(stack))
    for number in range(NUMBER):
        days.played.append(_play_day(stack, days.oracle, drop, number))
    return days


def _early_failures(stack: Stack) -> list[str]:
    failed = []
    for function in (stack.reconcile_function, stack.ingest_function):
        try:
            drive.invoke(stack, function, FIRST_DAY)
        except Failed:
            failed.append(function)
    return failed


def _play_day(stack: Stack, oracle: Oracle, drop: Path, number: int) -> Day:
    day = FIRST_DAY + timedelta(days=number)
    last = number == NUMBER - 1
    write_day(drop, day, ministry_fiches=12_000 if last else None)
    drive.fill(stack, drop)
    oracle.ingest(drop, day)
    ingested = drive.invoke(stack, stack.ingest_function, day)
    # Every document on the last day, one in ten before: test_every_document_of_a_past_day asks for the others later.
    sirets = [*sorted(oracle.documents)[:: 1 if last else 10], *sorted(oracle.excluded)]
    with ThreadPoolExecutor(4) as pool:
        answers = dict(zip(sirets, pool.map(lambda siret: drive.get(stack, siret), sirets), strict=True))
    # Two at once: one waits for the other, and finds nothing more.
    with ThreadPoolExecutor(2) as pool:
        reconciled = list(pool.map(lambda _: drive.invoke(stack, stack.reconcile_function, day), range(2)))
    events = drive.drain(stack)
    again = drive.invoke(stack, stack.reconcile_function, day)
    return Day(
        day=day,
        ingested=ingested,
        reconciled=[*reconciled, again],
        answers=answers,
        documents=oracle.documents,
        excluded=set(oracle.excluded),
        events=events,
        events_again=drive.drain(stack),
        expected_events=told_by_oracle(oracle.reconcile(day)),
    )
