"""The agenda: which check is due next. Plain data on monotonic seconds; it waits for nothing.

Each check keeps its own place in its interval, a hash of what it is, so that a fleet is looked at
evenly for ever and two checks never gather into a herd.
"""

import heapq
import math
from collections import Counter, OrderedDict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

from plcmon.model.subjects import SiteKey, Subject

# A dark site's checks take their whole deadline: so many at once that all fit in a minute.
SHARE = 8


class Question(StrEnum):
    """What is asked of a subject: the probes of a node, or the witnesses of a site."""

    PING = "ping"
    DNS = "dns"
    TCP = "tcp"
    SSH = "ssh"
    HTTP = "http"
    WITNESSES = "witnesses"


UNHURRIED = frozenset({Question.DNS})  # no sign of life: doubt does not make them due sooner


class Check(NamedTuple):
    """One question about one subject."""

    subject: Subject
    question: Question

    def __str__(self) -> str:
        return f"{self.question} {self.subject}"


class Place(NamedTuple):
    """Where a check belongs: the site whose line it loads, and how often it is due."""

    site: SiteKey
    interval: float


@dataclass(slots=True)
class Entry:
    """What is known of one check."""

    place: Place
    fraction: float  # 0 to 1, the check's own: where in its interval it is due
    due: float
    ran_at: float = -math.inf
    again: bool = False  # asked for while it ran


class Agenda:
    """Hands out checks one by one, what a person asked for first, then what is longest due.

    A check that was taken is not given out again before it is done, and a site has at most
    `per_site` checks out at a time, or a large one a share of its own checks.
    """

    def __init__(self, *, per_site: int) -> None:
        self._per_site = per_site
        self._suspect = 0.0
        self._entries: dict[Check, Entry] = {}
        self._of: dict[Subject, list[Check]] = {}
        self._heap: list[tuple[float, float, Check]] = []
        self._asked: OrderedDict[Check, None] = OrderedDict()  # in order, each once
        self._parked: dict[SiteKey, dict[Check, None]] = {}  # due, but their site is busy
        self._most: dict[SiteKey, int] = {}
        self._out: dict[Check, SiteKey] = {}
        self._busy: Counter[SiteKey] = Counter()
        self._hastened: set[Subject] = set()

    def __len__(self) -> int:
        return len(self._entries)

    def update(self, places: Mapping[Check, Place], *, suspect: float, now: float) -> None:
        """Take over what there is to check: new checks are due at once, others keep their turn."""
        self._suspect = suspect
        for gone in self._entries.keys() - places.keys():
            del self._entries[gone]
        for check, place in places.items():
            entry = self._entries.get(check)
            if entry is None:
                self._entries[check] = Entry(place, fraction_of(check), now)
                self._push(check)
            else:
                entry.place = place
                self._bring(check, now + place.interval)
        self._of = {}
        for check in self._entries:
            self._of.setdefault(check.subject, []).append(check)
        self._hastened &= self._of.keys()
        checks = Counter(place.site for place in places.values())
        self._most = {site: max(self._per_site, number // SHARE) for site, number in checks.items()}

    def take(self, now: float) -> Check | None:
        """The check to carry out now; None when nothing is due. Call `done` when it is over."""
        while self._asked:
            check, _ = self._asked.popitem(last=False)
            if self._is_free(check) and self._admit(check):
                return check
        while self._heap and self._heap[0][0] <= now:
            due, _, check = heapq.heappop(self._heap)
            if self._is_turn(check, due) and self._admit(check):
                return check
        return None

    def done(self, check: Check, now: float) -> None:
        """The check is over: it gets its next turn, and its site has a place again."""
        site = self._out.pop(check)
        self._busy[site] -= 1
        self._unpark(site)
        entry = self._entries.get(check)
        if entry is None:
            return
        entry.ran_at = now
        entry.due = self._next_turn(check, entry, now)
        self._push(check)
        if entry.again:
            entry.again = False
            self._asked[check] = None

    def ask(self, subjects: Iterable[Subject]) -> int:
        """Put every check of the subjects before all others; returns how many there are."""
        asked = [check for subject in subjects for check in self._of.get(subject, ())]
        for check in asked:
            if check in self._out:
                self._entries[check].again = True
            else:
                self._asked[check] = None
        return len(asked)

    def hasten(self, subjects: Collection[Subject], now: float) -> None:
        """Make every check of the subjects due within the suspects' interval, until `relax`."""
        for subject in subjects:
            if subject in self._hastened or subject not in self._of:
                continue
            self._hastened.add(subject)
            for check in self._hurried(subject):
                self._bring(check, now + self._suspect * self._entries[check].fraction)

    def relax(self, subjects: Collection[Subject]) -> None:
        """Go back to the checks' own intervals, from their next turn on."""
        self._hastened -= set(subjects)

    def doubt(self, subject: Subject, now: float) -> None:
        """Make each check of the subject due at once, but not twice within suspects' time."""
        for check in self._hurried(subject):
            self._bring(check, max(now, self._entries[check].ran_at + self._suspect))

    def next_due(self) -> float:
        """When `take` will next have a check; infinity when only `done` can bring one."""
        return -math.inf if self._asked else self.next_turn()

    def next_turn(self) -> float:
        """When the next check is due by its interval; infinity when there is none."""
        while self._heap:
            due, _, check = self._heap[0]
            if self._is_turn(check, due):
                return due
            heapq.heappop(self._heap)
        return math.inf

    def lateness(self, now: float) -> float:
        """For how many seconds the most overdue check has been waiting to be taken."""
        waiting = [*self._asked, *(check for checks in self._parked.values() for check in checks)]
        dues = [self._entries[check].due for check in waiting if check in self._entries]
        return max(0.0, now - min([*dues, self.next_turn()]))

    def _hurried(self, subject: Subject) -> Iterable[Check]:
        return (check for check in self._of.get(subject, ()) if check.question not in UNHURRIED)

    def _is_free(self, check: Check) -> bool:
        return check in self._entries and check not in self._out

    def _is_turn(self, check: Check, due: float) -> bool:
        """False for what the heap still holds of turns that were brought forward or are over."""
        if not self._is_free(check) or check in self._asked:
            return False
        entry = self._entries[check]
        return entry.due == due and check not in self._parked.get(entry.place.site, ())

    def _unpark(self, site: SiteKey) -> None:
        """Let the check that waited longest for this site go before all others."""
        parked = self._parked.get(site)
        if not parked:
            return
        check = next(iter(parked))
        del parked[check]
        self._asked[check] = None
        self._asked.move_to_end(check, last=False)

    def _admit(self, check: Check) -> bool:
        """Give the check out, or park it while its site has enough of them out."""
        site = self._entries[check].place.site
        if self._busy[site] >= self._most.get(site, self._per_site):
            self._parked.setdefault(site, {})[check] = None
            return False
        self._busy[site] += 1
        self._out[check] = site
        return True

    def _bring(self, check: Check, due: float) -> None:
        entry = self._entries[check]
        if due < entry.due and check not in self._out:
            entry.due = due
            self._push(check)

    def _push(self, check: Check) -> None:
        # What is due together goes by hash, not by name: neighbours share a line.
        entry = self._entries[check]
        heapq.heappush(self._heap, (entry.due, entry.fraction, check))

    def _next_turn(self, check: Check, entry: Entry, now: float) -> float:
        if check.subject in self._hastened and check.question not in UNHURRIED:
            return now + self._suspect * (1 + entry.fraction) / 2
        return turn_after(now + entry.place.interval / 2, entry.place.interval, entry.fraction)


def turn_after(earliest: float, interval: float, fraction: float) -> float:
    """The first time at or after `earliest` that lies at `fraction` of an interval."""
    if interval <= 0:
        return earliest
    offset = fraction * interval
    return math.ceil((earliest - offset) / interval) * interval + offset


def fraction_of(check: Check) -> float:
    """A number from 0 to 1 that is the check's own, and the same after every restart."""
    digest = sha256(str(check).encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2**32
