"""With its mechanism a story breaks nothing; without it, exactly one invariant."""

import pytest

from tests.teeth.table import TEETH
from tests.teeth.tooth import Tooth


@pytest.mark.parametrize("tooth", TEETH, ids=str)
def test_with_it_nothing_is_broken(tooth: Tooth) -> None:
    found = tooth.story()

    assert not found, "\n".join(map(str, found))


@pytest.mark.parametrize("tooth", TEETH, ids=str)
def test_without_it_its_invariant_is(tooth: Tooth, monkeypatch: pytest.MonkeyPatch) -> None:
    tooth.remove(monkeypatch)

    found = tooth.story()

    assert {violation.invariant for violation in found} == {tooth.invariant}, found
