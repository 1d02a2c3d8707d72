from dataclasses import fields
from datetime import timedelta

import pytest
from pydantic import ValidationError

from plcmon.config.sections import (
    Api,
    CanariesSection,
    Integrations,
    Keep,
    Mail,
    PolicySection,
    docs_of,
    mirror,
)
from plcmon.model import policy as rules

ELSEWHERE = {
    "version",
    "canaries",
    "ladders",
    "sources",
    "operators",
    "digest",
    "installed",
}  # elsewhere
SECTIONS = [
    rules.Intervals,
    rules.Thresholds,
    rules.Canaries,
    rules.Guard,
    rules.Budgets,
    rules.Limits,
    rules.Safety,
    rules.Wire,
]


@pytest.mark.parametrize("owner", SECTIONS)
def test_mirror_has_the_fields_defaults_and_docs_of_the_model(owner: type) -> None:
    section = mirror(owner)

    made, plain = section(), owner()
    assert list(section.model_fields) == [field.name for field in fields(owner)]
    for field in fields(owner):
        assert getattr(made, field.name) == getattr(plain, field.name)
        assert section.model_fields[field.name].description


def test_docs_are_read_from_under_each_field() -> None:
    assert docs_of(rules.Wire)["dark"] == "Between off and on."


def test_every_part_of_the_policy_is_a_section() -> None:
    parts = {field.name for field in fields(rules.Policy)} - ELSEWHERE

    assert set(PolicySection.model_fields) == parts


def test_canaries_have_their_endpoints_beside_the_numbers() -> None:
    assert set(CanariesSection.model_fields) == {
        "endpoints", *(field.name for field in fields(rules.Canaries)),
    }  # fmt: skip


def test_sections_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Mail().host = "x"


@pytest.mark.parametrize(
    ("name", "text", "least"),
    [("events", "30d", "40d"), ("mails", "1d", "40d"), ("hours", "1d", "2d")],
)
def test_what_limits_look_back_at_is_kept(name: str, text: str, least: str) -> None:
    with pytest.raises(ValueError, match=f'must be "{least}" at least'):
        Keep(**{name: text})

    assert Keep(readings="1h").readings == timedelta(hours=1)


@pytest.mark.parametrize(("text", "mode"), [("0660", 0o660), ("600", 0o600), ("0o640", 0o640)])
def test_socket_modes_are_octal_texts(text: str, mode: int) -> None:
    assert Api.model_validate({"mode": text}).mode == mode


@pytest.mark.parametrize("bad", ["0666", "0661", "1777", "", "9", 384])
def test_socket_modes_let_nobody_else_in(bad: object) -> None:
    with pytest.raises(ValueError, match='write "0660"'):
        Api.model_validate({"mode": bad})


def test_zero_is_allowed_only_where_it_makes_sense() -> None:
    mirror(rules.Safety).model_validate({"grace": "0s"})
    mirror(rules.Budgets).model_validate({"power": 0})

    with pytest.raises(ValueError, match="longer than nothing"):
        mirror(rules.Intervals).model_validate({"tcp": timedelta()})
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        mirror(rules.Wire).model_validate({"look_tries": 0})


def test_only_kinds_without_an_executor_of_their_own_can_be_recorded() -> None:
    assert Integrations(recorded=("boot-state", "flag")).recorded == ("boot-state", "flag")
    with pytest.raises(ValidationError, match="cannot be recorded"):
        Integrations(recorded=("power-cycle",))
