"""Lifting: in the change that ends the reason, and past every gate."""

from dataclasses import replace

from plcmon.model.events import (
    EffectSent,
    Freeze,
    IntentClaimed,
    IntentEnded,
    InventoryRead,
    StatusChanged,
)
from plcmon.model.intents import ActionKind, Intent, IntentState, Outcome
from plcmon.model.issues import IssueType
from plcmon.model.ledger import Spend
from plcmon.model.readings import Observed
from plcmon.model.subjects import NodeKey, SiteKey, fleet_subject, node_subject, site_subject
from plcmon.policy.draft import Draft
from plcmon.policy.ledger import spent
from tests.auditor.pen import audit
from tests.policy.clerk import DAY, HOUR, MINUTE, POLICY, Clerk, make_inventory, node

S = SiteKey("s0")
SUBJECT = site_subject(S)
A, B = node(0, 0), node(0, 1)


def punished(*, applied: bool = True, days: int = 12) -> Clerk:
    """Two of three nodes are down for long; the level was raised and applied outside."""
    clerk = Clerk(POLICY, make_inventory(paths=False)).begin()
    clerk.forward(31 * DAY)
    for key in (A, B):
        clerk.observe(key, Observed.SILENT, since=clerk.now)
    for _ in range(4 * days):
        clerk.forward(6 * HOUR)
        clerk.refresh()
        clerk.post()
        if applied:
            apply(clerk)
    return clerk


def changes(clerk: Clerk) -> list[Intent]:
    return [intent for intent in clerk.intents() if intent.kind is ActionKind.PENALTY]


def apply(clerk: Clerk) -> None:
    """What the effect room does with each planned level."""
    for intent in changes(clerk):
        if intent.state is IntentState.PLANNED:
            clerk.tell(SUBJECT, IntentClaimed(1), intent=intent.id)
            clerk.tell(SUBJECT, EffectSent(intent.argument, intent.before), intent=intent.id)
            ended = IntentEnded("confirmed", Outcome.OK, "done")
            clerk.tell(SUBJECT, ended, intent=intent.id)


def boot(clerk: Clerk, *keys: object) -> None:
    for key in keys:
        clerk.observe(key, Observed.BOOT, boot_id="second")  # type: ignore[arg-type] # a NodeKey
    clerk.forward(11 * MINUTE)


def level(clerk: Clerk) -> int:
    return clerk.state.sites[S].penalty.level


def cleared(clerk: Clerk) -> set[str]:
    rows = clerk.state.outbox.values()
    return {row.recipient for row in rows if row.notice == "penalty_cleared"}


def test_a_penalty_falls_with_the_last_claim_and_everybody_told_is_told() -> None:
    clerk = punished()
    assert level(clerk) == 1

    boot(clerk, A, B)

    assert level(clerk) == 0
    last = changes(clerk)[-1]
    assert (last.argument, last.state, bool(last.undoes)) == ("0", IntentState.PLANNED, True)
    assert cleared(clerk) == {"tech@s0.example.org", "pi@s0.example.org"}


def test_it_is_lifted_in_the_very_change_that_closes_the_issue() -> None:
    clerk = punished()
    boot(clerk, A)
    issue = clerk.issue(node_subject(B), IssueType.NODE_DOWN)
    assert issue is not None

    told = clerk.say(node_subject(B), "close", issue=issue.id)

    bodies = [event.body for event in told if isinstance(event.body, StatusChanged)]
    assert [(b.old, b.new) for b in bodies if b.what == "penalty"] == [("1", "0")]


def test_while_another_issue_claims_it_the_penalty_stands() -> None:
    clerk = punished()

    boot(clerk, A)

    assert level(clerk) == 1


def test_with_the_higher_claim_gone_the_lower_one_remains() -> None:
    clerk = punished(days=20)
    assert level(clerk) == 2
    issue = clerk.issue(node_subject(B), IssueType.NODE_DOWN)
    assert issue is not None
    clerk.state.issues[issue.id] = replace(issue, claim=1)

    boot(clerk, A)

    assert level(clerk) == 1
    assert changes(clerk)[-1].argument == "1"


def test_no_freeze_and_no_window_stops_it() -> None:
    clerk = punished()
    clerk.state.freezes["all"] = Freeze("all", "ops", clerk.now)

    boot(clerk, A, B)

    assert level(clerk) == 0


def test_what_was_not_applied_yet_is_cancelled_and_nothing_goes_out() -> None:
    clerk = punished(applied=False, days=10)
    (intent,) = changes(clerk)

    for key in (A, B):
        issue = clerk.issue(node_subject(key), IssueType.NODE_DOWN)
        assert issue is not None
        clerk.say(node_subject(key), "close", issue=issue.id)

    assert level(clerk) == 0
    assert changes(clerk) == [clerk.state.intents[intent.id]]
    assert clerk.state.intents[intent.id].state is IntentState.CANCELLED


def test_a_level_that_could_not_be_applied_was_never_raised() -> None:
    clerk = punished(applied=False, days=10)
    (intent,) = changes(clerk)
    clerk.tell(SUBJECT, IntentClaimed(1), intent=intent.id)

    clerk.tell(SUBJECT, IntentEnded("failed", Outcome.REFUSED, "no"), intent=intent.id)

    assert level(clerk) == 0
    assert spent(Draft(clerk.state, clerk.policy, clerk.now), Spend.PENALTY, DAY) == 0


def test_an_exemption_lifts_it() -> None:
    clerk = punished()
    sites = dict(clerk.inventory.sites)
    sites[S] = replace(sites[S], exempt_until=clerk.now + DAY)

    clerk.tell(fleet_subject(), InventoryRead(replace(clerk.inventory, sites=sites), "next"))

    assert level(clerk) == 0


def test_nodes_that_are_gone_claim_nothing() -> None:
    clerk = punished()
    nodes = {k: n for k, n in clerk.inventory.nodes.items() if k not in (A, B)}

    clerk.tell(fleet_subject(), InventoryRead(replace(clerk.inventory, nodes=nodes), "next"))

    assert level(clerk) == 0


def test_the_auditor_reads_the_rise_and_the_fall_in_the_journal() -> None:
    clerk = punished()
    boot(clerk, A, B)
    apply(clerk)
    rows = clerk.audit
    unclaimed = [row for row in rows if row.verb != "penalty 1"]

    assert [row.verb for row in rows if row.verb == "penalty sent"] == ["penalty sent"] * 2
    assert {v.invariant for v in audit(rows)} & {10, 12, 14} == set()
    assert 14 in {v.invariant for v in audit(unclaimed)}


def exempt_nodes(clerk: Clerk, *keys: NodeKey) -> None:
    nodes = dict(clerk.inventory.nodes)
    for key in keys:
        nodes[key] = replace(nodes[key], exempt_until=clerk.now + 30 * DAY)
    clerk.inventory = replace(clerk.inventory, nodes=nodes)
    clerk.tell(fleet_subject(), InventoryRead(clerk.inventory, "exempt"))


def test_for_an_exempt_node_no_site_is_punished() -> None:
    clerk = punished()
    assert level(clerk) == 1

    exempt_nodes(clerk, A, B)

    assert level(clerk) == 0


def test_as_long_as_another_node_claims_it_the_level_stays() -> None:
    clerk = punished()

    exempt_nodes(clerk, A)

    assert level(clerk) == 1
