"""What is remembered of many nodes at once."""

from datetime import UTC, datetime

import pytest

from plcmon.model.guards import Storm

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(("wave", "size", "half"), [(0, 1, 1), (1, 2, 1), (2, 4, 2), (3, 8, 4)])
def test_each_wave_is_twice_the_last(wave: int, size: int, half: int) -> None:
    storm = Storm("s", AT, None, wave=wave)

    assert (storm.size, storm.half) == (size, half)


def test_every_turn_of_the_wave_is_taken_by_somebody() -> None:
    storm = Storm("s", AT, None, wave=3, turns={"a": "i"}, back=2, failed=("b",))

    assert storm.taken == 4
