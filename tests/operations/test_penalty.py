"""A site's penalty for people."""

from plcmon.model.issues import IssueType
from plcmon.model.subjects import SiteKey, node_subject, site_subject
from plcmon.operations.moment import Moment
from plcmon.operations.penalty import penalty_facts, penalty_gates_of, what_lifts
from plcmon.operations.rows import site_view
from plcmon.operations.why import why_view
from tests.policy.clerk import Clerk
from tests.policy.test_lifting import A, punished
from tests.policy.test_penalties import fall, known_site

S = SiteKey("s0")


def moment(clerk: Clerk) -> Moment:
    state = clerk.state
    wants = clerk.wants.by_issue
    return Moment(clerk.now, state, clerk.policy, wants, wants.get, lambda _key: None, {}, {})


def test_the_row_of_a_site_says_its_level_its_claims_and_what_lifts_it() -> None:
    clerk = punished()

    view = site_view(moment(clerk), clerk.inventory.sites[S])

    assert view.penalty == 1
    assert sorted(claim.split(",", 1)[0] for claim in view.claims) == [
        "node_down of n0-0.example.org claims 1 (no new slices)",
        "node_down of n0-1.example.org claims 1 (no new slices)",
    ]
    assert view.lifts.startswith("lifted by itself when this closes: node_down of n0-")
    assert "penalty 1 (no new slices)" in view.why


def test_why_of_a_site_shows_every_gate_before_a_higher_level() -> None:
    clerk = known_site()
    fall(clerk, A)  # one of three: enough are up

    view = why_view(moment(clerk), site_subject(S), None)

    assert view.rung == "penalty 1"
    held = [gate.name for gate in view.gates if gate.answer == "hold"]
    assert held == ["min up"]
    assert any(line.startswith("node_down of n0-0") for line in view.facts)
    assert view.unblock[0].startswith("min up: ")


def test_a_site_that_nothing_claims_of_has_no_such_gates() -> None:
    clerk = known_site()

    assert penalty_gates_of(moment(clerk), site_subject(S), None) == ()
    assert penalty_facts(moment(clerk), S) == ("penalty 0 (none)",)
    assert what_lifts(moment(clerk), S) == ""


def test_a_node_shows_its_own_gates_alone() -> None:
    clerk = punished()
    issue = clerk.issue(node_subject(A), IssueType.NODE_DOWN)

    assert penalty_gates_of(moment(clerk), node_subject(A), issue) == ()
