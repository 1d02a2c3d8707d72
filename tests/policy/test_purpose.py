"""Purpose: our own word is nobody's purpose."""

from dataclasses import replace

from plcmon.model.beliefs import NodeBelief
from plcmon.model.subjects import BootState
from plcmon.policy.purpose import meant
from tests.policy.clerk import make_inventory, node

DISABLED = replace(make_inventory().nodes[node(0, 0)], boot_state=BootState.DISABLED)


def test_what_a_person_wants_is_meant() -> None:
    assert meant(DISABLED, NodeBelief(DISABLED.key)) is BootState.DISABLED


def test_what_plcmon_wrote_is_not() -> None:
    assert meant(DISABLED, NodeBelief(DISABLED.key, written="disabled")) is BootState.BOOT
