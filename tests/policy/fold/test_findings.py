"""Diagnoses and rounds over names: taken in for what exists, and only while we see."""

from datetime import datetime

from plcmon.model.beliefs import NodeBelief
from plcmon.model.events import Diagnosed, DnsChecked, Hop, LogLine, PagesSeen, RouteSeen
from plcmon.model.issues import IssueType
from plcmon.model.subjects import NodeKey, PcuKey, node_subject, pcu_subject
from plcmon.policy.fold.findings import read_log
from tests.policy.clerk import DAY, START, Clerk, make_inventory, node

N = node(0, 0)
P = pcu_subject("toml:p0")


def log(*lines: datetime) -> Diagnosed:
    return Diagnosed((), hardware=tuple(LogLine(at, f"error at {at:%d}") for at in lines))


def test_only_lines_after_the_last_clean_read_are_found() -> None:
    belief = read_log(NodeBelief(N, hardware_clean_at=START), log(START - DAY, START + DAY), START)

    assert belief.hardware_found == ("error at 03",)
    assert belief.hardware_clean_at == START


def test_a_clean_read_is_remembered() -> None:
    belief = read_log(NodeBelief(N, hardware_found=("sda fails",)), log(), START)

    assert (belief.hardware_found, belief.hardware_clean_at) == ((), START)


def test_a_diagnosis_of_what_is_not_in_the_inventory_is_nobodys() -> None:
    clerk = Clerk(inventory=make_inventory()).begin()

    clerk.tell(node_subject("toml:gone"), Diagnosed(("no gateway is set",)))
    clerk.tell(node_subject("toml:gone"), DnsChecked(False, "no such name"))

    assert NodeKey("toml:gone") not in clerk.state.nodes
    assert not list(clerk.state.all_open())


def test_a_diagnosis_is_dated_and_may_want_a_reinstall() -> None:
    clerk = Clerk(inventory=make_inventory()).begin()

    clerk.tell(node_subject(N), Diagnosed((), wants_reinstall=True))

    belief = clerk.state.nodes[N]
    assert (belief.diagnosed_at, belief.wants_reinstall) == (clerk.now, True)


def test_blind_the_resolver_may_be_ours() -> None:
    clerk = Clerk(inventory=make_inventory()).begin()
    clerk.canaries(0, 3)

    for _ in range(3):
        clerk.tell(node_subject(N), DnsChecked(False, "no answer"))

    assert clerk.state.nodes[N].dns is None


def test_a_pcu_whose_name_is_wrong_is_a_matter_of_its_record() -> None:
    clerk = Clerk(inventory=make_inventory()).begin()
    for _ in range(3):
        clerk.tell(P, DnsChecked(False, "the name has another address"))
    assert clerk.issue(P, IssueType.PCU_CONFIG) is not None

    clerk.tell(P, DnsChecked(True))

    assert clerk.issue(P, IssueType.PCU_CONFIG) is None
    assert clerk.state.pcus[PcuKey("toml:p0")].dns is None


def test_what_pages_lack_is_kept_and_opens_nothing() -> None:
    clerk = Clerk(inventory=make_inventory()).begin()
    for _ in range(5):
        clerk.tell(node_subject(N), PagesSeen("http://n/ answers 503, not 200"))
    clerk.tell(node_subject("toml:gone"), PagesSeen("http://n/ answers 503, not 200"))

    belief = clerk.state.nodes[N]
    assert (belief.http, belief.http_at) == ("http://n/ answers 503, not 200", clerk.now)
    assert not clerk.state.issues
    assert NodeKey("toml:gone") not in clerk.state.nodes


def test_the_way_to_a_silent_node_is_kept_as_evidence() -> None:
    clerk = Clerk(inventory=make_inventory()).begin()
    hops = (Hop("10.0.0.1", 1.25), Hop("", 0.0), Hop("192.0.2.1", 20.0))
    clerk.tell(node_subject(N), RouteSeen("192.0.2.7", hops, reached=False))
    clerk.tell(node_subject("toml:gone"), RouteSeen("192.0.2.8", (), reached=False))

    belief = clerk.state.nodes[N]
    assert belief.route == "to 192.0.2.7: 10.0.0.1 1.25 ms, ?, 192.0.2.1 20 ms, then nobody"
    assert belief.route_at == clerk.now
    assert NodeKey("toml:gone") not in clerk.state.nodes
