"""A draft sees its own writes and never touches the state."""

from dataclasses import replace

from plcmon.model.beliefs import NodeBelief, Status
from plcmon.model.events import AlertRaised, Freeze
from plcmon.model.intents import ActionKind, IntentId, OutboxRow
from plcmon.model.issues import Cause, Issue, IssueId, IssueStatus, IssueType
from plcmon.model.state import Changes, State, outbox_key
from plcmon.model.subjects import SiteKey, fleet_subject, node_subject
from plcmon.model.tally import counted
from plcmon.policy.draft import Draft
from tests.policy.clerk import HOUR, START, Clerk, make_inventory, node

N = node(0, 0)
SUBJECT = node_subject(N)
ISSUE = Issue(IssueId("01"), IssueType.NODE_DOWN, SUBJECT, START, START)


def make() -> Draft:
    return Draft(State(), Clerk().policy, START)


def test_it_reads_what_it_wrote_and_the_state_does_not() -> None:
    draft = make()

    draft.believe(NodeBelief(N, Status.GOOD))

    assert draft.node(N).status is Status.GOOD
    assert N not in draft.state.nodes


def test_what_it_never_heard_of_is_new() -> None:
    assert make().node(N) == NodeBelief(N)


def test_its_own_issues_are_open_and_closed_in_it() -> None:
    draft = make()
    draft.put_issue(ISSUE)
    assert draft.open_issue(SUBJECT, IssueType.NODE_DOWN) == ISSUE

    closed = replace(ISSUE, status=IssueStatus.CLOSED, closed_at=START, cause=Cause.HEALTHY)
    draft.put_issue(closed)

    assert draft.open_issue(SUBJECT, IssueType.NODE_DOWN) is None
    assert draft.closed_lately(SUBJECT, IssueType.NODE_DOWN) == [closed]


def test_closed_issues_come_in_the_order_of_their_close() -> None:
    draft = make()
    times = {"03": START + HOUR, "01": START, "02": START + 2 * HOUR}
    for name, at in times.items():
        closed = replace(ISSUE, id=IssueId(name), status=IssueStatus.CLOSED, closed_at=at)
        draft.put_issue(closed)

    found = draft.closed_lately(SUBJECT, IssueType.NODE_DOWN)

    assert [issue.id for issue in found] == ["01", "03", "02"]


def test_events_are_numbered_in_order() -> None:
    draft = make()

    one = draft.tell(fleet_subject(), AlertRaised("a", "one"))
    other = draft.tell(fleet_subject(), AlertRaised("a", "other"))

    assert (one.seq, other.seq) == (1, 2)


def test_undo_forgets_all_but_the_event_that_is_folded() -> None:
    draft = make()
    first = draft.tell(fleet_subject(), AlertRaised("a", "first"))
    draft.tell(fleet_subject(), AlertRaised("a", "second"))
    draft.put_issue(ISSUE)
    draft.audit(SUBJECT, "a", "b")

    draft.undo()

    assert draft.changes.events == [first]
    assert not draft.changes.issues and not draft.changes.audit
    assert draft.tell(fleet_subject(), AlertRaised("a", "third")).seq == 2


def test_what_it_lifts_is_gone() -> None:
    draft = make()
    draft.state.freezes["all"] = Freeze("all", "ops", START)

    draft.changes.freezes["all"] = None

    assert draft.freezes() == {}
    assert "all" in draft.state.freezes


def test_live_intents_come_in_the_order_of_their_ids() -> None:
    """A set has no order that two runs share; what is told must have."""
    clerk = Clerk().begin()
    for number in range(2):
        clerk.say(node_subject(node(number, 0)), "power-on")

    found = Draft(clerk.state, clerk.policy, clerk.now).live_intents()

    assert [intent.id for intent in found] == sorted(clerk.state.intents)


def test_what_is_shared_is_made_once_until_fleet_or_ledger_move() -> None:
    clerk = Clerk().begin()
    draft, made = Draft(clerk.state, clerk.policy, clerk.now), list[int]()

    def make() -> int:
        made.append(1)
        return len(made)

    assert [draft.shared("key", make) for _ in range(2)] == [1, 1]

    draft.patch_fleet(chronic=1)
    assert draft.shared("key", make) == 2

    clerk.state.ledger.version += 1
    assert draft.shared("key", make) == 3


def test_live_power_leaves_waiting_mail_out() -> None:
    clerk = Clerk().begin()
    clerk.say(node_subject(node(0, 0)), "power-cycle")
    planned = clerk.planned()[0]
    draft = Draft(clerk.state, clerk.policy, clerk.now)
    notice = replace(planned, id=IntentId("N"), kind=ActionKind.NOTIFY)
    draft.put_intent(notice)

    assert draft.live_power() == [planned]
    assert {intent.id for intent in draft.live_intents()} == {planned.id, "N"}


def test_rows_of_a_mail_or_a_notice_are_found_as_the_draft_has_them() -> None:
    row = OutboxRow(
        ISSUE.id, "tell", "b@x.org", 1, "down", "s0", SUBJECT, START, intent=IntentId("N")
    )
    other, later = replace(row, rung="back", intent=None), replace(row, recipient="a@x.org")
    draft = make()
    draft.state.apply(Changes(outbox={outbox_key(known): known for known in (row, other)}))
    bound = replace(row, mail="<1@x.org>")

    draft.post(bound)
    draft.post(later)

    assert draft.rows_of("N") == [later, bound]
    assert draft.rows_of("<1@x.org>") == [bound]


def test_a_tally_has_what_the_draft_believes() -> None:
    clerk = Clerk(inventory=make_inventory(sites=1, nodes=2)).begin()
    first, second = (clerk.state.nodes[node(0, number)] for number in (0, 1))
    draft = Draft(clerk.state, clerk.policy, clerk.now)
    draft.believe(fallen := replace(first, status=Status.DOWN))

    assert draft.tally(SiteKey("s0")) == counted([fallen, second])
    assert clerk.state.tally(SiteKey("s0")) == counted([first, second])


def test_a_tally_is_by_the_draft_s_own_inventory() -> None:
    clerk = Clerk(inventory=make_inventory(sites=1, nodes=2)).begin()
    draft = Draft(clerk.state, clerk.policy, clerk.now)
    draft.changes.inventory = make_inventory(sites=1, nodes=1)

    assert draft.tally(SiteKey("s0")) == counted([clerk.state.nodes[node(0, 0)]])
