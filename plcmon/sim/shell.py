"""What a virtual machine answers to a command line: no shell, only a table of known commands.

A service asks for many facts at once, each behind a `printf` that frames its answer; anything else
is taken for one command a line.
"""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from plcmon.sim.machine import Machine

# printf '\n%s %s\n' NONCE NAME; COMMAND      and at the end      printf '\n%s end\n' NONCE
FRAME = re.compile(r"printf '\\n%s %s\\n' (\S+) (\S+); (.+)")
LAST = re.compile(r"printf '\\n%s end\\n' (\S+)")
NOT_FOUND = 127


class Reply(NamedTuple):
    """What a command leaves behind."""

    out: str = ""
    err: str = ""
    status: int = 0


Command = Callable[[Machine, float], Reply]


def run(line: str, machine: Machine, now: float) -> Reply:
    """Answer a command line as `machine` would at `now`, in seconds of its own clock."""
    replies = [run_one(command, machine, now) for command in line.splitlines() if command.strip()]
    status = replies[-1].status if replies else 0
    return Reply("".join(r.out for r in replies), "".join(r.err for r in replies), status)


def run_one(command: str, machine: Machine, now: float) -> Reply:
    """One line of it, with or without the frame before it."""
    if match := LAST.fullmatch(command):
        return Reply(f"\n{match[1]} end\n")
    if match := FRAME.fullmatch(command):
        out, err, status = obey(match[3], machine, now)
        return Reply(f"\n{match[1]} {match[2]}\n{out}", err, status)
    return obey(command, machine, now)


def obey(command: str, machine: Machine, now: float) -> Reply:
    known = COMMANDS.get(command.strip())
    if known is None:
        return Reply(err=f"sh: 1: {command.split(maxsplit=1)[0]}: not found\n", status=NOT_FOUND)
    return known(machine, now)


def uptime(machine: Machine, now: float) -> Reply:
    up = now - machine.booted_at
    return Reply(f"{up:.2f} {up * 1.9:.2f}\n")


def root_disk(machine: Machine, now: float) -> Reply:
    """A disk that is neither empty nor full, and the same at each boot."""
    size, share = 61_611_820, 20 + int(machine.boot_id[:2], 16) * 60 // 255
    used = size * share // 100
    return Reply(f"/dev/sda1 {size} {used} {size - used} {share}% /\n")


def boot_manager(machine: Machine, now: float) -> Reply:
    """The boot manager's leavings: there only while it is what runs."""
    if machine.in_debug:
        return Reply("/tmp/bm.log\n/tmp/source\n")
    return Reply(status=2)


COMMANDS: Mapping[str, Command] = {
    "true": lambda machine, now: Reply(),
    "hostname": lambda machine, now: Reply(f"{machine.name}\n"),
    "uname -r": lambda machine, now: Reply(f"{machine.kernel}\n"),
    "cat /proc/sys/kernel/random/boot_id": lambda machine, now: Reply(f"{machine.boot_id}\n"),
    "cat /proc/uptime": uptime,
    "df -P / | tail -1": root_disk,
    "ls -d /tmp/source /tmp/bm.log 2>/dev/null": boot_manager,
}
