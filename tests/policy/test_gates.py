"""The gates: each answers pass, hold or never, with a fact; every one is in `why`."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.model.beliefs import Finding, Status
from plcmon.model.decisions import Gate, GateName, Mode, Pass
from plcmon.model.events import Diagnosed, InventoryRead, LogLine, PcuTested, Started
from plcmon.model.intents import IntentId, IntentState, Outcome
from plcmon.model.issues import Issue, IssueId, IssueType
from plcmon.model.ledger import Spend
from plcmon.model.readings import Evidence, Observed
from plcmon.model.state import Changes
from plcmon.model.subjects import (
    Outlet,
    PcuKey,
    SiteKey,
    fleet_subject,
    node_subject,
    pcu_subject,
    site_subject,
)
from plcmon.policy import gates, ledger
from plcmon.policy.draft import Draft
from tests.policy.clerk import DAY, HOUR, MINUTE, Clerk, make_inventory, node

N, OTHER = node(0, 0), node(0, 1)
SUBJECT = node_subject(N)
P = PcuKey("toml:p0")
ALL = fleet_subject()
Prepare = Callable[[Clerk], object]


def held_clerk(prepare: Prepare) -> Clerk:
    """The gate is made to hold before the node's day of silence is over."""
    clerk = Clerk().begin()
    clerk.observe(N, Observed.SILENT)
    clerk.forward(23 * HOUR)
    clerk.refresh()
    prepare(clerk)
    clerk.forward(2 * HOUR)
    return clerk


def gate_of(clerk: Clerk, name: GateName) -> Gate:
    return next(gate for gate in clerk.want(N).gates if gate.name is name)


def go_blind(clerk: Clerk) -> None:
    clerk.forward(2 * HOUR)
    clerk.canaries(0, 3)


def shut_the_guard(clerk: Clerk) -> None:
    clerk.state.fleet = replace(clerk.state.fleet, guard_closed=True, guard_since=clerk.now)


def use_the_site(clerk: Clerk) -> None:
    clerk.say(node_subject(OTHER), "power-cycle")
    clerk.lose(clerk.planned()[0])


def spend_the_budget(clerk: Clerk) -> None:
    clerk.forward(MINUTE + HOUR - MINUTE)
    for number in (1, 2):
        clerk.say(node_subject(node(1, number)), "power-cycle")
        clerk.carry_out(clerk.planned()[0])
        clerk.boot(node(1, number))
    clerk.policy = replace(clerk.policy, budgets=replace(clerk.policy.budgets, window=5 * HOUR))


def maintain(clerk: Clerk) -> None:
    clerk.forward(2 * HOUR)
    clerk.say(SUBJECT, "cancel", intent=clerk.planned()[0].id)
    clerk.say(SUBJECT, "maintenance", until=(clerk.now + DAY).isoformat())


def exempt(clerk: Clerk) -> None:
    until = clerk.now + 5 * DAY
    nodes = {**clerk.inventory.nodes, N: replace(clerk.inventory.nodes[N], exempt_until=until)}
    clerk.tell(ALL, InventoryRead(replace(clerk.inventory, nodes=nodes), "exempt"))


def restart(clerk: Clerk) -> None:
    clerk.forward(2 * HOUR)
    clerk.tell(ALL, Started("test", "", adopted=True))
    clerk.canaries(3, 3)
    clerk.observe(N, Observed.SILENT)


def freeze(clerk: Clerk) -> None:
    clerk.say(ALL, "freeze", scope="all")


def find_it_off(clerk: Clerk) -> None:
    clerk.state.fleet = replace(clerk.state.fleet, foreign_off=frozenset({Outlet(P, "1")}))


def forget_the_pcu(clerk: Clerk) -> None:
    clerk.state.pcus[P] = replace(clerk.state.pcus[P], tested_good_at=clerk.now - 7 * HOUR)


def disown(clerk: Clerk) -> None:
    clerk.state.fleet = replace(clerk.state.fleet, adopted=False)


def lose_sight(clerk: Clerk) -> None:
    clerk.forward(61 * MINUTE)
    clerk.say(SUBJECT, "cancel", intent=clerk.planned()[0].id)
    clerk.observe(N, Observed.SILENT, evidence=Evidence.STALE)


def pause(clerk: Clerk) -> None:
    clerk.forward(61 * MINUTE)
    clerk.say(SUBJECT, "cancel", intent=clerk.planned()[0].id)
    issue = clerk.issue(SUBJECT, IssueType.NODE_DOWN)
    assert issue is not None
    clerk.say(SUBJECT, "pause", issue=issue.id, until=(clerk.now + DAY).isoformat())


def cancel_lately(clerk: Clerk) -> None:
    clerk.forward(2 * HOUR - 5 * MINUTE)
    clerk.say(SUBJECT, "cancel", intent=clerk.planned()[0].id)
    clerk.policy = replace(clerk.policy, safety=replace(clerk.policy.safety, retry_after=5 * HOUR))


HOLDS: dict[GateName, Prepare] = {
    GateName.ADOPTED: disown,
    GateName.EVIDENCE: lose_sight,
    GateName.ISSUE: pause,
    GateName.FLEET_GUARD: shut_the_guard,
    GateName.IN_FLIGHT: use_the_site,
    GateName.BUDGET: spend_the_budget,
    GateName.PCU: forget_the_pcu,
    GateName.WINDOW: maintain,
    GateName.EXEMPT: exempt,
    GateName.GRACE: restart,
    GateName.FREEZE: freeze,
    GateName.LOOK_AGAIN: cancel_lately,
    GateName.OUTLET: find_it_off,
}


@pytest.mark.parametrize(("name", "prepare"), HOLDS.items(), ids=[n.value for n in HOLDS])
def test_a_gate_holds_power(name: GateName, prepare: Prepare) -> None:
    clerk = held_clerk(prepare)

    gate = gate_of(clerk, name)

    assert gate.answer is Pass.HOLD, clerk.want(N).why
    assert gate.fact
    assert clerk.planned() == []


def test_blindness_holds() -> None:
    clerk = Clerk().begin()
    clerk.say(ALL, "freeze", scope="all")
    clerk.fall_silent(N)
    clerk.canaries(0, 3)

    assert gate_of(clerk, GateName.CANARIES).answer is Pass.HOLD


NOT_OF_POWER = {
    GateName.CLAIM,
    GateName.WARNED,
    GateName.MIN_UP,
    GateName.NEW_SITE,
    GateName.REACH,
    GateName.REPLY,
}


def test_when_everything_passes_every_gate_was_looked_at() -> None:
    clerk = Clerk().begin()
    clerk.say(ALL, "freeze", scope="all")
    clerk.fall_silent(N)

    looked = {gate.name for gate in clerk.want(N).gates}

    assert looked == set(GateName) - NOT_OF_POWER
    assert [g.name for g in clerk.want(N).gates if g.answer is not Pass.PASS] == [GateName.FREEZE]


def test_gates_come_in_the_order_of_why() -> None:
    clerk = Clerk().begin()
    clerk.say(ALL, "freeze", scope="all")
    clerk.fall_silent(N)

    names = [gate.name for gate in clerk.want(N).gates]

    assert names == sorted(names, key=list(GateName).index)


# Limits of a node


@pytest.fixture
def clerk() -> Clerk:
    return Clerk().begin()


def cycle(clerk: Clerk) -> None:
    clerk.say(SUBJECT, "power-cycle", force=True)
    clerk.carry_out(clerk.planned()[0])
    clerk.boot(N, str(clerk.now))


def limit(clerk: Clerk) -> Gate:
    return gates.cycle_limit(Draft(clerk.state, clerk.policy, clerk.now), SUBJECT)


def test_one_cycle_a_day_and_it_says_when_it_is_free(clerk: Clerk) -> None:
    cycle(clerk)
    sent_at = clerk.intents()[0].sent_at
    clerk.forward(HOUR)

    gate = limit(clerk)

    assert gate.answer is Pass.HOLD
    assert sent_at is not None and gate.clears_at == sent_at + DAY


def test_the_window_that_stays_full_for_longest_decides(clerk: Clerk) -> None:
    """The day is free again soon; the week is not, so the rung is passed over at once."""
    cycle(clerk)
    clerk.forward(DAY)
    cycle(clerk)

    gate = limit(clerk)

    assert gate.answer is Pass.NEVER
    assert "within 7 d" in gate.fact


def test_a_cycle_that_was_never_sent_does_not_count(clerk: Clerk) -> None:
    clerk.say(SUBJECT, "power-cycle")
    clerk.say(SUBJECT, "cancel", intent=clerk.planned()[0].id)

    assert limit(clerk).answer is Pass.PASS


def test_a_full_limit_does_not_pass_a_rung_over_before_its_wait_is_over() -> None:
    clerk = Clerk(inventory=make_inventory(paths=False)).begin()
    clerk.fall_silent(N, long=49 * HOUR)
    clerk.post()
    assert clerk.want(N).rung == "tell_pi"

    clerk.forward(DAY)

    issue = clerk.issue(SUBJECT, IssueType.NODE_DOWN)
    assert issue is not None and "tell_pi" not in issue.climb.passed


def test_a_second_down_notice_about_a_node_waits() -> None:
    clerk = Clerk(inventory=make_inventory(paths=False)).begin()
    clerk.fall_silent(N, long=49 * HOUR)
    clerk.post()
    clerk.observe(N, Observed.BOOT)
    clerk.forward(25 * HOUR)
    clerk.post()
    clerk.fall_silent(N, long=47 * HOUR)
    assert len(clerk.intents()) == 1

    gate = gates.notice_limit(Draft(clerk.state, clerk.policy, clerk.now), down(clerk), "down tech")

    assert gate.answer is Pass.HOLD
    clerk.forward(2 * DAY)
    assert len(clerk.intents()) == 2, "and goes out when the limit is over"


def hardware_fails(clerk: Clerk) -> None:
    clerk.tell(SUBJECT, Diagnosed((), hardware=(LogLine(clerk.now, "sda: I/O error"),)))
    clerk.forward(HOUR)
    clerk.post()


def test_a_second_notice_about_hardware_waits() -> None:
    """The issue closed in between, so the ladder begins anew."""
    clerk = Clerk(inventory=make_inventory(paths=False)).begin()
    hardware_fails(clerk)
    clerk.tell(SUBJECT, Diagnosed((), hardware=()))
    clerk.forward(2 * DAY)
    hardware_fails(clerk)
    issue = clerk.issue(SUBJECT, IssueType.BAD_HARDWARE)
    assert issue is not None and len(clerk.intents()) == 1

    draft = Draft(clerk.state, clerk.policy, clerk.now)
    gate = gates.notice_limit(draft, issue, "minimal_hardware tech")

    assert (gate.name, gate.answer) == (GateName.NODE_LIMIT, Pass.NEVER)
    assert gate.clears_at is not None and timedelta(days=4) < gate.clears_at - clerk.now < 7 * DAY


def down(clerk: Clerk) -> Issue:
    issue = clerk.issue(SUBJECT, IssueType.NODE_DOWN)
    assert issue is not None
    return issue


def test_a_closed_guard_holds_first_notices_and_no_later_ones() -> None:
    clerk = Clerk(inventory=make_inventory(paths=False)).begin()
    clerk.fall_silent(N)
    shut_the_guard(clerk)
    clerk.forward(2 * DAY)
    assert clerk.intents() == []
    clerk.state.fleet = replace(clerk.state.fleet, guard_closed=False)
    clerk.refresh()
    clerk.post()
    shut_the_guard(clerk)

    clerk.forward(8 * DAY)

    assert [i.argument for i in clerk.intents()] == ["down tech", "down tech pi"]


# In flight


def test_two_sites_may_have_power_at_once(clerk: Clerk) -> None:
    clerk.observe(N, Observed.SILENT)
    clerk.observe(node(1, 0), Observed.SILENT)
    clerk.forward(23 * HOUR)
    clerk.refresh()

    clerk.forward(2 * HOUR)

    assert {intent.site for intent in clerk.planned()} == {"s0", "s1"}


def test_an_unknown_holds_its_site_for_an_hour_and_its_pcu_until_it_is_settled() -> None:
    inventory = make_inventory(nodes=2)
    elsewhere = replace(inventory.nodes[OTHER], paths=inventory.nodes[node(1, 0)].paths)
    clerk = Clerk(inventory=replace(inventory, nodes={**inventory.nodes, OTHER: elsewhere}))
    clerk.begin()
    clerk.fall_silent(N)
    clerk.lose(clerk.planned()[0])
    view = Draft(clerk.state, clerk.policy, clerk.now)
    path = elsewhere.paths[0]
    assert gates.in_use(view, node_subject(OTHER), path) is not None

    later = Draft(clerk.state, clerk.policy, clerk.now + HOUR)

    assert gates.in_use(later, node_subject(OTHER), path) is None
    mine = inventory.nodes[N].paths[0]
    assert gates.in_use(later, node_subject(OTHER), mine) is not None


# The ledger


def test_what_waits_to_be_sent_counts_however_old(clerk: Clerk) -> None:
    clerk.say(SUBJECT, "power-cycle")
    (intent,) = clerk.planned()
    clerk.state.intents[intent.id] = replace(intent, state=IntentState.CLAIMED)
    view = Draft(clerk.state, clerk.policy, clerk.now + 90 * MINUTE)

    assert ledger.power_spent(view) == (1, 1)


def test_what_was_sent_late_counts_from_its_sending(clerk: Clerk) -> None:
    clerk.say(SUBJECT, "power-cycle")
    (intent,) = clerk.planned()
    clerk.now += 50 * MINUTE
    sent = clerk.send(intent)
    assert sent.sent_at is not None

    view = Draft(clerk.state, clerk.policy, sent.sent_at + DAY - MINUTE)

    assert ledger.power_spent(view) == (0, 1)


def test_it_says_when_the_budget_is_free_again(clerk: Clerk) -> None:
    spend = [node(1, 1), node(1, 2)]
    for key in spend:
        clerk.say(node_subject(key), "power-cycle")
        clerk.carry_out(clerk.planned()[0])
        clerk.boot(key)
    first = clerk.intents()[0].sent_at

    gate = ledger.budget(Draft(clerk.state, clerk.policy, clerk.now), [Spend.POWER])

    assert gate.answer is Pass.HOLD
    assert first is not None and gate.clears_at == first + HOUR


def test_the_day_has_a_line_of_its_own(clerk: Clerk) -> None:
    clerk.policy = replace(clerk.policy, budgets=replace(clerk.policy.budgets, power_day=1))
    cycle(clerk)

    gate = ledger.budget(Draft(clerk.state, clerk.policy, clerk.now), [Spend.POWER])

    assert gate.answer is Pass.HOLD
    assert gate.fact.startswith("1 of 1 power actions within 24 h")


# Others


def test_an_effect_without_an_executor_is_never() -> None:
    clerk = Clerk().begin()
    rung = next(r for r in clerk.policy.ladders[IssueType.NODE_DOWN].rungs if r.name == "reinstall")

    view = Draft(clerk.state, clerk.policy, clerk.now)

    assert gates.installed(view, rung).answer is Pass.NEVER


def test_a_pcu_left_alone_says_until_when(clerk: Clerk) -> None:
    clerk.say(ALL, "freeze", scope="all")
    for _ in range(3):
        clerk.tell(pcu_subject(P), PcuTested(Finding.TIMEOUT, "no answer", by_claim=True))
    path = clerk.inventory.nodes[N].paths[0]

    gate = gates.pcu_gate(Draft(clerk.state, clerk.policy, clerk.now), path)

    assert gate.answer is Pass.HOLD
    assert gate.clears_at == clerk.now + 6 * HOUR


@pytest.mark.parametrize(("mode", "answer"), [(Mode.OBSERVE, Pass.HOLD), (Mode.PROPOSE, Pass.HOLD)])
def test_the_mode_holds_what_it_does_not_let_run(mode: Mode, answer: Pass) -> None:
    clerk = Clerk()
    clerk.policy = replace(clerk.policy, mode=mode)
    clerk.begin().fall_silent(N)
    rung = clerk.policy.ladders[IssueType.NODE_DOWN].rungs[0]
    view = Draft(clerk.state, clerk.policy, clerk.now)

    assert gates.mode_gate(view, down(clerk), rung, mode).answer is answer


def test_a_site_that_is_only_perhaps_dark_is_not_written_to(clerk: Clerk) -> None:
    site = SiteKey("s0")
    clerk.witnesses(site, answered=False)
    for number in range(3):
        clerk.observe(node(0, number), Observed.SILENT, evidence=Evidence.UNREACHABLE)
    clerk.forward(2 * HOUR)
    for number in range(3):
        clerk.observe(node(0, number), Observed.SILENT, evidence=Evidence.STALE)

    clerk.forward(3 * DAY)

    assert clerk.intents() == []


def test_refusals_are_words_of_the_device(clerk: Clerk) -> None:
    clerk.fall_silent(N)
    intent = clerk.send(clerk.planned()[0])

    ended = clerk.end(intent, "failed", Outcome.REFUSED)

    assert ended.outcome is Outcome.REFUSED
    assert clerk.state.pcus[P].refusals == 1


def test_the_evidence_of_a_site_that_is_out_of_reach_is_not_called_blind(clerk: Clerk) -> None:
    subject = site_subject("s0")
    issue = Issue(IssueId("I"), IssueType.SITE_DOWN, subject, clerk.now, clerk.now)
    belief = replace(clerk.state.sites[SiteKey("s0")], status=Status.UNREACHABLE)
    clerk.state.sites[SiteKey("s0")] = belief

    gate = gates.evidence(Draft(clerk.state, clerk.policy, clerk.now), issue)

    assert (gate.answer, gate.fact) == (Pass.HOLD, "nothing of it was seen lately")


def test_an_attempt_that_was_sent_since_is_the_last_one() -> None:
    clerk = Clerk().begin()
    clerk.fall_silent(N)
    clerk.say(SUBJECT, "cancel", intent=clerk.planned()[0].id)
    clerk.forward(20 * MINUTE)
    clerk.lose(clerk.planned()[0])

    gate = gates.look_again(Draft(clerk.state, clerk.policy, clerk.now), down(clerk))

    assert gate.fact == "a full re-probe is made at the claim"


def test_one_that_ended_unsent_after_another_was_sent_is_the_last_one() -> None:
    clerk = Clerk().begin()
    clerk.fall_silent(N)
    first = clerk.planned()[0]
    clerk.now += MINUTE
    later = replace(first, id=IntentId("later"), planned_at=clerk.now, sent_at=clerk.now)
    clerk.state.apply(Changes(intents={later.id: later}))
    clerk.now += MINUTE

    clerk.say(SUBJECT, "cancel", intent=first.id)

    gate = gates.look_again(Draft(clerk.state, clerk.policy, clerk.now), down(clerk))
    assert gate.answer is Pass.HOLD
