"""Memory: what is loaded stays out of collections."""

import gc

import pytest

from plcmon.memory import THRESHOLDS, collect_later, collect_seldom

pytestmark = pytest.mark.usefixtures("usual_collector")


def test_what_is_loaded_is_left_out_of_collections() -> None:
    loaded = [{"row": number} for number in range(1000)]
    collect_seldom()

    assert gc.get_freeze_count() > len(loaded)
    assert not any(one is loaded for one in gc.get_objects())


def test_collections_are_seldom() -> None:
    collect_seldom()

    assert gc.get_threshold() == THRESHOLDS


def test_garbage_is_not_kept_with_it() -> None:
    class Ring:
        """Garbage that only a collection finds."""

        gone = 0

        def __init__(self) -> None:
            self.itself = self

        def __del__(self) -> None:
            Ring.gone += 1

    Ring()
    collect_seldom()

    assert Ring.gone == 1


def test_nothing_is_collected_while_much_is_made() -> None:
    with collect_later():
        during = gc.isenabled()

    assert not during
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with collect_later():
            pass
        after = gc.isenabled()
    finally:
        gc.enable()

    assert not after
