"""Notices: every kind of mail there is, and the facts that each one needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

FACTS: Mapping[str, str] = {
    "site": "key of the site",
    "node": "hostname; several with commas",
    "pcu": "name of the power control unit",
    "outlet": "the outlet or outlets, as the unit counts them",
    "since": "when it began, with its zone",
    "duration": "how long that is",
    "last_good": "when it was last seen good, with its zone, or words that say never",
    "seen": "what was seen last, one sentence without its full stop",
    "evidence": "what that rests on: answers, witnesses, times",
    "finding": "what the last test of the unit found, in its own words",
    "tried": "what plcmon did and what came of it; parts end with ';'; or words that say nothing",
    "level": "the penalty that the site is under, as a number and in words",
    "legend": "what each level of penalty means; parts end with ';'",
    "lines": "the digest, one thing on a line",
    "next": "what follows if nobody does anything, and when; empty: nothing is planned",
}
"""Every fact a template may name; all are text, ready to be read. A missing one is empty."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One kind of mail."""

    name: str
    when: str  # one clause: why it is written
    needs: tuple[str, ...]  # facts without which it says nothing
    may: tuple[str, ...] = ()  # facts it shows when they are there
    recovery: bool = field(default=False)  # never waits for the next grouped mail


NOTICES: Mapping[str, Notice] = {
    notice.name: notice
    for notice in (
        Notice(
            "down",
            "a node is down",
            ("node", "since", "seen", "tried"),
            ("site", "duration", "last_good", "evidence", "next"),
        ),
        Notice(
            "login",
            "a node is alive and lets nobody in",
            ("node", "since", "seen", "tried"),
            ("site", "duration", "last_good", "evidence", "next"),
        ),
        Notice(
            "site_unreachable",
            "nothing at a site answers",
            ("site", "since", "seen"),
            ("duration", "node", "evidence", "tried", "next"),
        ),
        Notice(
            "pcu_error",
            "a power control unit cannot be used",
            ("pcu", "finding", "since"),
            ("site", "seen", "node", "last_good", "evidence", "tried", "next"),
        ),
        Notice(
            "pcu_failed",
            "a power control unit said yes and the node did not come back",
            ("pcu", "outlet", "since", "tried"),
            ("site", "node", "finding", "seen", "evidence", "next"),
        ),
        Notice(
            "penalty_raised",
            "the level of penalty of a site was raised",
            ("site", "level", "legend", "seen"),
            ("node", "since", "duration", "evidence"),
        ),
        Notice(
            "penalty_cleared",
            "a penalty was lowered or lifted",
            ("site", "level", "legend"),
            ("seen",),
            recovery=True,
        ),
        Notice(
            "online",
            "back, after mail that said otherwise",
            ("since", "duration"),
            ("site", "node", "tried"),
            recovery=True,
        ),
        Notice("digest", "once a day, to the operators", ("since", "lines")),
        Notice("test", "somebody asked for it", ("site",), ("seen",)),
    )
}


def is_recovery(name: str) -> bool:
    notice = NOTICES.get(name)
    return notice is not None and notice.recovery
