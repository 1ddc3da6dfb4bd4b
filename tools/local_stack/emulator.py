"""The emulator: one process in the background, on 127.0.0.1."""

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".local"
USUAL_PORT = 4566
REGION = "eu-west-3"
_START_S = 60
_ATTEMPTS = 5


class Failed(Exception):
    """A failure, with a one-line message for the user."""


class _PortTaken(Exception):
    """Another process took the port after it was found free."""


def start(home: Path) -> str:
    """Start an emulator whose state lives in `home`; returns its endpoint once it answers."""
    stop(home)
    binary = LOCAL / "emulator" / "bin" / "ministack"
    if not binary.exists():
        raise Failed("l'émulateur n'est pas installé : lancer `make run` ou `make up`")
    for folder in ("home", "tmp"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    for _ in range(_ATTEMPTS):
        try:
            return _start(home, binary, _free_port())
        except _PortTaken:
            continue
    raise Failed(f"aucun port de 127.0.0.1 n'est resté libre ; voir {home / 'emulator.log'}")


def _start(home: Path, binary: Path, port: int) -> str:
    endpoint = f"http://127.0.0.1:{port}"
    environment = {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "HOME": str(home / "home"),
        "TMPDIR": str(home / "tmp"),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        # Disabled: these two services listen on every interface.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }
    log_file = home / "emulator.log"
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [binary], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    (home / "emulator.pid").write_text(str(process.pid))
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            (home / "emulator.pid").unlink()
            if "already in use" in log_file.read_text(errors="replace"):
                raise _PortTaken
            raise Failed(f"l'émulateur s'est arrêté aussitôt ; voir {log_file}")
        # The answer must come from the process just started: another stack may hold the port.
        if _listens(process.pid, port) and _answers(endpoint):
            return endpoint
        time.sleep(0.1)
    stop(home)
    raise Failed(f"l'émulateur n'a pas répondu en {_START_S} s ; voir {log_file}")


def _answers(endpoint: str) -> bool:
    try:
        with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=2):
            return True
    except OSError:
        return False


def _listens(pid: int, port: int) -> bool:
    """Whether a process listens on a port of IPv4."""
    sockets = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    listening = {
        f"socket:[{inode}]"
        for _, local, _, state, *_, inode in (fields[:10] for fields in sockets)
        if state == "0A" and int(local.rpartition(":")[2], 16) == port
    }
    try:
        return any(str(descriptor.readlink()) in listening for descriptor in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:  # the process ended or closed a descriptor meanwhile
        return False


def stop(home: Path) -> bool:
    """Stop the emulator of `home` and its workers; returns whether there was one."""
    pid_file = home / "emulator.pid"
    if not pid_file.exists():
        return False
    pid = int(pid_file.read_text())
    pid_file.unlink()
    if not _is_ours(pid):
        return False
    os.killpg(pid, signal.SIGTERM)
    for _ in range(50):
        if not _is_ours(pid):
            break
        time.sleep(0.1)
    else:
        os.killpg(pid, signal.SIGKILL)
    shutil.rmtree(home / "tmp", ignore_errors=True)
    return True


def _is_ours(pid: int) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return b"ministack" in command and state != "Z"


def _free_port() -> int:
    for wanted in (USUAL_PORT, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", wanted))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise Failed("aucun port libre sur 127.0.0.1")
