"""What befalls a world: blows by seed, each plain data, so that a story can be shortened."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import NamedTuple

from plcmon.sim.world.fleet import IMAGES, NETWORKS, Fleet
from plcmon.times import format_duration

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


class Fate(NamedTuple):
    """One blow: when, what, whom, and for how long (zero: for ever, or at once over)."""

    at: timedelta  # since the world began
    what: str
    whom: str = ""
    lasts: timedelta = timedelta()

    def __str__(self) -> str:
        long = f" for {format_duration(self.lasts)}" if self.lasts else ""
        return f"day {self.at / DAY:7.3f}  {self.what} {self.whom}{long}".rstrip()


@dataclass(frozen=True)
class Rate:
    """How often something happens to each of its kind, and how long it lasts."""

    every: timedelta  # mean
    lasts: Callable[[Random], timedelta] = lambda _random: timedelta()


def heavy(least: timedelta, tail: float = 0.9) -> Callable[[Random], timedelta]:
    """A heavy tail: mostly short, at times very long; no longer than 60 d."""
    return lambda random: min(least * random.paretovariate(tail), 60 * DAY)


def around(mean: timedelta) -> Callable[[Random], timedelta]:
    return lambda random: mean * random.expovariate(1.0)


NODE: Mapping[str, Rate] = {
    "hang": Rate(60 * DAY),
    "hang a while": Rate(45 * DAY, heavy(10 * MINUTE)),
    "wedge": Rate(300 * DAY),
    "lock out": Rate(400 * DAY, around(5 * DAY)),
    "break": Rate(400 * DAY, around(12 * DAY)),
    "bad image": Rate(500 * DAY, around(8 * DAY)),
    "boot loop": Rate(500 * DAY, around(6 * DAY)),
    "outlet off": Rate(500 * DAY, around(2 * HOUR)),
    "disabled": Rate(900 * DAY, around(20 * DAY)),
}
SITE: Mapping[str, Rate] = {"dark": Rate(90 * DAY, heavy(15 * MINUTE))}
PCU: Mapping[str, Rate] = {
    "dead": Rate(200 * DAY, heavy(HOUR)),
    "lies": Rate(400 * DAY, around(10 * DAY)),
    "refuses": Rate(300 * DAY, around(4 * DAY)),
    "drops": Rate(300 * DAY, around(5 * DAY)),
    "dies after off": Rate(300 * DAY, around(5 * DAY)),
}
FLEET: Mapping[str, Rate] = {
    "image fails": Rate(120 * DAY),
    "network fails": Rate(60 * DAY, heavy(10 * MINUTE)),
    "blind": Rate(30 * DAY, heavy(5 * MINUTE)),
    "relay down": Rate(40 * DAY, around(3 * HOUR)),
    "relay deaf": Rate(30 * DAY),
    "pager down": Rate(60 * DAY, around(2 * HOUR)),
    # Less than five minutes is no jump but a clock that is set right, and counts as time.
    "clock jump": Rate(60 * DAY, lambda random: 6 * MINUTE + around(2 * HOUR)(random)),
    "inventory empty": Rate(60 * DAY, around(6 * HOUR)),
    "inventory half": Rate(60 * DAY, around(6 * HOUR)),
    "inventory shifted": Rate(60 * DAY, around(6 * HOUR)),
    "inventory old": Rate(60 * DAY, around(6 * HOUR)),
    "crash before": Rate(12 * DAY, around(2 * MINUTE)),
    "crash after": Rate(12 * DAY, around(2 * MINUTE)),
    "restart": Rate(30 * DAY, around(MINUTE)),
    "restore": Rate(120 * DAY, around(3 * DAY)),
    "cloned": Rate(240 * DAY, around(MINUTE)),
}

CROWDS: Mapping[str, Sequence[str]] = {"image fails": IMAGES, "network fails": NETWORKS}


def make_fates(seed: int, fleet: Fleet, days: float) -> list[Fate]:
    """Everything that befalls this world, in order."""
    random = Random(f"fates {seed}")
    found = list[Fate]()
    for kind, names in (
        (NODE, list(fleet.nodes)),
        (SITE, list(fleet.sites)),
        (PCU, list(fleet.pcus)),
        (FLEET, [""]),
    ):
        for what, rate in kind.items():
            for name in names:
                found += of(what, name, rate, days, random)
    return sorted(found)


def of(what: str, name: str, rate: Rate, days: float, random: Random) -> Iterator[Fate]:
    """One kind of blow to one thing, at random times."""
    at = 1.0
    while True:
        at += -math.log(1.0 - random.random()) * (rate.every / DAY)
        if at >= days:
            return
        whom = random.choice(CROWDS[what]) if what in CROWDS else name
        yield Fate(at * DAY, what, whom, rate.lasts(random))
