"""Reading one row: what its verb means, and the facts that stand in its `gates`."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from plcmon.model.events import AuditRow

ENGINE = "engine"
POWER = frozenset({"power-cycle", "power-on", "power-off"})
CUTTING = frozenset({"power-cycle", "power-off"})
KINDS = POWER | {
    "reboot-shell",
    "boot-state",
    "repair",
    "notify",
    "penalty",
    "flag",
    "open",
}
STATES = frozenset({"planned", "claimed", "sent", "confirmed", "failed", "unknown", "cancelled"})
ENDED = frozenset({"confirmed", "failed", "cancelled"})
OUTLET = "outlet "  # `outlet 1`, `outlet 2`: the outlets of a power path


class Word(NamedTuple):
    """A verb taken apart."""

    topic: str
    kind: str = ""
    state: str = ""


@lru_cache(maxsize=4096)
def word_of(verb: str) -> Word:
    """`power-cycle sent` -> intent; `command off answered` -> answer; else the verb itself."""
    first, _, rest = verb.partition(" ")
    if first in KINDS and rest in STATES:
        return Word("intent", first, rest)
    if first in KINDS and rest == "verdict":
        return Word("verdict", first)
    if first == "command":
        sent = rest.removesuffix(" answered")
        return Word("command" if sent == rest else "answer", sent)
    if first == "penalty" and rest.isdigit():
        return Word("claim", first, rest)
    return Word(verb)


def outlets_in(row: AuditRow) -> tuple[str, ...]:
    """The outlets that a row about power names."""
    return tuple(value for name, value in row.gates.items() if name.startswith(OUTLET))


def pcu_of_outlet(outlet: str) -> str:
    """The PCU in `PCU OUTLET`."""
    return outlet.partition(" ")[0]


def time_in(row: AuditRow, name: str) -> datetime | None:
    """A moment among the row's facts. Raises ValueError when it is not one."""
    text = row.gates.get(name, "")
    if not text:
        return None
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def seconds_in(row: AuditRow, name: str) -> float | None:
    text = row.gates.get(name, "")
    return float(text) if text else None


def number_in(row: AuditRow, name: str, default: int = 0) -> int:
    text = row.gates.get(name, "")
    return int(text) if text else default


def says(row: AuditRow, name: str) -> bool:
    return row.gates.get(name) == "yes"


def of_engine(actor: str) -> bool:
    return actor == ENGINE
