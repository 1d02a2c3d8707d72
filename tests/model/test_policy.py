"""The numbers and words that decide: named, explained, and used by the shipped ladders."""

import pytest

from plcmon.config.load import default_policy
from plcmon.model.issues import IssueType
from plcmon.model.policy import ARGUMENTS, CONDITIONS, LADDER_NOTICES, Limits, Rung
from tests.policy.clerk import DAY

RUNGS = [rung for ladder in default_policy().ladders.values() for rung in ladder.rungs]


@pytest.mark.parametrize("rung", RUNGS, ids=lambda rung: rung.name)
def test_the_shipped_rungs_use_only_known_words(rung: Rung) -> None:
    for condition in rung.when:
        for part in condition.split(" or "):
            word = part.removeprefix("not ").split()[0]
            assert word in CONDITIONS
    for effect in rung.do:
        if effect.kind.value == "notify":
            assert effect.argument.split()[0] in LADDER_NOTICES


def test_every_type_has_a_ladder() -> None:
    assert default_policy().ladders.keys() == set(IssueType)


def test_words_with_an_argument_are_words() -> None:
    assert ARGUMENTS.keys() <= CONDITIONS.keys()


def test_only_what_has_a_time_of_its_own_repeats() -> None:
    assert {rung.repeats for rung in RUNGS if rung.every is not None} == {True}


def test_a_node_is_cycled_less_and_less_often() -> None:
    cycles = Limits().cycles

    assert [cycles[DAY], cycles[7 * DAY], cycles[30 * DAY]] == [1, 2, 3]
