"""The emulator is started where it can be, is the one just started, and says in one line why it is not."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tools.local_stack import emulator


class _Stranger(BaseHTTPRequestHandler):
    """Answers every question, as another stack would."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port on which somebody else answers."""
    with HTTPServer(("127.0.0.1", 0), _Stranger) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_the_usual_port_is_taken(monkeypatch: pytest.MonkeyPatch, taken_port: int) -> None:
    monkeypatch.setattr(emulator, "USUAL_PORT", taken_port)
    assert emulator._free_port() not in (taken_port, 0)


def test_the_port_is_taken_between_probe_and_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, taken_port: int
) -> None:
    """Somebody answers there, but not the emulator just started: another port is tried."""
    free = emulator._free_port
    probed = iter([taken_port])
    monkeypatch.setattr(emulator, "_free_port", lambda: next(probed, None) or free())
    try:
        endpoint = emulator.start(tmp_path)
        assert not endpoint.endswith(f":{taken_port}")
        assert emulator._answers(endpoint)
    finally:
        assert emulator.stop(tmp_path)
    assert not emulator._answers(endpoint)
    assert not emulator.stop(tmp_path)  # once more: nothing is running, and that is no error


@pytest.mark.parametrize(
    ("script", "said"),
    [("exit 1", "s'est arrêté aussitôt"), ("echo 'already in use'; exit 1", "n'est resté libre"), (None, "installé")],
)
def test_failures_are_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str | None, said: str) -> None:
    if script:
        binary = tmp_path / "emulator" / "bin" / "ministack"
        binary.parent.mkdir(parents=True)
        binary.write_text(f"#!/bin/sh\n{script}\n")
        binary.chmod(0o755)
    monkeypatch.setattr(emulator, "LOCAL", tmp_path)
    with pytest.raises(emulator.Failed, match=said) as failure:
        emulator.start(tmp_path / "home")
    assert "\n" not in str(failure.value)
    assert not emulator.stop(tmp_path / "home")


def test_a_stale_pid_file_ends_nobody(tmp_path: Path) -> None:
    """The number may be somebody else's process by now."""
    (tmp_path / "emulator.pid").write_text("1")
    assert not emulator.stop(tmp_path)
