"""The journal's chain notices every way of tampering."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from plcmon.model.audit import GENESIS, Link, canonical, chain, digest, first_broken, link_of
from plcmon.model.events import AuditRow

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def rows(count: int) -> list[AuditRow]:
    linked, last = [], GENESIS
    for number in range(count):
        row = AuditRow(AT, "ada", "node/a", "freeze", f"reason {number}", (1,), (0.5,), {"g": "x"})
        linked.append(chain(last, row))
        last = link_of(linked[-1])
    return linked


def test_first_row_follows_nothing() -> None:
    (row,) = rows(1)

    assert (row.seq, row.previous) == (1, "")


def test_each_row_carries_the_hash_before_it() -> None:
    first, second = rows(2)

    assert second.previous == first.hash
    assert second.seq == first.seq + 1


def test_untouched_chain_holds() -> None:
    assert first_broken(rows(5)) is None


def test_empty_chain_holds() -> None:
    assert first_broken([]) is None


def test_chain_is_checked_from_any_link_on() -> None:
    linked = rows(5)

    assert first_broken(linked[3:], link_of(linked[2])) is None


@pytest.mark.parametrize(
    "change",
    [
        {"at": datetime(2026, 3, 1, 13, tzinfo=UTC)},
        {"actor": "eve"},
        {"subject": "node/b"},
        {"verb": "unfreeze"},
        {"reason": ""},
        {"evidence": (2,)},
        {"ages_s": (0.6,)},
        {"gates": {"g": "y"}},
        {"intent": "I"},
        {"issue": "J"},
        {"outcome": "ok"},
        {"detail": "more"},
        {"previous": "00"},
        {"hash": "00"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_changed_field_breaks_its_row(change: dict[str, Any]) -> None:
    linked = rows(4)
    linked[2] = replace(linked[2], **change)

    assert first_broken(linked) == 3


def test_missing_row_is_named() -> None:
    linked = rows(4)
    del linked[1]

    assert first_broken(linked) == 2


def test_forged_row_with_a_fresh_hash_breaks_the_next() -> None:
    linked = rows(3)
    forged = replace(linked[1], actor="eve", hash="")
    linked[1] = replace(forged, hash=digest(forged))

    assert first_broken(linked) == 3


def test_a_stranger_can_compute_the_hash() -> None:
    """The recipe in the module's first lines, done by hand."""
    (row,) = rows(1)
    content = json.loads(canonical(row))
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))

    assert "hash" not in content
    assert content["at"] == 1772366400000
    assert hashlib.sha256(text.encode()).hexdigest() == row.hash


def test_whole_ages_hash_like_fractions() -> None:
    row = AuditRow(AT, "ada", "node/a", "freeze", "", ages_s=(3,))

    assert digest(row) == digest(replace(row, ages_s=(3.0,)))


def test_link_defaults_to_the_beginning() -> None:
    assert Link() == GENESIS
