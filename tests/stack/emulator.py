"""The emulator: one process in the background, on 127.0.0.1."""

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".local"
USUAL_PORT = 4566
REGION = "eu-west-3"
_START_S = 60


class Failed(Exception):
    """What went wrong, in one line for a person."""


def start(home: Path) -> str:
    """Start an emulator whose state lives in `home`; returns its endpoint once it answers."""
    stop(home)
    binary = LOCAL / "emulator" / "bin" / "ministack"
    if not binary.exists():
        raise Failed("the emulator is not installed: run `make run` or `make up`")
    for folder in ("home", "tmp"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    port = _free_port()
    endpoint = f"http://127.0.0.1:{port}"
    environment = {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "HOME": str(home / "home"),
        "TMPDIR": str(home / "tmp"),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        # Two services that would listen on every interface.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }
    with (home / "emulator.log").open("wb") as log:
        process = subprocess.Popen(
            [binary], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    (home / "emulator.pid").write_text(str(process.pid))
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Failed(f"the emulator ended at once; its log is {home / 'emulator.log'}")
        try:
            with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=2):
                return endpoint
        except OSError:
            time.sleep(0.1)
    raise Failed(f"the emulator did not answer within {_START_S} s; its log is {home / 'emulator.log'}")


def stop(home: Path) -> bool:
    """End the emulator of `home`, its workers with it; whether there was one."""
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
    raise Failed("no free port on 127.0.0.1")
