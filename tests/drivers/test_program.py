"""Programs as transports: clean surroundings, capped output, nothing left behind."""

import asyncio
import os
from pathlib import Path

import pytest

from plcmon.drivers.program import TooMuchError, run


def script(folder: Path, text: str) -> str:
    path = folder / "program"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o700)
    return str(path)


async def test_both_streams_and_the_status_come_back(tmp_path: Path) -> None:
    done = await run([script(tmp_path, "echo out; echo err >&2; exit 3")], secrets={})

    assert (done.status, done.out, done.err) == (3, "out\n", "err\n")


async def test_arguments_are_not_read_by_a_shell(tmp_path: Path) -> None:
    done = await run([script(tmp_path, 'printf %s "$1"'), "$(id); `id` | id"], secrets={})

    assert done.out == "$(id); `id` | id"


async def test_the_environment_is_made_for_it_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLCMON_OTHER_SECRET", "must not travel")
    done = await run([script(tmp_path, "env")], secrets={"IPMI_PASSWORD": "pw"})

    names = {line.split("=")[0] for line in done.out.splitlines()}
    assert names - {"PWD", "_", "SHLVL", "OLDPWD"} == {"PATH", "LC_ALL", "IPMI_PASSWORD"}


async def test_there_is_no_terminal_and_nothing_to_read(tmp_path: Path) -> None:
    done = await run([script(tmp_path, "cat; (: </dev/tty) 2>/dev/null || echo none")], secrets={})

    assert done.out == "none\n"


async def test_endless_output_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(TooMuchError):
        async with asyncio.timeout(30):
            await run([script(tmp_path, "exec yes")], secrets={})


async def test_a_deadline_ends_the_whole_group(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    text = f"sleep 60 & echo $! >{pids}.new; echo $$ >>{pids}.new; mv {pids}.new {pids}; wait"

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):
            await run([script(tmp_path, text)], secrets={})

    assert not [pid for pid in pids.read_text().split() if alive(int(pid))]


async def test_a_missing_program_is_an_os_error() -> None:
    with pytest.raises(FileNotFoundError):
        await run(["plcmon-no-such-program"], secrets={})


def alive(pid: int) -> bool:
    """True while the process runs; one that ended and waits to be collected does not."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"
