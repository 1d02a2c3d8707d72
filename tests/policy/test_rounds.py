"""The main story on paper: found, held or granted, carried out, proven, closed."""

from dataclasses import replace
from datetime import timedelta

from plcmon.model.decisions import GateName, Mode, Pass
from plcmon.model.events import Started
from plcmon.model.intents import ActionKind, IntentState
from plcmon.model.issues import Cause, IssueType, Verdict
from plcmon.model.readings import Evidence, Observed
from plcmon.model.subjects import (
    NodeKey,
    SiteKey,
    fleet_subject,
    node_subject,
    pcu_subject,
    site_subject,
)
from tests.policy.clerk import DAY, HOUR, MINUTE, Clerk, make_inventory, node

N = node(0, 0)
SUBJECT = node_subject(N)


def test_a_silent_node_gets_one_power_cycle_and_is_proven_fixed() -> None:
    clerk = Clerk().begin()

    clerk.fall_silent(N)
    (intent,) = clerk.intents()
    clerk.carry_out(intent)
    clerk.boot(N)

    assert intent.kind is ActionKind.POWER_CYCLE
    assert clerk.state.intents[intent.id].verdict is Verdict.FIXED


def test_the_issue_closes_after_two_looks_at_boot_far_enough_apart() -> None:
    clerk = Clerk().begin()
    clerk.fall_silent(N)
    clerk.carry_out(clerk.intents()[0])
    clerk.boot(N)
    assert clerk.issue(SUBJECT, IssueType.NODE_DOWN) is not None

    clerk.forward(11 * MINUTE)

    assert clerk.issue(SUBJECT, IssueType.NODE_DOWN) is None
    closed = [i for i in clerk.state.issues.values() if i.type is IssueType.NODE_DOWN]
    assert closed[0].cause is Cause.HEALTHY


def test_before_the_threshold_nothing_is_opened() -> None:
    clerk = Clerk().begin()

    clerk.observe(N, Observed.SILENT)
    clerk.forward(23 * HOUR)

    assert clerk.issue(SUBJECT, IssueType.NODE_DOWN) is None


def test_observe_takes_only_a_shadow_rung() -> None:
    clerk = Clerk()
    clerk.policy = replace(clerk.policy, mode=Mode.OBSERVE)
    clerk.begin()

    clerk.fall_silent(N)

    issue = clerk.issue(SUBJECT, IssueType.NODE_DOWN)
    assert issue is not None
    assert issue.shadow.rung == "cycle"
    assert issue.climb.rung == ""
    assert clerk.intents() == []


def test_propose_waits_for_a_word_and_runs_when_it_is_given() -> None:
    clerk = Clerk()
    clerk.policy = replace(clerk.policy, mode=Mode.PROPOSE)
    clerk.begin()
    clerk.fall_silent(N)
    issue = clerk.issue(SUBJECT, IssueType.NODE_DOWN)
    assert issue is not None and issue.proposal is not None
    assert clerk.intents() == []

    clerk.say(SUBJECT, "approve", issue=issue.id)

    assert [intent.kind for intent in clerk.intents()] == [ActionKind.POWER_CYCLE]


def test_an_unproven_path_is_only_proposed_even_in_auto() -> None:
    clerk = Clerk(inventory=make_inventory(proven=False)).begin()

    clerk.fall_silent(N)

    assert clerk.want(N).mode is Mode.PROPOSE
    assert clerk.intents() == []


def test_a_deaf_node_is_told_and_never_power_cycled() -> None:
    clerk = Clerk().begin()

    clerk.observe(N, Observed.DEAF)
    clerk.forward(10 * DAY)

    assert clerk.issue(SUBJECT, IssueType.NODE_LOGIN) is not None
    assert {intent.kind for intent in clerk.intents()} == {ActionKind.NOTIFY}


def test_two_silent_nodes_of_one_site_are_repaired_one_at_a_time() -> None:
    clerk = Clerk().begin()
    other = node(0, 1)
    clerk.observe(N, Observed.SILENT)
    clerk.observe(other, Observed.SILENT)

    clerk.forward(25 * HOUR)
    clerk.refresh()

    assert len(clerk.intents(IntentState.PLANNED)) == 1
    first = clerk.carry_out(clerk.intents(IntentState.PLANNED)[0])
    clerk.refresh()
    assert clerk.planned() == [], "the first is not proven yet"
    clerk.boot(NodeKey(first.target.key))
    assert len(clerk.intents(IntentState.PLANNED)) == 1


def test_the_budget_holds_the_third_of_three_sites() -> None:
    clerk = Clerk(inventory=make_inventory(sites=3)).begin()
    for site in range(3):
        clerk.observe(node(site, 0), Observed.SILENT)

    clerk.forward(25 * HOUR)
    clerk.refresh()

    assert len(clerk.intents(IntentState.PLANNED)) == 2
    held = [w for w in clerk.wants.by_issue.values() if w.answer is Pass.HOLD and w.rung == "cycle"]
    gates = {g.name for w in held for g in w.gates if g.answer is Pass.HOLD}
    assert GateName.BUDGET in gates


def test_a_lying_pcu_gets_two_honest_attempts_and_is_then_broken() -> None:
    clerk = Clerk().begin()
    clerk.fall_silent(N)
    clerk.carry_out(clerk.intents()[0], off_seen=False)
    for _ in range(14):
        clerk.forward(6 * HOUR)
        clerk.refresh()
        planned = [i for i in clerk.intents(IntentState.PLANNED) if i.kind is not ActionKind.NOTIFY]
        if planned:
            clerk.carry_out(planned[0], off_seen=False)

    cycles = [i for i in clerk.intents() if i.kind is ActionKind.POWER_CYCLE]
    assert [i.verdict for i in cycles] == [Verdict.NOT_REBOOTED] * 2
    assert clerk.issue(pcu_subject("toml:p0"), IssueType.PCU_BROKEN) is not None


def test_a_third_cycle_never_follows_on_a_broken_outlet() -> None:
    clerk = Clerk().begin()
    clerk.fall_silent(N)
    for _ in range(40):
        for intent in clerk.intents(IntentState.PLANNED):
            if intent.kind is ActionKind.POWER_CYCLE:
                clerk.carry_out(intent, off_seen=False)
        clerk.forward(DAY)
        clerk.refresh()

    assert sum(i.kind is ActionKind.POWER_CYCLE for i in clerk.intents()) == 2


def test_a_dark_site_is_one_issue_and_not_its_nodes() -> None:
    clerk = Clerk().begin()
    site = SiteKey("s0")
    clerk.witnesses(site, answered=False)
    for number in range(3):
        seen = clerk.state.nodes[node(0, number)]
        assert seen.observed is Observed.BOOT
        clerk.observe(node(0, number), Observed.SILENT, evidence=Evidence.UNREACHABLE)

    clerk.forward(3 * DAY)

    assert clerk.issue(site_subject(site), IssueType.SITE_UNREACHABLE) is not None
    assert clerk.issue(SUBJECT, IssueType.NODE_DOWN) is None
    assert not [i for i in clerk.intents() if i.kind is ActionKind.POWER_CYCLE]


def test_blind_time_opens_nothing_and_nothing_is_done() -> None:
    clerk = Clerk().begin()
    clerk.observe(N, Observed.SILENT)
    clerk.forward(HOUR)
    clerk.canaries(0, 3)

    clerk.forward(5 * DAY)

    assert clerk.issue(SUBJECT, IssueType.NODE_DOWN) is None
    assert clerk.intents() == []


def test_blindness_ends_only_after_several_good_rounds() -> None:
    clerk = Clerk().begin()
    clerk.canaries(0, 3)

    clerk.canaries(3, 3)
    clerk.canaries(3, 3)
    assert clerk.state.fleet.blind
    clerk.canaries(3, 3)

    assert not clerk.state.fleet.blind


def test_the_fleet_guard_holds_power_while_too_much_turned_bad() -> None:
    clerk = Clerk(inventory=make_inventory(sites=8)).begin()
    for site in range(8):
        clerk.observe(node(site, 0), Observed.SILENT)

    assert clerk.state.fleet.guard_closed
    assert clerk.issue(fleet_subject(), IssueType.MASS_OUTAGE) is not None
    clerk.forward(25 * HOUR, quiet=True)
    assert not [
        i
        for i in clerk.intents()
        if i.kind is ActionKind.POWER_CYCLE and not (clerk.state.fleet.scan_complete_at)
    ]


def test_a_frozen_fleet_does_nothing_and_goes_on_when_unfrozen() -> None:
    clerk = Clerk().begin()
    clerk.say(fleet_subject(), "freeze", scope="all")
    clerk.fall_silent(N)
    assert clerk.intents() == []

    clerk.say(fleet_subject(), "unfreeze", scope="all")

    assert len(clerk.intents(IntentState.PLANNED)) == 1


def test_what_was_never_sent_counts_as_not_done() -> None:
    clerk = Clerk().begin()
    clerk.fall_silent(N)
    (intent,) = clerk.intents()

    clerk.say(SUBJECT, "cancel", intent=intent.id)

    issue = clerk.issue(SUBJECT, IssueType.NODE_DOWN)
    assert issue is not None and issue.climb.rung == ""
    clerk.forward(timedelta(minutes=16))
    assert len(clerk.intents(IntentState.PLANNED)) == 1


def test_without_a_path_the_ladder_starts_at_telling_after_two_days() -> None:
    clerk = Clerk(inventory=make_inventory(paths=False)).begin()
    clerk.fall_silent(N)
    assert clerk.intents() == []

    clerk.forward(24 * HOUR)

    assert [i.argument for i in clerk.intents()] == ["down tech"]


def test_after_a_start_nothing_runs_before_a_complete_scan() -> None:
    clerk = Clerk().begin()
    clerk.fall_silent(N, long=23 * HOUR)
    clerk.tell(fleet_subject(), Started("test", "", adopted=True))
    clerk.canaries(3, 3)
    clerk.observe(N, Observed.SILENT, since=clerk.now)

    clerk.forward(3 * DAY)
    assert clerk.issue(SUBJECT, IssueType.NODE_DOWN) is not None
    assert clerk.intents() == []

    clerk.refresh()
    assert len(clerk.intents(IntentState.PLANNED)) == 1


def test_the_journal_says_how_old_the_evidence_of_an_action_was() -> None:
    clerk = Clerk().begin()
    clerk.observe(N, Observed.SILENT)
    for _ in range(26):
        clerk.forward(HOUR)
        clerk.refresh()
    rows = [row for row in clerk.audit if row.verb == "power-cycle planned"]

    assert rows[0].evidence
    assert all(age > 0 for age in rows[0].ages_s)
