"""Agendas to try things on, and what becomes of them with time."""

import heapq
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from plcmon.model.subjects import SiteKey, node_subject
from plcmon.scanner.agenda import Agenda, Check, Place, Question

SITE, ELSEWHERE = SiteKey("princeton"), SiteKey("ethz")
SUSPECT = 60.0
TCP = 300.0
SSH = 900.0
WORKERS = 100


def tcp(name: str) -> Check:
    return Check(node_subject(name), Question.TCP)


def ssh(name: str) -> Check:
    return Check(node_subject(name), Question.SSH)


def ping(name: str) -> Check:
    return Check(node_subject(name), Question.PING)


def make_agenda(
    *checks: Check, per_site: int = 100, interval: float = TCP, workers: int = WORKERS
) -> Agenda:
    agenda = Agenda(per_site=per_site, workers=workers)
    places = {check: Place(SITE, interval) for check in checks}
    agenda.update(places, suspect=SUSPECT, now=0.0)
    return agenda


def drain(agenda: Agenda, now: float) -> list[Check]:
    """Carry out everything that is due, each at once."""
    done = []
    while (check := agenda.take(now)) is not None:
        agenda.done(check, now)
        done.append(check)
    return done


def out(agenda: Agenda, now: float) -> list[Check]:
    """Take everything that is due, finish nothing."""
    taken = []
    while (check := agenda.take(now)) is not None:
        taken.append(check)
    return taken


def big_agenda(nodes: int, *, workers: int = WORKERS) -> Agenda:
    """As the scanner makes it: every node with its cheap probes and its login."""
    agenda = Agenda(per_site=nodes, workers=workers)
    places = {}
    for number in range(nodes):
        name = f"n{number}"
        places |= {ping(name): Place(SITE, TCP), tcp(name): Place(SITE, TCP)}
        places[ssh(name)] = Place(SITE, SSH)
    agenda.update(places, suspect=SUSPECT, now=0.0)
    return agenda


def starts(agenda: Agenda, first: int, last: int) -> Counter[int]:
    """How many checks begin in each second, when each is over at once."""
    counted = Counter[int]()
    for second in range(first, last):
        counted[second] = len(drain(agenda, float(second)))
    return counted


def live(agenda: Agenda, first: int, last: int, *, a_second: int) -> list[tuple[Check, int]]:
    """What is carried out when only so many fit into a second."""
    done = []
    for second in range(first, last):
        for _ in range(a_second):
            check = agenda.take(float(second))
            if check is None:
                break
            agenda.done(check, float(second))
            done.append((check, second))
    return done


@dataclass
class Crew:
    """Workers over an agenda in virtual time, as the scanner's are in real time."""

    agenda: Agenda
    workers: int
    takes: Callable[[Check, float], float]  # seconds that a check takes, begun at this time
    after: Callable[[Check, float], None]  # what follows when it is over
    now: float = 0.0
    begun: dict[Check, list[float]] = field(default_factory=dict)
    _going: list[tuple[float, Check]] = field(default_factory=list)

    def work(self, until: float) -> None:
        while True:
            self._begin()
            idle = len(self._going) < self.workers
            due = self.agenda.next_due() if idle else math.inf
            over = self._going[0][0] if self._going else math.inf
            self.now = max(self.now, min(due, over))
            if self.now > until:
                return
            while self._going and self._going[0][0] <= self.now:
                _, check = heapq.heappop(self._going)
                self.agenda.done(check, self.now)
                self.after(check, self.now)

    def _begin(self) -> None:
        while len(self._going) < self.workers:
            check = self.agenda.take(self.now)
            if check is None:
                return
            self.begun.setdefault(check, []).append(self.now)
            heapq.heappush(self._going, (self.now + self.takes(check, self.now), check))
