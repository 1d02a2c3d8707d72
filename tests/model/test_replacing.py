"""Frozen values with some fields changed."""

import dataclasses
from dataclasses import dataclass, field

import pytest

from plcmon.model.beliefs import FleetBelief, NodeBelief, Span
from plcmon.model.issues import Issue
from plcmon.model.policy import Guard
from plcmon.model.replacing import replace, slots_of
from plcmon.model.subjects import NodeKey


@dataclass(frozen=True, slots=True)
class Doubled:
    once: int
    twice: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "twice", 2 * self.once)


@pytest.mark.parametrize(
    ("old", "changes"),
    [
        (NodeBelief(NodeKey("toml:a")), {"storm": "one", "detail": "silent"}),
        (FleetBelief(blind=True), {"in_service": 3}),
        (FleetBelief(blind=True), {}),
        (Span(), {"running_since": None}),
        (Guard(), {"more_than": 7}),
    ],
)
def test_it_makes_what_dataclasses_make(old: object, changes: dict[str, object]) -> None:
    made: object = replace(old, **changes)  # type: ignore[type-var]

    assert made == dataclasses.replace(old, **changes)  # type: ignore[type-var]
    assert type(made) is type(old)


def test_the_old_value_stays_as_it_was() -> None:
    old = NodeBelief(NodeKey("toml:a"))

    replace(old, storm="one")

    assert old == NodeBelief(NodeKey("toml:a"))


@pytest.mark.parametrize("kind", [NodeBelief, FleetBelief, Issue, Span])
def test_beliefs_and_issues_take_the_short_way(kind: type) -> None:
    slots, known = slots_of(kind)

    assert len(slots) == len(known) == len(dataclasses.fields(kind))


def test_what_follows_from_other_fields_is_made_anew() -> None:
    assert replace(Doubled(1), once=4).twice == 8


def test_what_follows_from_other_fields_cannot_be_given() -> None:
    with pytest.raises(TypeError, match="Doubled has no twice"):
        replace(Doubled(1), twice=3)


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(TypeError, match="Span has no speed"):
        replace(Span(), speed=1)  # type: ignore[call-arg]
