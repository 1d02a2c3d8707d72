"""The five layouts."""

import pytest

from plcmon.sim.units.menus import LAYOUTS, VERBS


def test_there_are_the_five_known_layouts() -> None:
    assert set(LAYOUTS) == {"13p13", "12p3", "121p3", "121p1", "1p4"}


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_keys_of_a_layout_are_the_ones_of_its_name(name: str) -> None:
    """Its name is the way, digit by digit, `p` for the outlet; one name leaves the end out."""
    layout = LAYOUTS[name]
    way = ["1"]
    for _, items, onward in layout.menus:
        way.append(str(items.index(onward) + 1))
    way.append("p")
    if layout.control:
        way.append("1")
    way.append(str(layout.actions.index("Immediate Reboot") + 1))

    assert "".join(way) == {"121p1": "121p13"}.get(name, name)


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_offers_every_verb(name: str) -> None:
    assert set(VERBS) <= set(LAYOUTS[name].actions)
