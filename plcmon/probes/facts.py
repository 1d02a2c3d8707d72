"""Facts: the one command that asks a node about itself, and the strict reading of its answer.

Every fact's output stands under a line that carries a number used once, so that nothing a node has
in its files can pose as another fact. Pure; knows nothing of SSH.
"""

import math
import re
import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from plcmon.model.readings import NodeFacts
from plcmon.model.subjects import USUAL, FactBounds, Profile

MOST_BYTES = 64 * 1024  # of one whole answer

# A shell function: NAME, DEADLINE in seconds, CAP in bytes, COMMAND. Everything that the command
# left running counts for its deadline as long as it holds the pipe. A node without `timeout` goes
# by the deadline of the whole visit.
FUNCTION = """\
t=; timeout -s KILL 9 true 2>/dev/null && t=1
f() { printf '\\n%s %s\\n' "$n" "$1"; set -- "$2" "{ $4
} </dev/null 2>/dev/null | head -c $3"
if [ "$t" ]; then timeout -s KILL "$1" sh -c "$2"; else sh -c "$2"; fi; }
"""

BOOT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
UPTIME = re.compile(r"(\d{1,10}(?:\.\d{1,9})?)(?: \d{1,14}(?:\.\d{1,9})?)?", re.ASCII)
KERNEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+~-]{0,127}")
NUMBERS = re.compile(r"\d{1,9}", re.ASCII)
# C0 without tab and newline, DEL, C1, and what turns the direction of text around.
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")

WELL_KNOWN = frozenset({"boot_id", "uptime", "kernel"})


def script(
    facts: Mapping[str, str],
    nonce: str,
    bounds: Mapping[str, FactBounds] | None = None,
    hostname: str = "",
) -> str:
    """The shell command that answers every fact in its own frame, in order.

    Commands find `hostname`, the node's name in the inventory, as a variable.
    """
    asked = "".join(
        line_for(name, command, (bounds or {}).get(name, USUAL)) for name, command in facts.items()
    )
    named = f"hostname={shlex.quote(hostname)}; export hostname\n"
    return f"n={nonce}\n{named}{FUNCTION}{asked}printf '\\n%s end\\n' \"$n\""


def line_for(name: str, command: str, bounds: FactBounds) -> str:
    seconds = math.ceil(bounds.deadline.total_seconds())
    return f"f {name} {seconds} {bounds.cap} {shlex.quote(command)}\n"


def end_mark(nonce: str) -> bytes:
    """What the last line of a complete answer is."""
    return f"\n{nonce} end\n".encode()


def split(answer: bytes, names: Sequence[str], nonce: str) -> dict[str, str]:
    """Cut an answer into its facts; what a shell says before the first frame is left out.

    Raises ValueError with a sentence when the frames are not exactly those that were asked for.
    """
    text = answer.decode("utf-8", errors="replace").replace("\r\n", "\n")
    expected = [f"{nonce} {name}" for name in (*names, "end")]
    sections: list[list[str]] = [[]]
    for line in text.split("\n")[:-1]:  # what comes after the last newline is no whole line
        if not line.startswith(nonce):
            sections[-1].append(line)
        elif len(sections) <= len(expected) and line == expected[len(sections) - 1]:
            sections.append([])
        else:
            raise ValueError(f"frame {len(sections)} of its answer is not the one asked for")
    if len(sections) != len(expected) + 1:
        heard = len(sections) - 1
        raise ValueError(f"its answer broke off after {heard} of {len(expected)} frames")
    said = ("\n".join(lines).strip() for lines in sections[1:-1])
    return dict(zip(names, said, strict=True))


def printable(text: str, most: int = USUAL.cap) -> str:
    """Text that cannot steer a terminal, cut to `most` characters."""
    return CONTROLS.sub("", text[:most])


def line_of(text: str, most: int = 255) -> str:
    """The same as `printable`, on one line."""
    return printable(" ".join(text[: 4 * most].split()), most)


def read_facts(
    answers: Mapping[str, str], profile: Profile, *, answered_at: datetime
) -> tuple[NodeFacts, str]:
    """Read what a node said of itself; facts that don't fit their grammar stay empty.

    Returns the facts and a sentence that names the misfits, empty when there are none.
    """
    good = {name: fits(name, said) for name, said in answers.items() if name in WELL_KNOWN}
    misfits = [name for name, said in good.items() if not said]
    old = is_older(good.get("kernel", ""), profile.min_kernel)
    facts = NodeFacts(
        boot_id=good.get("boot_id", ""),
        booted_at=booted_at(good.get("uptime", ""), answered_at),
        kernel=good.get("kernel", ""),
        debug=old or bool(answers.get(profile.debug_fact)),
        old_boot_cd=old,
        more={
            name: printable(said, profile.bounds.get(name, USUAL).cap)
            for name, said in answers.items()
            if name not in WELL_KNOWN
        },
    )
    return facts, f"not understood: {', '.join(misfits)}" if misfits else ""


def fits(name: str, said: str) -> str:
    """The fact in its plain form, empty when it is not of its grammar."""
    grammar = {"boot_id": BOOT_ID, "uptime": UPTIME, "kernel": KERNEL}[name]
    plain = said.lower() if name == "boot_id" else said
    return plain if grammar.fullmatch(plain) else ""


def booted_at(uptime: str, answered_at: datetime) -> datetime | None:
    """When a node with this uptime booted, by our clock; None when it cannot be."""
    match = UPTIME.fullmatch(uptime)
    if match is None:
        return None
    try:
        return answered_at - timedelta(seconds=float(match[1]))
    except OverflowError:
        return None


def is_older(kernel: str, least: str) -> bool:
    """True when both are known and the kernel's leading numbers are below `least`'s."""
    wanted = [int(number) for number in NUMBERS.findall(least)]
    has = [int(number) for number in NUMBERS.findall(kernel)]
    return bool(wanted and has) and has[: len(wanted)] < wanted
