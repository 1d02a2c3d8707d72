"""Another host key: a person's word for one node, or for those of a site."""

from plcmon.model.events import Refused
from plcmon.model.issues import IssueType
from plcmon.model.readings import Mark, Observed
from plcmon.model.subjects import node_subject, site_subject
from plcmon.policy.draft import Draft
from plcmon.policy.hostkeys import strangers
from tests.policy.clerk import Clerk, make_inventory, node

STRANGER = frozenset({Mark.HOSTKEY})


def strange(*keys: tuple[int, int]) -> Clerk:
    clerk = Clerk(inventory=make_inventory(sites=2, nodes=3)).begin()
    for site, number in keys:
        clerk.observe(node(site, number), Observed.DEAF, marks=STRANGER)
    return clerk


def test_a_site_is_its_nodes_that_wait() -> None:
    clerk = strange((0, 0), (0, 2), (1, 0))
    draft = Draft(clerk.state, clerk.policy, clerk.now)

    assert strangers(draft, site_subject("s0")) == [node(0, 0), node(0, 2)]
    assert strangers(draft, node_subject(node(0, 1))) == []


def test_a_word_for_a_site_accepts_every_key_there_and_no_other() -> None:
    clerk = strange((0, 0), (0, 2), (1, 0))

    clerk.say(site_subject("s0"), "hostkey-accept", reason="all were reinstalled")

    left = [issue.subject for issue in clerk.state.all_open() if issue.type is IssueType.HOSTKEY]
    assert left == [node_subject(node(1, 0))]


def test_where_no_key_waits_there_is_nothing_to_accept() -> None:
    clerk = strange()

    told = clerk.say(node_subject(node(0, 0)), "hostkey-accept")

    assert any(isinstance(event.body, Refused) for event in told)


def test_a_key_that_lets_us_in_ends_the_waiting_for_it() -> None:
    clerk = strange((0, 0))
    clerk.say(node_subject(node(0, 0)), "hostkey-accept")
    assert clerk.state.nodes[node(0, 0)].key_settles_at is not None

    clerk.observe(node(0, 0), Observed.BOOT)

    assert clerk.state.nodes[node(0, 0)].key_settles_at is None
