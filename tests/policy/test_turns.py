"""Turns: no site waits behind all of another."""

from plcmon.policy.turns import in_turn


def test_one_of_each_site_then_the_next_of_each_the_oldest_first() -> None:
    things = [("b", 1), ("a", 2), ("a", 3), ("b", 4), ("c", 5), ("b", 0)]

    got = in_turn(things, site=lambda t: t[0], age=lambda t: t[1])

    assert got == [("b", 0), ("a", 2), ("c", 5), ("b", 1), ("a", 3), ("b", 4)]
