"""A service as its operator has it: a folder, a file, a process, and the command line."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

PLCMON = (sys.executable, "-m", "plcmon")
START, STOP, SAY = 30.0, 20.0, 30.0  # seconds
POLL = 0.05
NODES = """
[sites.here]
name = "Here"
[nodes.first]
hostname = "first.example.org"
site = "here"
addresses = ["127.0.0.1"]
ssh_port = 1
"""
ENVIRONMENT = {**os.environ, "COLUMNS": "200", "TERM": "dumb"}


@dataclass(frozen=True)
class Said:
    """How one command ended."""

    code: int
    out: str
    err: str

    @property
    def first(self) -> str:
        """What a person reads first."""
        lines = [line for line in self.err.splitlines() if not line.startswith("{")]
        return lines[0] if lines else ""

    @property
    def clear(self) -> bool:
        """One line, then what the reader can do; nobody needs to read a traceback."""
        return bool(self.first) and "Traceback" not in self.err


def plcmon(*words: str | Path, within: float = SAY, before: Sequence[str] = ()) -> Said:
    """Run one command to its end."""
    done = subprocess.run(
        [*before, *PLCMON, *map(str, words)],
        capture_output=True,
        text=True,
        timeout=within,
        stdin=subprocess.DEVNULL,
        env=ENVIRONMENT,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def write_config(folder: Path, *, state: str = "state", nodes: str = NODES, more: str = "") -> Path:
    """A file that is good as it stands: one node, mode observe."""
    file = folder / "monitor.toml"
    file.write_text(f'{more}\n[service]\nstate_dir = "{state}"\n{nodes}')
    return file


class Connection(HTTPConnection):
    """HTTP over the service's socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("plcmon", timeout=SAY)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(SAY)
        self.sock.connect(str(self._path))


@dataclass
class Service:
    """A running `plcmon serve`."""

    file: Path
    socket: Path
    log: Path
    process: "subprocess.Popen[bytes]" = field(repr=False)

    def run(self, *words: str) -> Said:
        """One command, told where the service is."""
        return plcmon("--socket", self.socket, *words)

    def json(self, *words: str) -> Any:
        said = self.run(*words, "--json")
        assert said.code == 0, said.err
        return json.loads(said.out)

    def get(self, what: str) -> Any:
        """The same rows without the second that a whole command takes to begin."""
        connection = Connection(self.socket)
        try:
            connection.request("GET", f"/api/{what}")
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def health(self) -> dict[str, float]:
        """What the health page says, by name."""
        connection = Connection(self.socket)
        try:
            connection.request("GET", "/healthz")
            _, *lines = connection.getresponse().read().decode().splitlines()
        finally:
            connection.close()
        return {name: float(value) for name, value, *_ in (line.split() for line in lines)}

    def stop(self) -> int:
        """Ask it to stop; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP)

    def said(self, event: str, *, within: float = START) -> dict[str, Any]:
        """The first line of its log that tells of this event, waited for."""
        until = time.monotonic() + within
        while time.monotonic() < until:
            whole_lines, _, _ = self.log.read_text().rpartition("\n")
            for line in whole_lines.splitlines():
                if line.startswith("{") and json.loads(line)["event"] == event:
                    found: dict[str, Any] = json.loads(line)
                    return found
            if self.process.poll() is not None:
                break
            time.sleep(POLL)
        raise AssertionError(f"no {event!r} in {self.log.read_text()}")


@contextmanager
def serving(file: Path) -> Iterator[Service]:
    """Start the service and wait until it says that it has; leaving stops it."""
    log = file.with_suffix(".log")
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [*PLCMON, "serve", "--config", str(file)],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
        )
    try:
        service = Service(file, file.parent / "state" / "plcmon.sock", log, process)
        service.said("started")
        yield service
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


@contextmanager
def fleet(folder: Path, *, nodes: int, sites: int) -> Iterator[dict[str, Any]]:
    """A virtual fleet; yields its greeting."""
    command = [
        *(sys.executable, "-m", "plcmon.sim", "--dir", str(folder), "--stop-on-eof"),
        *(f"--nodes={nodes}", f"--sites={sites}", "--boot-seconds=1"),
    ]
    pipe = subprocess.PIPE
    with (
        (folder / "fleet.log").open("wb") as log,
        subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=log) as process,
    ):
        assert process.stdout is not None
        assert process.stdin is not None
        greeting: dict[str, Any] = json.loads(process.stdout.readline())
        yield greeting
        process.stdin.close()  # it ends with its standard input


def until(what: str, is_so: Any, *, within: float = START) -> Any:
    """The first answer that is not empty."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if found := is_so():
            return found
        time.sleep(POLL)
    raise AssertionError(f"not so within {within:g} s: {what}")
