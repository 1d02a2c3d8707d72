"""The agenda: which check is due next. Plain data on monotonic seconds; it waits for nothing.

Each check keeps its own place in its interval, a hash of what it is, so that a fleet is looked at
evenly for ever and two checks never gather into a herd. Where there is more to do than can be done,
what harms least comes late: logins before pings, what is well before what is in doubt.
"""

import heapq
import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from hashlib import sha256
from typing import NamedTuple

from plcmon.model.subjects import SiteKey, Subject

# A dark site's checks take their whole deadline: so many at once that all fit in a minute.
SHARE = 8
AT_FIRST = 400  # new checks that are due in one second: a start is no herd
PATIENCE = 0.25  # of its interval; a check that waits for longer is put off


class Question(StrEnum):
    """What is asked of a subject: the probes of a node, or the witnesses of a site."""

    PING = "ping"
    DNS = "dns"
    TCP = "tcp"
    SSH = "ssh"
    HTTP = "http"
    WITNESSES = "witnesses"


class Lane(IntEnum):
    """Who goes first. Only people and doubt bring a check into one of the first two."""

    ASKED = 0  # the newest wish first: who asks for one node does not wait for a whole fleet
    DOUBTED = 1
    CHEAP = 2
    DEAR = 3


UNHURRIED = frozenset({Question.DNS})  # no sign of life: doubt does not make them due sooner
DEAR = frozenset({Question.DNS, Question.SSH})
CALM = Lane.CHEAP  # from this lane on nobody waits for an answer
# Of the workers, at a time: what takes its whole deadline must not hold up what does not.
MOST = {Lane.ASKED: 0.5, Lane.DOUBTED: 0.75, Lane.CHEAP: 1.0, Lane.DEAR: 0.5}


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
    due: float  # or when it was asked for
    lane: Lane
    parked: bool = False  # due, but its site is busy
    began_at: float = -math.inf
    ran_at: float = -math.inf  # when it was over
    again: bool = False  # asked for while it ran

    @property
    def order(self) -> float:
        """Its place in its lane: the longest due first, but the newest wish."""
        return -self.due if self.lane is Lane.ASKED else self.due


class Turn(NamedTuple):
    """An entry of a heap; it counts only as long as its check still has this turn."""

    lane: Lane
    order: float
    fraction: float  # what is due together goes by hash, not by name: neighbours share a line
    check: Check


class Agenda:
    """Hands out checks one by one: by lane, and in each the longest due first.

    A check that was taken is not given out again before it is done, and a site has at most
    `per_site` checks out at a time, or a large one a share of its own checks.
    """

    def __init__(self, *, per_site: int, workers: int) -> None:
        self.left_out: Counter[Question] = Counter()  # turns that never were: the last came so late
        self._per_site = per_site
        self._most_of_lane = {lane: max(1, round(share * workers)) for lane, share in MOST.items()}
        self._suspect = 0.0
        self._entries: dict[Check, Entry] = {}
        self._of: dict[Subject, list[Check]] = {}
        self._lanes: dict[Lane, list[Turn]] = {lane: [] for lane in Lane}
        self._patience: dict[Lane, float] = {}  # the least in each
        self._parked: dict[SiteKey, list[Turn]] = {}
        self._most: dict[SiteKey, int] = {}
        self._out: dict[Check, tuple[SiteKey, Lane]] = {}
        self._busy: Counter[SiteKey] = Counter()
        self._going: Counter[Lane] = Counter()
        self._hastened: set[Subject] = set()

    def __len__(self) -> int:
        return len(self._entries)

    def update(self, places: Mapping[Check, Place], *, suspect: float, now: float) -> None:
        """Take over what there is to check: new checks are due soon, others keep their turn.

        So many are due at once, and of a larger fleet so many in each second.
        """
        self._suspect = suspect
        for gone in self._entries.keys() - places.keys():
            del self._entries[gone]
        for check, place in places.items():
            entry = self._entries.get(check)
            if entry is None:
                self._entries[check] = Entry(place, fraction_of(check), now, lane_of(check))
            else:
                entry.place, entry.parked = place, False
                self._bring(check, now + place.interval, entry.lane)
        self._spread_first(now)
        self._line_up()
        self._of = {}
        for check in self._entries:
            self._of.setdefault(check.subject, []).append(check)
        self._hastened &= self._of.keys()
        checks = Counter(place.site for place in places.values())
        self._most = {site: max(self._per_site, number // SHARE) for site, number in checks.items()}

    def take(self, now: float) -> Check | None:
        """The check to carry out now; None when nothing is due. Call `done` when it is over."""
        for lane in self._open_lanes():
            heap = self._lanes[lane]
            while heap and is_due(heap[0], now):
                turn = heapq.heappop(heap)
                if self._holds(turn) and self._admit(turn.check):
                    self._begin(turn.check, now)
                    return turn.check
        return None

    def done(self, check: Check, now: float) -> None:
        """The check is over: it gets its next turn, and its site has a place again."""
        site, lane = self._out.pop(check)
        self._busy[site] -= 1
        self._going[lane] -= 1
        self._unpark(site)
        entry = self._entries.get(check)
        if entry is None:
            return
        entry.ran_at = now
        if entry.again:
            entry.again, entry.lane, entry.due = False, Lane.ASKED, now
        else:
            self._set_next_turn(check, entry, now)
        self._push(check)

    def ask(self, subjects: Iterable[Subject], now: float) -> int:
        """Put every check of the subjects before all others; returns how many there are."""
        asked = [check for subject in subjects for check in self._of.get(subject, ())]
        for check in asked:
            entry = self._entries[check]
            if check in self._out:
                entry.again = True
            else:
                entry.lane, entry.due = Lane.ASKED, now
                self._push(check)
        return len(asked)

    def hasten(self, subjects: Collection[Subject], now: float) -> None:
        """Make every check of the subjects due within the suspects' interval, until `relax`."""
        for subject in subjects:
            if subject in self._hastened or subject not in self._of:
                continue
            self._hastened.add(subject)
            for check in self._hurried(subject):
                due = now + self._suspect * self._entries[check].fraction
                self._bring(check, due, Lane.DOUBTED)

    def relax(self, subjects: Collection[Subject]) -> None:
        """Go back to the checks' own intervals, from their next turn on."""
        self._hastened -= set(subjects)

    def doubt(self, subject: Subject, now: float) -> None:
        """Make each check of the subject due at once, but not twice within suspects' time."""
        for check in self._hurried(subject):
            due = max(now, self._entries[check].ran_at + self._suspect)
            self._bring(check, due, Lane.DOUBTED)

    def next_due(self) -> float:
        """When `take` will next have a check; infinity when only `done` can bring one."""
        firsts = [turn for lane in self._open_lanes() if (turn := self._first(lane))]
        if any(turn.lane is Lane.ASKED for turn in firsts):
            return -math.inf
        return min((turn.order for turn in firsts), default=math.inf)

    def lateness(self, now: float) -> float:
        """For how many seconds the most overdue check has been waiting to be taken."""
        firsts = (self._first(lane) for lane in Lane if lane is not Lane.ASKED)
        waiting = [*self._lanes[Lane.ASKED], *(turn for s in self._parked.values() for turn in s)]
        waiting += [turn for turn in firsts if turn]
        dues = (abs(turn.order) for turn in waiting if self._stands(turn))
        return max(0.0, now - min(dues, default=now))

    def is_behind(self, now: float) -> bool:
        """Whether some check is put off: it waits for a worker for longer than it should."""
        firsts = [turn for lane in self._patience if (turn := self._first(lane))]
        return any(now - turn.order > self._patience[turn.lane] for turn in firsts)

    def put_off(self, now: float) -> tuple[Counter[Question], float]:
        """The checks that are put off, and for how many seconds the first of them waits.

        What waits for its site's line, and what a person asked for, is not among them.
        """
        late = {
            check: now - entry.due
            for check, entry in self._entries.items()
            if not entry.parked
            and check not in self._out
            and entry.lane is not Lane.ASKED
            and now - entry.due > self._patience_with(entry)
        }
        return Counter(check.question for check in late), max(late.values(), default=0.0)

    def _open_lanes(self) -> Iterable[Lane]:
        return (lane for lane in Lane if self._going[lane] < self._most_of_lane[lane])

    def _hurried(self, subject: Subject) -> Iterable[Check]:
        return (check for check in self._of.get(subject, ()) if check.question not in UNHURRIED)

    def _spread_first(self, now: float) -> None:
        """Spread what never ran over as many seconds as it takes, and none over its interval."""
        entries = [e for e in self._entries.values() if e.ran_at == -math.inf and e.lane >= CALM]
        seconds = max(0.0, len(entries) / AT_FIRST - 1)
        for entry in entries:
            entry.due = now + entry.fraction * min(seconds, entry.place.interval)

    def _line_up(self) -> None:
        """Make the lanes anew: whatever waited, waits for its turn."""
        self._parked.clear()
        for heap in self._lanes.values():
            heap.clear()
        for check, entry in self._entries.items():
            if check not in self._out:
                self._lanes[entry.lane].append(turn_of(check, entry))
        for heap in self._lanes.values():
            heapq.heapify(heap)
        self._patience = {Lane.DOUBTED: PATIENCE * self._suspect}
        for check, entry in self._entries.items():
            lane, patience = lane_of(check), PATIENCE * entry.place.interval
            self._patience[lane] = min(patience, self._patience.get(lane, math.inf))

    def _patience_with(self, entry: Entry) -> float:
        return PATIENCE * self._interval_of(entry)

    def _interval_of(self, entry: Entry) -> float:
        return self._suspect if entry.lane is Lane.DOUBTED else entry.place.interval

    def _begin(self, check: Check, now: float) -> None:
        """Note when it began, and the turns before this one that never were."""
        entry = self._entries[check]
        entry.began_at = now
        interval = self._interval_of(entry)
        if entry.lane is not Lane.ASKED and now - entry.due >= interval > 0:
            self.left_out[check.question] += int((now - entry.due) / interval)

    def _first(self, lane: Lane) -> Turn | None:
        heap = self._lanes[lane]
        while heap and not self._holds(heap[0]):
            heapq.heappop(heap)
        return heap[0] if heap else None

    def _stands(self, turn: Turn) -> bool:
        """False for a turn that was brought forward or is over."""
        entry = self._entries.get(turn.check)
        if entry is None or turn.check in self._out:
            return False
        return (entry.lane, entry.order) == (turn.lane, turn.order)

    def _holds(self, turn: Turn) -> bool:
        """Whether this turn of a lane is one to be taken."""
        return self._stands(turn) and not self._entries[turn.check].parked

    def _unpark(self, site: SiteKey) -> None:
        """Let the first of those that wait for this site go back to its lane."""
        parked = self._parked.get(site)
        while parked:
            turn = heapq.heappop(parked)
            if self._stands(turn) and self._entries[turn.check].parked:
                self._entries[turn.check].parked = False
                self._push(turn.check)
                return

    def _admit(self, check: Check) -> bool:
        """Give the check out, or park it while its site has enough of them out."""
        entry = self._entries[check]
        site = entry.place.site
        if self._busy[site] >= self._most.get(site, self._per_site):
            entry.parked = True
            self._push(check)
            return False
        self._busy[site] += 1
        self._going[entry.lane] += 1
        self._out[check] = site, entry.lane
        return True

    def _bring(self, check: Check, due: float, lane: Lane) -> None:
        """Let the check be due by then, and go no later than this lane."""
        entry = self._entries[check]
        if check in self._out or entry.lane is Lane.ASKED:
            return
        sooner = min(due, entry.due), min(lane, entry.lane)
        if sooner != (entry.due, entry.lane):
            entry.due, entry.lane = sooner
            self._push(check)

    def _push(self, check: Check) -> None:
        entry = self._entries[check]
        site = entry.place.site
        heap = self._parked.setdefault(site, []) if entry.parked else self._lanes[entry.lane]
        heapq.heappush(heap, turn_of(check, entry))

    def _set_next_turn(self, check: Check, entry: Entry, now: float) -> None:
        if check.subject in self._hastened and check.question not in UNHURRIED:
            pause = self._suspect * (1 + entry.fraction) / 2
            entry.lane, entry.due = Lane.DOUBTED, max(now, entry.began_at + pause)
            return
        interval = entry.place.interval
        entry.lane, entry.due = (
            lane_of(check),
            turn_after(now + interval / 2, interval, entry.fraction),
        )


def lane_of(check: Check) -> Lane:
    """The lane of a check that nobody asked for and nobody doubts."""
    return Lane.DEAR if check.question in DEAR else Lane.CHEAP


def turn_of(check: Check, entry: Entry) -> Turn:
    return Turn(entry.lane, entry.order, entry.fraction, check)


def is_due(turn: Turn, now: float) -> bool:
    return turn.lane is Lane.ASKED or turn.order <= now


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
