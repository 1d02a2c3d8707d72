"""What a virtual machine answers to a command line: no shell, only a table of known commands.

A service asks for many facts at once by a shell function `f`, which frames each answer; anything
else is taken for one command a line.
"""

import re
import shlex
from collections.abc import Callable, Mapping
from typing import NamedTuple

from plcmon.sim.machine import Machine

# n=NONCE, then the function, then lines of: f NAME SECONDS BYTES 'COMMAND'
NONCE = re.compile(r"n=(\w+)\n")
ASKED = re.compile(r"^f \w+ \d+ \d+ .+$", re.MULTILINE)
NOT_FOUND = 127


class Reply(NamedTuple):
    """What a command leaves behind."""

    out: str = ""
    err: str = ""
    status: int = 0


Command = Callable[[Machine, float], Reply]


def run(line: str, machine: Machine, now: float) -> Reply:
    """Answer a command line as `machine` would at `now`, in seconds of its own clock."""
    if match := NONCE.match(line):
        return tell_facts(match[1], ASKED.findall(line), machine, now)
    replies = [obey(command, machine, now) for command in line.splitlines() if command.strip()]
    status = replies[-1].status if replies else 0
    return Reply("".join(r.out for r in replies), "".join(r.err for r in replies), status)


def tell_facts(nonce: str, asked: list[str], machine: Machine, now: float) -> Reply:
    """Each answer in its frame, up to its cap; errors are left out."""
    told = ""
    for line in asked:
        _, name, _, cap, command = shlex.split(line)
        told += f"\n{nonce} {name}\n{obey(command, machine, now).out[: int(cap)]}"
    return Reply(f"{told}\n{nonce} end\n")


def obey(command: str, machine: Machine, now: float) -> Reply:
    known = COMMANDS.get(command.strip())
    if known is None and "getent -s dns hosts" in command:
        known = own_name
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


def own_name(machine: Machine, now: float) -> Reply:
    """Its resolver works."""
    return Reply(f"192.0.2.1       {machine.name}\n")


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
