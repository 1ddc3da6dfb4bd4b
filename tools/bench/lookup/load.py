"""The deployed local stack under load: answers per second, latency, wrong answers, and calls above the rate limit."""

import json
import os
import subprocess
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from quiforme.access.tokens import SCOPES

from tools.fictitious_france import FIRST_DAY, write_day
from tools.local_stack import drive
from tools.local_stack.deploy import Stack, deploy
from tools.local_stack.emulator import LOCAL, start, stop

_LOCUST = LOCAL / "load" / "bin" / "locust"
_FILE = Path(__file__).with_name("locustfile.py")
_CALLERS = (1, 4, 16, 64)
_LIMIT = 60
_SECONDS = 12


def lines(built: Path) -> list[str]:
    """The table of the report; takes the built artifacts."""
    home = LOCAL / "bench" / "stack"
    endpoint = start(home)
    try:
        stack = deploy(endpoint, built)
        with tempfile.TemporaryDirectory() as scratch:
            return _measured(stack, Path(scratch))
    finally:
        stop(home)


def _measured(stack: Stack, scratch: Path) -> list[str]:
    drop = scratch / "drop"
    drop.mkdir()
    write_day(drop, FIRST_DAY)
    drive.fill(stack, drop)
    drive.invoke(stack, stack.ingest_function, FIRST_DAY)
    sirets = scratch / "sirets"
    sirets.write_text("\n".join(_published(stack)))
    table = [
        "| callers at once | answers/s | median ms | p95 ms | longest ms | not 200 |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    order = {
        "command": "issue",
        "titulaire": "bench",
        "siret": "00000000000000",
        "scopes": [SCOPES[0]],
        "days": 1,
        "rate_limit_per_minute": _LIMIT,
    }
    limited = replace(stack, token=stack.call(stack.output("TokensFunction"), order)["token"])
    table.append(_row(_run(limited, sirets, "Caller", 4), f"4, with {_LIMIT} calls a minute between them (429)"))
    for callers in _CALLERS:
        table.append(_row(_run(stack, sirets, "Caller", callers), f"{callers}"))
    table.append(_row(_run(stack, sirets, "Batcher", 1), "1, 100 SIRETs a call"))
    return table


def _published(stack: Stack) -> list[str]:
    """Every SIRET that has a document, from an export."""
    headers = {"Authorization": f"Bearer {stack.token}"}
    listed = json.loads(drive.http(stack, "GET", "/v1/exports", headers=headers)[2])["data"]
    url = next(one["url"] for one in listed if one["fichier"].endswith(".csv"))
    path = url.removeprefix(stack.endpoint_url)
    _, _, content = drive.http(replace(stack, api_url=stack.endpoint_url), "GET", path)
    return [line.split(",")[0] for line in content.decode().splitlines()[1:]]


def _run(stack: Stack, sirets: Path, kind: str, callers: int) -> dict[str, Any] | None:
    command = [
        _LOCUST,
        "-f",
        _FILE,
        "--headless",
        "--json",
        "-u",
        str(callers),
        "-r",
        str(callers),
        "-t",
        f"{_SECONDS}s",
    ]
    environment = {**os.environ, "API": stack.api_url, "JETON": stack.token, "SIRETS": str(sirets)}
    done = subprocess.run(
        [*map(str, command), "--loglevel", "ERROR", kind], env=environment, capture_output=True, text=True, check=False
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found[0] if found else None


def _row(result: dict[str, Any] | None, what: str) -> str:
    if result is None:
        return f"| {what} | none in {_SECONDS} s | | | | |"
    times = Counter({float(ms): number for ms, number in result["response_times"].items()})
    seconds = max(result["last_request_timestamp"] - result["start_time"], 1)
    return (
        f"| {what} | {result['num_requests'] / seconds:.0f} | {_quantile(times, 0.5):.0f} | {_quantile(times, 0.95):.0f} "
        f"| {result['max_response_time']:.0f} | {result['num_failures']} of {result['num_requests']} |"
    )


def _quantile(times: Counter[float], share: float) -> float:
    seen, wanted = 0, share * times.total()
    for ms in sorted(times):
        seen += times[ms]
        if seen >= wanted:
            return ms
    return 0.0
