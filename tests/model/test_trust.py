"""What past actions allow: a breaker counts its bad ones."""

from plcmon.model.trust import Breaker


def test_a_breaker_counts_what_was_bad() -> None:
    assert Breaker((("a", True), ("b", False), ("c", True))).bad == 2


def test_a_new_breaker_remembers_nothing() -> None:
    assert Breaker().bad == 0
    assert Breaker().tripped_at is None
