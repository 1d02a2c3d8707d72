"""Purpose: our own word is nobody's purpose."""

from dataclasses import replace

from plcmon.model.beliefs import NodeBelief
from plcmon.model.state import State
from plcmon.model.subjects import BootState, Inventory, node_subject, site_subject
from plcmon.policy.draft import Draft
from plcmon.policy.purpose import meant, off_on_purpose
from tests.policy.clerk import POLICY, START, make_inventory, node

DISABLED = replace(make_inventory().nodes[node(0, 0)], boot_state=BootState.DISABLED)


def test_what_a_person_wants_is_meant() -> None:
    assert meant(DISABLED, NodeBelief(DISABLED.key)) is BootState.DISABLED


def test_what_plcmon_wrote_is_not() -> None:
    assert meant(DISABLED, NodeBelief(DISABLED.key, written="disabled")) is BootState.BOOT


def test_only_disabled_and_safeboot_are_off_on_purpose() -> None:
    for state in BootState:
        node = replace(DISABLED, boot_state=state)
        view = Draft(State(inventory=Inventory(nodes={node.key: node})), POLICY, START)

        off = off_on_purpose(view, node_subject(node.key))

        assert (off is state) is (state in (BootState.DISABLED, BootState.SAFEBOOT))


def test_what_is_no_node_or_is_gone_is_off_for_nobodys_purpose() -> None:
    view = Draft(State(), POLICY, START)

    assert off_on_purpose(view, site_subject("here")) is None
    assert off_on_purpose(view, node_subject(DISABLED.key)) is None
