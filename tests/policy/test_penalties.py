"""Penalties: raised through gates, by claims; shown with every reason."""

from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.model.beliefs import Status
from plcmon.model.decisions import Gate, GateName, Mode, Pass
from plcmon.model.events import Noticed
from plcmon.model.intents import ActionKind, IntentState, MailState
from plcmon.model.issues import Issue, IssueType
from plcmon.model.ledger import Spend
from plcmon.model.readings import Observed
from plcmon.model.subjects import SiteKey, fleet_subject, node_subject, site_subject
from plcmon.policy.draft import Draft
from plcmon.policy.fold.fleet import CLOCK
from plcmon.policy.penalties import (
    claim_lines,
    claimant,
    new_site,
    objection,
    penalty_gates,
    warned,
)
from tests.policy.clerk import DAY, HOUR, MINUTE, POLICY, Clerk, make_inventory, node

S = SiteKey("s0")
SUBJECT = site_subject(S)
A, B = node(0, 0), node(0, 1)


def known_site(mode: Mode = Mode.AUTO, **more: object) -> Clerk:
    """A site that plcmon has known for a month, with power paths to none of its nodes."""
    inventory = make_inventory(paths=False, **more)  # type: ignore[arg-type] # its own arguments
    clerk = Clerk(replace(POLICY, mode=mode), inventory).begin()
    clerk.forward(31 * DAY)
    clerk.refresh()
    return clerk


def fall(clerk: Clerk, *keys: object, days: int = 12) -> None:
    """Nodes fall silent and stay so; whoever is written to is reached."""
    for key in keys:
        clerk.observe(key, Observed.SILENT, since=clerk.now)  # type: ignore[arg-type] # a NodeKey
    pass_days(clerk, days)


def pass_days(clerk: Clerk, days: int) -> None:
    for _ in range(4 * days):
        clerk.forward(6 * HOUR)
        clerk.refresh()
        clerk.post()


def level(clerk: Clerk) -> int:
    return clerk.state.sites[S].penalty.level


def gate(clerk: Clerk, name: GateName) -> Gate:
    view = Draft(clerk.state, clerk.policy, clerk.now)
    issue = claimant(view, S)
    assert issue is not None, "nothing claims"
    return next(gate for gate in penalty_gates(view, S, issue) if gate.name is name)


def down(clerk: Clerk, key: object = A) -> Issue:
    issue = clerk.issue(node_subject(key), IssueType.NODE_DOWN)  # type: ignore[arg-type] # a NodeKey
    assert issue is not None
    return issue


def test_a_site_with_too_few_nodes_up_is_punished_by_the_claim_of_its_issue() -> None:
    clerk = known_site()

    fall(clerk, A, B)

    assert level(clerk) == 1
    (intent,) = [i for i in clerk.intents() if i.kind is ActionKind.PENALTY]
    assert (intent.target, intent.argument, intent.state) == (SUBJECT, "1", IntentState.PLANNED)
    rows = [row for row in clerk.state.outbox.values() if row.notice == "penalty_raised"]
    assert {row.recipient for row in rows} == {"tech@s0.example.org", "pi@s0.example.org"}
    assert rows[0].facts["level"] == "1, no new slices"
    assert "2 slices suspended" in rows[0].facts["legend"]


def test_enough_nodes_up_is_no_reason_to_punish() -> None:
    clerk = known_site()

    fall(clerk, A)

    assert down(clerk).claim == 1
    assert level(clerk) == 0
    assert gate(clerk, GateName.MIN_UP).answer is Pass.HOLD


def test_a_claim_waits_a_day_after_the_relay_took_a_notice() -> None:
    clerk = known_site()
    fall(clerk, A, B, days=3)  # told; then nobody claims for a week
    clerk.state.issues[down(clerk).id] = replace(down(clerk), claim=1, warned_at=clerk.now)
    assert gate(clerk, GateName.WARNED).clears_at == clerk.now + DAY

    clerk.forward(23 * HOUR)
    clerk.observe(A, Observed.SILENT)
    before = level(clerk)
    clerk.refresh()
    clerk.forward(61 * MINUTE)
    clerk.refresh()

    assert (before, level(clerk)) == (0, 1)


def test_what_the_relay_refused_warned_nobody() -> None:
    clerk = known_site()
    for key in (A, B):
        clerk.observe(key, Observed.SILENT, since=clerk.now)
    for _ in range(48):
        clerk.forward(6 * HOUR)
        clerk.refresh()
        clerk.post(MailState.REFUSED)

    assert down(clerk).claim == 1
    assert level(clerk) == 0
    assert "accepted no notice" in gate(clerk, GateName.WARNED).fact


def test_the_operators_do_not_stand_in_for_a_site_that_has_nobody() -> None:
    inventory = make_inventory(paths=False)
    sites = {key: replace(site, contacts=()) for key, site in inventory.sites.items()}
    policy = replace(POLICY, operators=("ops@example.org",))
    clerk = Clerk(policy, replace(inventory, sites=sites)).begin()
    clerk.forward(31 * DAY)
    clerk.refresh()

    fall(clerk, A, B)

    assert {row.recipient for row in clerk.state.outbox.values()} == {"ops@example.org"}
    assert level(clerk) == 0


def test_a_jump_of_the_clock_makes_no_site_older_and_no_warning_longer() -> None:
    clerk = known_site()
    fall(clerk, A, B)
    day, jump = 86_400.0, 40 * DAY
    clerk.now += jump
    told = Noticed(CLOCK, True, "jumped", jump_s=jump.total_seconds())
    clerk.tell(fleet_subject(CLOCK), told)
    issue = replace(down(clerk), warned_at=clerk.now - jump - timedelta(seconds=day / 2))
    view = Draft(clerk.state, clerk.policy, clerk.now)

    assert warned(view, issue).answer is Pass.HOLD
    young = replace(clerk.state.sites[S], first_seen_at=clerk.now - jump - DAY)
    clerk.state.sites[S] = young
    assert new_site(Draft(clerk.state, clerk.policy, clerk.now), S).answer is Pass.HOLD


def test_a_new_site_is_not_punished() -> None:
    clerk = Clerk(inventory=make_inventory(paths=False)).begin()

    fall(clerk, A, B)

    assert level(clerk) == 0
    assert gate(clerk, GateName.NEW_SITE).answer is Pass.HOLD


def test_an_exempt_site_is_not_punished() -> None:
    clerk = known_site()
    sites = dict(clerk.inventory.sites)
    fall(clerk, A, B, days=8)
    until = clerk.now + 90 * DAY
    sites[S] = replace(sites[S], exempt_until=until)
    clerk.state.inventory = replace(clerk.inventory, sites=sites)

    pass_days(clerk, 4)

    assert level(clerk) == 0


def test_while_the_fleet_guard_is_closed_no_level_rises() -> None:
    clerk = known_site()
    fall(clerk, A, B, days=8)
    clerk.state.fleet = replace(clerk.state.fleet, guard_closed=True)
    clerk.state.issues[down(clerk).id] = replace(down(clerk), claim=2)

    assert gate(clerk, GateName.FLEET_GUARD).answer is Pass.HOLD


def test_five_rises_a_day_are_all() -> None:
    clerk = known_site()
    fall(clerk, A, B, days=8)
    now = clerk.now
    clerk.state.ledger.of(Spend.PENALTY).times[:] = [now - HOUR] * 5
    clerk.state.issues[down(clerk).id] = replace(down(clerk), claim=1)

    found = gate(clerk, GateName.BUDGET)

    assert (found.answer, found.clears_at) == (Pass.HOLD, now - HOUR + DAY)


def test_in_observe_nothing_is_claimed_and_nothing_raised() -> None:
    clerk = known_site(Mode.OBSERVE)

    fall(clerk, A, B)

    assert (down(clerk).claim, level(clerk)) == (0, 0)


def test_propose_asks_a_person_who_names_the_site() -> None:
    clerk = known_site()
    fall(clerk, A, B, days=8)
    clerk.policy = replace(clerk.policy, mode=Mode.PROPOSE)
    clerk.state.issues[down(clerk).id] = replace(down(clerk), claim=1)
    clerk.observe(A, Observed.SILENT)
    clerk.refresh()
    assert (level(clerk), clerk.state.sites[S].penalty.asked) == (0, 1)

    clerk.say(SUBJECT, "approve", penalty=S)

    assert level(clerk) == 1


def test_what_a_person_declined_is_not_asked_again_while_the_claim_stands() -> None:
    clerk = known_site()
    fall(clerk, A, B, days=8)
    clerk.policy = replace(clerk.policy, mode=Mode.PROPOSE)
    clerk.state.issues[down(clerk).id] = replace(down(clerk), claim=1)
    clerk.observe(A, Observed.SILENT)
    clerk.refresh()

    clerk.say(SUBJECT, "reject", penalty=S)
    clerk.forward(3 * DAY)

    assert level(clerk) == 0
    assert "rejected by ops" in gate(clerk, GateName.MODE).fact


def test_the_second_claim_raises_the_second_level() -> None:
    clerk = known_site()

    fall(clerk, A, B, days=20)

    assert level(clerk) == 2
    lines = claim_lines(Draft(clerk.state, clerk.policy, clerk.now), S)
    for name in ("n0-0", "n0-1"):
        claimed = f"node_down of {name}.example.org claims 2 (slices suspended)"
        assert any(line.startswith(claimed) for line in lines)


def test_a_site_out_of_reach_is_not_punished() -> None:
    clerk = known_site()
    fall(clerk, A, B, days=9)
    belief = clerk.state.sites[S]
    clerk.state.sites[S] = replace(belief, status=Status.UNREACHABLE)
    clerk.state.issues[down(clerk).id] = replace(down(clerk), claim=2)

    assert gate(clerk, GateName.REACH).answer is Pass.HOLD


@pytest.mark.parametrize("wait", [timedelta(minutes=1), 2 * HOUR])
def test_what_is_no_longer_claimed_is_not_applied_outside(wait: timedelta) -> None:
    clerk = known_site()
    fall(clerk, A, B)
    (intent,) = [i for i in clerk.intents() if i.kind is ActionKind.PENALTY]
    for key in (A, B):
        clerk.say(node_subject(key), "close", issue=down(clerk, key).id)

    clerk.forward(wait)

    assert clerk.state.intents[intent.id].state is IntentState.CANCELLED
    assert level(clerk) == 0


def test_a_level_is_not_applied_for_a_claim_whose_site_was_not_told() -> None:
    clerk = known_site()
    fall(clerk, A, B)
    (intent,) = [i for i in clerk.intents() if i.kind is ActionKind.PENALTY]
    view = Draft(clerk.state, clerk.policy, clerk.now)
    assert objection(view, intent) == ""

    for key in (A, B):
        clerk.state.issues[down(clerk, key).id] = replace(down(clerk, key), warned_at=None)

    assert objection(view, intent).startswith("warned: the relay accepted no notice")
