"""Tables of outlets: what an outlet's text means in each, and which is looked for first."""

import pytest

from plcmon.drivers.snmp_tables import TABLES, candidates, oid_of
from plcmon.model.intents import PowerState


@pytest.mark.parametrize(
    ("table", "outlet", "index"),
    [
        ("apc-rpdu2", "3", (3,)),
        ("apc-masterswitch-plus", "3", (1, 1, 3)),
        ("apc-masterswitch-plus", "2.1.3", (2, 1, 3)),
        ("raritan-px2", "3", (1, 3)),
        ("raritan-px2", "2.3", (2, 3)),
        ("sentry3", "2.3", (1, 2, 3)),
        ("sentry3", "4.2.3", (4, 2, 3)),
        ("eaton-epdu", "3", (0, 3)),
        ("eaton-managed", "1", (0,)),
        ("poe", "2.24", (2, 24)),
    ],
)
def test_the_front_of_an_outlet_may_be_left_out(
    table: str, outlet: str, index: tuple[int, ...]
) -> None:
    assert TABLES[table].index(outlet) == index


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "outlet", ["", "0", "all", "1,2", "-1", "1.2.3.4", "3.", ".3", "³", "3 ", "123456"]
)
def test_what_is_no_outlet_has_no_index(table: str, outlet: str) -> None:
    assert TABLES[table].index(outlet) is None


def test_an_outlet_with_more_numbers_than_the_table_is_none() -> None:
    assert TABLES["apc-rpdu"].index("1.3") is None


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_each_table_can_switch_both_ways_and_read_both(table: object) -> None:
    made = TABLES[getattr(table, "name", "")]

    assert (made.on.column, made.on.value) != (made.off.column, made.off.value)
    assert set(made.shows.values()) == {PowerState.ON, PowerState.OFF}
    assert not made.moving & made.shows.keys()


def test_a_makers_own_tables_come_first_and_no_table_is_left_out() -> None:
    raritan = [table.name for table in candidates(oid_of("1.3.6.1.4.1.13742.6"))]
    nobody = [table.name for table in candidates(())]

    assert set(raritan[:3]) == {"raritan-px2", "raritan-px1", "poe"}
    assert sorted(raritan) == sorted(TABLES)
    assert nobody == list(TABLES)


def test_newer_tables_of_apc_are_looked_for_before_their_forerunners() -> None:
    names = [table.name for table in candidates(oid_of("1.3.6.1.4.1.318.1.3.4.5"))]

    assert names[:4] == ["apc-rpdu2", "apc-rpdu", "apc-masterswitch-plus", "apc-masterswitch"]
