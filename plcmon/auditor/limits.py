"""The numbers that the auditor holds a journal against, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

Windows = tuple[tuple[timedelta, int], ...]  # how long, and how often within it


def budgets() -> Mapping[str, Windows]:
    return {
        "boot-state reinstall": ((HOUR, 1), (DAY, 5)),
        "boot-state disabled": ((HOUR, 2), (DAY, 10)),
        "repair": ((HOUR, 20),),
        "penalty": ((DAY, 5),),
        "mail": ((HOUR, 60),),
        "released": ((DAY, 10),),
    }


def pauses() -> Mapping[str, timedelta]:
    return {
        "notify down": 3.5 * DAY,
        "notify bad_disk": 7 * DAY,
        "notify no_block_device": 7 * DAY,
        "notify minimal_hardware": 7 * DAY,
        "boot-state reinstall": 14 * DAY,
        "repair": 12 * HOUR,
    }


@dataclass(frozen=True, slots=True)
class Limits:
    """The shipped defaults; whoever runs on others, or in scaled time, says so here."""

    cycles: Windows = ((DAY, 1), (7 * DAY, 2), (30 * DAY, 3))
    """Power cycles of one node."""
    power_start: int = 2
    """Power actions of the fleet in the short window, to begin with."""
    power_step: int = 5
    """Actions that helped, after which the short window allows one more."""
    power_most: int = 4
    """The most that it may grow to: the larger of 4 and 0.5 % of the nodes."""
    power_window: timedelta = HOUR
    power_day: int = 60
    """Power actions of the fleet in the long window: the larger of 60 and 1 % of the nodes."""
    power_day_window: timedelta = DAY
    budgets: Mapping[str, Windows] = field(default_factory=budgets)
    """What else the whole fleet may get, by kind (and argument).

    `mail` counts mails, `released` inherited issues.
    """
    pauses: Mapping[str, timedelta] = field(default_factory=pauses)
    """Between two actions of one kind (and argument) on one node."""
    mail_pause: timedelta = DAY
    """Between two mails to one person about one site."""
    unknown_holds_site: timedelta = HOUR
    """For how long an action whose end is unknown holds its whole site."""
    dark_alert: timedelta = 10 * MINUTE
    """A node dark by our hand for longer is an alert. Wire time."""
    hold_alert: timedelta = DAY
    """What holds for longer is an alert."""
    unknown_alert: timedelta = DAY
    """An action whose end stays unknown for longer is an alert."""
    grace: timedelta = 10 * MINUTE
    """After a start, beside one complete scan."""
    expiry: timedelta = HOUR
    """A plan that is older is void."""
    penalty_notice: timedelta = DAY
    """From a notice that the relay accepted to a penalty."""
    new_site: timedelta = 30 * DAY
    """A site is not punished before it was known for so long."""
    site_pause: timedelta = DAY
    """After a pathfinder in vain, until the next."""
    site_failures: int = 3
    """Pathfinders in vain, one after the other, after which a person must act."""
    life: timedelta = 120 * SECOND
    """A sign of life younger than this forbids power. Wire time."""
    boot_slack: timedelta = 2 * SECOND
    """How far a node's own clock may be off when it says when it booted."""
    storm: int = 5
    """Power actions against one cause that may be in vain, within `storm_window`."""
    storm_window: timedelta = DAY
    attempt: timedelta = 14 * DAY
    """A silent node with a working, proven path gets its power attempt within this."""
    recovery: timedelta = DAY
    """The issues of a healthy node close within this."""
    slack: timedelta = 5 * MINUTE
    """How late a thing may be that time alone brings about."""
    remembered: timedelta = 31 * DAY
    """For how long what is over may still matter: the longest window, and a day."""
