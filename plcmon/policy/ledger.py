"""Budgets: how much of each kind may be done in an hour and in a day, whoever asks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from plcmon.model.decisions import Effect, Gate, GateName
from plcmon.model.intents import ActionKind
from plcmon.model.ledger import Spend, spend_of
from plcmon.model.trust import PowerLine
from plcmon.policy.draft import Draft
from plcmon.policy.gates import gate
from plcmon.policy.issues import words
from plcmon.policy.jumps import widened

WHAT: Mapping[Spend, str] = {
    Spend.POWER: "power actions",
    Spend.REINSTALL: "reinstalls",
    Spend.DISABLE: "nodes disabled",
    Spend.REPAIR: "repairs",
    Spend.PENALTY: "penalties raised",
    Spend.INHERITED: "inherited issues released",
    Spend.NOTICE: "mails to contacts",
}


@dataclass(frozen=True, slots=True)
class Line:
    """So many within this window, and why it is as many."""

    window: timedelta
    most: int
    why: str = ""


@lru_cache(maxsize=1024)
def spends_of(effects: tuple[Effect, ...]) -> frozenset[Spend]:
    """What a rung with these effects counts against; a claim costs nothing, only the level does."""
    found = {
        spend_of(effect.kind, effect.argument)
        for effect in effects
        if effect.kind is not ActionKind.PENALTY
    }
    return frozenset(spend for spend in found if spend is not None)


def lines(view: Draft, spend: Spend) -> tuple[Line, ...]:
    """Every line that this kind of spending must keep."""
    rules = view.policy.budgets
    if spend is Spend.POWER:
        line = power_line(view)
        most = max(rules.power_day, int(rules.power_day_share * len(view.inventory.nodes)))
        return Line(rules.window, line.line, line.why), Line(rules.day, most)
    hour: Mapping[Spend, int] = {
        Spend.REINSTALL: rules.reinstall,
        Spend.DISABLE: rules.disable,
        Spend.REPAIR: rules.repair,
        Spend.NOTICE: rules.notices,
    }
    day: Mapping[Spend, int] = {
        Spend.REINSTALL: rules.reinstall_day,
        Spend.DISABLE: rules.disable_day,
        Spend.PENALTY: rules.penalties,
        Spend.INHERITED: rules.inherited,
    }
    short = (Line(rules.window, hour[spend]),) if spend in hour else ()
    return (*short, Line(rules.day, day[spend])) if spend in day else short


def power_line(view: Draft) -> PowerLine:
    """Where the line of the short window stands today; another setting begins it anew."""
    begun, held = view.policy.budgets.power, view.fleet.power_line
    if held is None or held.begun != begun:
        return PowerLine(begun, begun, why="as it begins")
    most = most_power(view)
    if held.line <= most:
        return held
    return PowerLine(begun, most, held.good, held.since, f"{most} is the most for so many nodes")


def most_power(view: Draft) -> int:
    """Up to which the line may grow; a budget of none stays none."""
    rules = view.policy.budgets
    if rules.power <= 0:
        return 0
    return max(rules.power, rules.power_most, int(rules.power_share * len(view.inventory.nodes)))


def spent(view: Draft, spend: Spend, window: timedelta) -> int:
    """How many count in the window: done, or granted and not yet over."""
    ledger, window = view.state.ledger, widened(view.fleet, window, view.now)
    count = ledger.of(spend).inside(view.now, window)
    if spend is Spend.NOTICE:
        between = widened(view.fleet, view.policy.limits.mail, view.now)
        count += ledger.mails_due(view.now, window, between)
    return count


def left(view: Draft, spend: Spend) -> int:
    """How many may still be granted now."""
    return min(max(0, line.most - spent(view, spend, line.window)) for line in lines(view, spend))


def budget(view: Draft, spends: Iterable[Spend]) -> Gate:
    """The line that is nearest decides, of all that the rung counts against."""
    asked = [(spend, line) for spend in sorted(spends) for line in lines(view, spend)]
    answers = [(line.most - spent(view, spend, line.window), spend, line) for spend, line in asked]
    room, spend, line = min(answers, key=lambda answer: answer[0])
    used = line.most - room
    why = f" ({line.why})" if line.why else ""
    fact = f"{used} of {line.most} {WHAT[spend]} within {words(line.window)}{why}"
    clears_at = None if room > 0 else frees_at(view, spend, line)
    distance = f"{max(0, room)} left"
    return gate(GateName.BUDGET, room > 0, fact, clears_at=clears_at, distance=distance)


def frees_at(view: Draft, spend: Spend, line: Line) -> datetime | None:
    """When the oldest that stands in the way leaves the window."""
    window = widened(view.fleet, line.window, view.now)
    return view.state.ledger.of(spend).frees_at(view.now, window, line.most)


def power_spent(view: Draft) -> tuple[int, int]:
    """Power actions in the short and the long window: sent, or granted and not yet over."""
    budgets = view.policy.budgets
    return spent(view, Spend.POWER, budgets.window), spent(view, Spend.POWER, budgets.day)
