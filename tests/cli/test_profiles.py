import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from plcmon.cli.main import cli
from plcmon.probes.login import openssh_form
from tests.fakes.peers import BOOT_ID, FACTS, HOST, Box, honest, make_key, refusing_port, ssh_box

INVENTORY = """
[service]
state_dir = "state"
[profiles.mine]
key_file = "id_ed25519"
debug_fact = "debug"
[profiles.mine.facts]
boot_id = "cat /proc/sys/kernel/random/boot_id"
uptime = "cat /proc/uptime"
kernel = "uname -r"
debug = "ls /tmp/source"
disk = {{ command = "df", deadline = "2s" }}
[sites.s]
[nodes.n1]
hostname = "n1.example.org"
site = "s"
addresses = ["{host}"]
ssh_port = {port}
"""
SAID = {**FACTS, "debug": "", "disk": "40%\n\x1b[31m41%"}


@contextmanager
def served(folder: Path, said: dict[str, str]) -> Iterator[Box]:
    """A node in a thread of its own: commands run a loop of theirs."""
    ready, over = threading.Event(), threading.Event()
    boxes: list[Box] = []

    async def serve() -> None:
        async with ssh_box(folder, honest(said)) as box:
            boxes.append(box)
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(10)
        yield boxes[0]
    finally:
        over.set()
        thread.join()


def write(folder: Path, port: int) -> Path:
    path = folder / "monitor.toml"
    path.write_text(INVENTORY.format(host=HOST, port=port))
    return path


def run(file: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["--config", str(file), "profile", "test", *words])


def test_every_fact_is_shown_as_it_was_said_and_read(tmp_path: Path) -> None:
    with served(tmp_path, SAID) as box:
        result = run(write(tmp_path, box.port), "mine", "n1", "--json")

    found = json.loads(result.stdout)
    assert (result.exit_code, found["login"], found["shows"]) == (0, "ok", "boot")
    read = {row["fact"]: row["read"] for row in found["facts"]}
    assert read == {
        "boot_id": BOOT_ID,
        "uptime": "up for 2h",
        "kernel": "6.1.0-18-amd64",
        "debug": "not debug",
        "disk": "kept",
    }
    assert found["facts"][-1]["said"] == "40%\n[31m41%"


def test_a_person_reads_a_table(tmp_path: Path) -> None:
    with served(tmp_path, {**SAID, "debug": "/tmp/source"}) as box:
        result = run(write(tmp_path, box.port), "mine", "n1.example.org")

    assert result.exit_code == 0
    assert "shows: debug" in result.stdout
    assert "(not pinned yet)" in result.stdout
    assert "40% / [31m41%" in result.stdout


def test_nothing_is_pinned(tmp_path: Path) -> None:
    with served(tmp_path, SAID) as box:
        run(write(tmp_path, box.port), "mine", "n1")

    assert not (tmp_path / "state").exists()


def test_a_fact_that_is_not_understood_is_exit_5(tmp_path: Path) -> None:
    with served(tmp_path, {**SAID, "kernel": "what kernel?"}) as box:
        result = run(write(tmp_path, box.port), "mine", "n1")

    assert result.exit_code == 5
    assert "not understood: kernel" in result.stdout


def test_a_stranger_is_told_nothing(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    pinned = {"toml:n1": openssh_form(make_key().convert_to_public())}
    (tmp_path / "state" / "node_keys.json").write_text(json.dumps(pinned))
    with served(tmp_path, SAID) as box:
        result = run(write(tmp_path, box.port), "mine", "n1", "--json")

    assert (result.exit_code, json.loads(result.stdout)["login"]) == (5, "hostkey")
    assert box.commands == []


def test_a_node_that_is_not_there_is_exit_5(tmp_path: Path) -> None:
    make_key().write_private_key(tmp_path / "id_ed25519")
    with refusing_port() as port:
        result = run(write(tmp_path, port), "mine", "n1", "--json")

    assert result.exit_code == 5
    assert json.loads(result.stdout)["facts"] == []


@pytest.mark.parametrize(
    ("words", "says"),
    [(("yours", "n1"), "no such profile"), (("mine", "n2"), "no such node")],
)
def test_what_does_not_exist_is_named(tmp_path: Path, words: tuple[str, str], says: str) -> None:
    result = run(write(tmp_path, 22), *words)

    assert result.exit_code == 4
    assert says in result.stderr
