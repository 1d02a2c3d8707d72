"""What every word looks like: glyph, ASCII glyph, tone and place in the order, in one table.

Glyph and word must suffice without colour; a tone says how worried to be and nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

TONES: Mapping[str, str] = {
    "plain": "",
    "strong": "bold",
    "error": "bold $error",
    "warning": "$warning",
    "unsure": "italic $text-muted",
    "muted": "$text-muted",
    "faint": "$text-disabled",
    "accent": "bold $accent",
    "window": "$secondary",
    "alarm": "bold reverse $warning",
    "stop": "bold reverse $error",
    "danger": "$error",
    "key": "bold $primary",
}


class Level(IntEnum):
    """How worried to be; also the order of rows and of the header's counts."""

    BAD = 0
    SICK = 1
    UNSURE = 2
    WELL = 3
    APART = 4  # watched, and rightly out of the count


@dataclass(frozen=True, slots=True)
class Look:
    """How one word is shown."""

    glyph: str
    ascii: str
    level: Level
    tone: str

    def mark(self, *, plain: bool) -> str:
        """The glyph, or its ASCII form on a line that has no better."""
        return self.ascii if plain else self.glyph


BAD = Look("✖", "X", Level.BAD, "error")
SICK = Look("◐", "!", Level.SICK, "warning")
UNSURE = Look("?", "?", Level.UNSURE, "unsure")
WELL = Look("●", ".", Level.WELL, "plain")
APART = Look("○", "o", Level.APART, "muted")
BUSY = Look("↻", "*", Level.SICK, "accent")
PUZZLE = Look("‽", "?!", Level.BAD, "alarm")
ASKS = Look("▲", "^", Level.BAD, "accent")
WAITS = Look("∙", "-", Level.SICK, "plain")
STILL = Look("‖", "=", Level.APART, "muted")

LEVELS: Mapping[Level, Look] = {
    Level.BAD: BAD,
    Level.SICK: SICK,
    Level.UNSURE: UNSURE,
    Level.WELL: WELL,
    Level.APART: APART,
}

STATUS: Mapping[str, Look] = {
    "down": BAD,
    "offline": BAD,
    "failboot": SICK,
    "safeboot": SICK,
    "new": UNSURE,
    "unreachable": UNSURE,
    "online": WELL,
    "good": WELL,
    "disabled": APART,
    "retired": APART,
}

EVIDENCE: Mapping[str, Look] = {
    "fresh": WELL,
    "suspect": SICK,
    "stale": UNSURE,
    "blind": UNSURE,
    "unreachable": UNSURE,
}

INTENT: Mapping[str, Look] = {
    "unknown": PUZZLE,
    "failed": BAD,
    "sent": BUSY,
    "claimed": BUSY,
    "planned": WAITS,
    "confirmed": WELL,
    "cancelled": APART,
}

VERDICT: Mapping[str, Look] = {
    "fixed": WELL,
    "rebooted_sick": SICK,
    "not_rebooted": BAD,
    "unknown": PUZZLE,
}

GATE: Mapping[str, Look] = {
    "never": Look("✖", "X", Level.BAD, "error"),
    "hold": Look("‖", "=", Level.SICK, "warning"),
    "pass": Look("✔", "+", Level.WELL, "muted"),
}

WORRY: Mapping[int, Look] = {0: BAD, 1: SICK, 2: UNSURE, 3: WELL}

MARKS: Mapping[str, Look] = {
    "maintenance": STILL,
    "flapping": SICK,
    "firewalled": SICK,
    "hostkey": SICK,
    "oldbootcd": SICK,
    "exempt": APART,
    "inherited": APART,
}

CURSOR = Look("▌", ">", Level.WELL, "key")
MARKED = Look("◆", "#", Level.WELL, "accent")
DASH = Look("—", "-", Level.WELL, "faint")
CUT = Look("…", "~", Level.WELL, "plain")
DESCENDING = Look("▾", "v", Level.WELL, "muted")
ASCENDING = Look("▴", "^", Level.WELL, "muted")


def look_of(table: Mapping[str, Look], word: str) -> Look:
    """The look of a word; an unknown one is shown as unsure, never hidden."""
    return table.get(word, UNSURE)


def counts(statuses: Mapping[str, int]) -> dict[Level, int]:
    """How many of each level; adds up to all of them."""
    found = dict.fromkeys(Level, 0)
    for status, count in statuses.items():
        found[look_of(STATUS, status).level] += count
    return found


def wants_ascii(environment: Mapping[str, str]) -> bool:
    """True when the terminal or the locale cannot be trusted with more than ASCII."""
    if environment.get("TERM", "") in ("linux", "dumb", "vt100", "vt220"):
        return True
    locale = next(
        (environment[n] for n in ("LC_ALL", "LC_CTYPE", "LANG") if environment.get(n)), ""
    )
    return "utf" not in locale.lower()


def why_not(environment: Mapping[str, str], *, tty: bool) -> str:
    """Why no screen can be shown here, or an empty text."""
    if not tty:
        return "this is not a terminal; the other commands need none"
    if environment.get("TERM", "") in ("dumb", "unknown", ""):
        return "this terminal cannot move its cursor (TERM); the other commands work here"
    return ""
