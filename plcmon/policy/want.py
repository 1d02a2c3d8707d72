"""Want: what the policy would do for one issue now, with every gate it looked at. Local, pure."""

from dataclasses import dataclass
from datetime import datetime

from plcmon.model.decisions import Gate, GateName, Mode, Pass, Want, not_passed, strictest
from plcmon.model.intents import POWER, THROUGH, ActionKind
from plcmon.model.issues import Climb, Issue
from plcmon.model.policy import Ladder, Rung
from plcmon.model.replacing import replace
from plcmon.model.subjects import PowerPath
from plcmon.policy import gates
from plcmon.policy.beside import either, place_beside
from plcmon.policy.conditions import chosen_path
from plcmon.policy.draft import Draft
from plcmon.policy.effects import effect_gates
from plcmon.policy.flapping import HELD_BACK, flapping_gate
from plcmon.policy.hearsay import elsewhere_gate
from plcmon.policy.ladder import Place, find_place, observing
from plcmon.policy.ledger import budget, spends_of
from plcmon.policy.many import gates_of_many
from plcmon.policy.paths import proven, tried_unread
from plcmon.policy.pinned import ladder_gate, ladder_of, stuck
from plcmon.policy.ramp import ramp_gate
from plcmon.policy.replies import reply_gate
from plcmon.policy.trust import BREAKABLE, breaker_gate

ORDER = {name: place for place, name in enumerate(GateName)}  # as `why` prints them
ALERTS = frozenset({ActionKind.ALERT})


def want(view: Draft, issue: Issue) -> Want:
    """The next rung of the issue's ladder, every gate, and when to look again."""
    ladder = ladder_of(view.policy, issue)
    if ladder is None:
        site = str(view.inventory.site_of(issue.subject) or "")
        return stuck(view.policy, issue, site) or nothing(view, issue)
    climb = climb_of(view, issue, ladder)
    place = find_place(view, issue, ladder, climb, view.hold(issue.id))
    usual = want_at(view, issue, ladder, place)
    owed = place_beside(view, issue, ladder, climb) if climb.owed else None
    if owed is None:
        return usual
    return either(usual, replace(want_at(view, issue, ladder, owed), beside=True))


def want_at(view: Draft, issue: Issue, ladder: Ladder, place: Place) -> Want:
    """The want of this rung: its mode, its path, and every gate that bears on it."""
    if place.rung is None:
        return nothing(view, issue, place)
    path = chosen_path(view, issue) if has_power(place.rung) else None
    mode = effective_mode(view, issue, ladder, place.rung, path)
    looked = tuple(look(view, issue, place, mode, path))
    due_at, shut = place.due_at, not_passed(looked)
    next_at = due_at if place.waiting else next_time(view, issue, place.rung.name, shut)
    return Want(
        issue.id,
        issue.subject,
        str(view.inventory.site_of(issue.subject) or ""),
        place.rung.name,
        place.rung.order,
        place.rung.do,
        looked,
        next_at,
        mode,
        issue.bad_since,
        path,
        place.passed,
        place.given_up,
    )


def want_again(view: Draft, issue: Issue, before: Want) -> Want:
    """A want that could run a moment ago: what others may have taken since then is asked anew."""
    asked = {}
    if not POWER.isdisjoint(effect.kind for effect in before.effects):
        asked[GateName.IN_FLIGHT] = gates.in_flight(view, issue, before.path)
    if spends := spends_of(before.effects):
        asked[GateName.BUDGET] = view.shared(spends, lambda: budget(view, spends))
    looked = tuple([asked.get(gate.name, gate) for gate in before.gates])
    shut = not_passed(looked)
    return replace(before, gates=looked, next_at=next_time(view, issue, before.rung, shut))


def climb_of(view: Draft, issue: Issue, ladder: Ladder) -> Climb:
    """Observing climbs a shadow, kept apart from what is really taken."""
    return issue.shadow if observing(view.policy, ladder) else issue.climb


def nothing(view: Draft, issue: Issue, place: Place | None = None) -> Want:
    """No rung is left: the issue stays open until it closes."""
    site = str(view.inventory.site_of(issue.subject) or "")
    return Want(
        issue.id, issue.subject, site, "", 0, (), (), None, view.policy.mode, issue.bad_since,
        passed=place.passed if place else (), given_up=place.given_up if place else "",
    )  # fmt: skip


def has_power(rung: Rung) -> bool:
    return not rung.kinds.isdisjoint(POWER)


def effective_mode(
    view: Draft, issue: Issue, ladder: Ladder, rung: Rung, path: PowerPath | None
) -> Mode:
    """The strictest of global, ladder and rung; an unproven path makes it propose at most, and so
    does one that cannot be read back, once it was tried.
    """
    mode = strictest(view.policy.mode, ladder.mode, rung.mode)
    if path is not None and (not proven(view, path) or tried_unread(view, issue, path)):
        mode = strictest(mode, Mode.PROPOSE)
    kinds = rung.kinds
    if kinds <= ALERTS:
        return Mode.AUTO
    if kinds <= gates.HARMLESS and mode is not Mode.OBSERVE:
        return Mode.AUTO
    return mode


def look(view: Draft, issue: Issue, place: Place, mode: Mode, path: PowerPath | None) -> list[Gate]:
    """Ask every gate that bears on the rung's effects; none short-cuts."""
    rung = place.rung
    if rung is None:
        return []
    of_all = view.shared(look, lambda: of_the_fleet(view))
    asked = [
        gates.installed(view, rung),
        ladder_gate(view.policy, issue),
        of_all.adopted,
        gates.condition(place),
        gates.wait(place),
    ]
    kinds = rung.kinds
    if kinds <= ALERTS:
        return [*asked, gates.mode_gate(view, issue, rung, mode)]
    if kinds <= gates.HARMLESS:
        stops = [gates.issue_open(view, issue), gates.window(view, issue)]
        return [*asked, *stops, gates.mode_gate(view, issue, rung, mode)]
    asked += [
        gates.evidence(view, issue),
        gates.issue_open(view, issue),
        gates.mode_gate(view, issue, rung, mode),
        of_all.canaries,
        gates.window(view, issue),
        gates.exemption(view, issue),
        of_all.grace,
        gates.freeze(view, issue, kinds),
        *gates_of_many(view, issue, kinds),
    ]
    has_power, tells = not kinds.isdisjoint(POWER), ActionKind.NOTIFY in kinds
    if not kinds.isdisjoint(HELD_BACK):
        asked.append(flapping_gate(view, issue))
    if tells:
        asked.append(reply_gate(view, view.inventory.site_of(issue.subject)))
    if mode is not Mode.OBSERVE:
        asked.append(ramp_gate(view, issue))
    if tells:
        seldom = [e.argument for e in rung.do if gates.seldom_with(e.argument)]
        asked += [gates.notice_limit(view, issue, said) for said in seldom[:1]]
    if has_power or (tells and first_down(view, issue, rung)):
        asked.append(of_all.guard)
    if has_power:
        asked += [elsewhere_gate(view, issue), *power_gates(view, issue, path)]
    if not kinds.isdisjoint(THROUGH):
        asked += [gate for gate in effect_gates(view, issue, rung) if gate not in asked]
    if not kinds.isdisjoint(BREAKABLE):
        asked.append(breaker_gate(view, kinds, path))
    if spends := spends_of(rung.do):
        asked.append(view.shared(spends, lambda: budget(view, spends)))
    asked.sort(key=place_of)
    return asked


def place_of(asked: Gate) -> int:
    return ORDER[asked.name]


@dataclass(frozen=True, slots=True)
class OfTheFleet:
    """The gates that are the same for every issue."""

    adopted: Gate
    canaries: Gate
    grace: Gate
    guard: Gate


def of_the_fleet(view: Draft) -> OfTheFleet:
    return OfTheFleet(
        gates.adopted(view),
        gates.canaries(view),
        gates.grace(view),
        gates.fleet_guard(view),
    )


def first_down(view: Draft, issue: Issue, rung: Rung) -> bool:
    """A closed guard also holds first `down` notices: one alert stands for them."""
    return any(gates.says_first_down(view, issue, effect.argument) for effect in rung.do)


def power_gates(view: Draft, issue: Issue, path: PowerPath | None) -> list[Gate]:
    return [
        gates.node_limit(view, issue),
        gates.in_flight(view, issue, path),
        gates.power_path(view, path),
        gates.read_back(view, issue, path),
        gates.pcu_gate(view, path),
        gates.look_again(view, issue),
        gates.outlet(view, path),
    ]


def next_time(view: Draft, issue: Issue, rung: str, shut: tuple[Gate, ...]) -> datetime | None:
    """When a gate may open by itself; the heap looks again then."""
    opening = [g.clears_at for g in shut]
    if any(g.answer is Pass.HOLD for g in shut):
        opening.append(tells_at(view, issue, rung, shut))
    return min((at for at in opening if at is not None and at > view.now), default=None)


def tells_at(view: Draft, issue: Issue, rung: str, shut: tuple[Gate, ...]) -> datetime | None:
    """When a hold becomes long enough for an alert: the one that stands, or one that begins now."""
    hold = view.hold(issue.id)
    begins = view.now + view.policy.safety.hold_alert
    if hold is None or hold.rung != rung:
        return begins
    holding = {g.name for g in shut if g.answer is Pass.HOLD}
    reasons = holding & {GateName.CONDITION} or holding
    if hold.gate not in reasons:
        return begins
    return None if hold.alerted else hold.since + view.policy.safety.hold_alert
