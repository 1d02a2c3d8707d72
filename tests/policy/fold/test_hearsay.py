"""What a source outside says is noted beside what we see; nothing follows from it."""

from plcmon.model.beliefs import Hearsay
from plcmon.model.events import HearsayChanged
from plcmon.model.replacing import replace
from plcmon.model.subjects import NodeKey, node_subject
from tests.policy.clerk import HOUR, MINUTE, Clerk, node

N = node(0, 0)
SUBJECT = node_subject(N)


def test_a_word_lasts_from_its_first_sample_until_it_ends() -> None:
    clerk = Clerk().begin()
    began = clerk.now - MINUTE

    clerk.tell(SUBJECT, HearsayChanged("comon", True, began, "12"))
    clerk.tell(SUBJECT, HearsayChanged("comon", True, clerk.now, "13"))
    said = dict(clerk.state.nodes[N].hearsay)
    clerk.tell(SUBJECT, HearsayChanged("comon", None, clerk.now))

    assert said == {"comon": Hearsay(True, began, "13")}
    assert clerk.state.nodes[N].hearsay == {}


def test_a_word_of_another_kind_begins_anew_and_leaves_other_sources_alone() -> None:
    clerk = Clerk().begin()
    clerk.tell(SUBJECT, HearsayChanged("prom", True, clerk.now))
    clerk.tell(SUBJECT, HearsayChanged("comon", True, clerk.now - HOUR))

    clerk.tell(SUBJECT, HearsayChanged("comon", False, clerk.now))

    said = clerk.state.nodes[N].hearsay
    assert (said["comon"].up, said["comon"].since) == (False, clerk.now)
    assert said["prom"].up


def test_a_down_from_outside_makes_no_node_bad_and_opens_nothing() -> None:
    clerk = Clerk().begin()
    before = clerk.state.nodes[N]

    clerk.tell(SUBJECT, HearsayChanged("comon", False, clerk.now))
    clerk.forward(48 * HOUR)

    after = clerk.state.nodes[N]
    assert (after.observed, after.evidence) == (before.observed, before.evidence)
    assert after.spans["silent"] == before.spans["silent"]
    assert not list(clerk.state.all_open()) and not clerk.intents()


def test_a_node_that_nobody_knows_stays_unknown() -> None:
    clerk = Clerk().begin()

    clerk.tell(node_subject(NodeKey("toml:gone")), HearsayChanged("comon", True, clerk.now))

    assert NodeKey("toml:gone") not in clerk.state.nodes


def test_what_is_gone_from_the_inventory_can_still_be_forgotten() -> None:
    clerk = Clerk().begin()
    clerk.tell(SUBJECT, HearsayChanged("comon", True, clerk.now))
    clerk.state.inventory = replace(clerk.state.inventory, nodes={})

    clerk.tell(SUBJECT, HearsayChanged("comon", None, clerk.now))

    assert clerk.state.nodes[N].hearsay == {}
