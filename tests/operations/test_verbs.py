"""Verbs: who may, about what, with which words."""

import pytest

from plcmon.errors import (
    DeclinedError,
    ForbiddenError,
    MistypedError,
    NotFoundError,
    PlcmonError,
    UnreachableError,
)
from plcmon.model.beliefs import Finding
from plcmon.model.events import ENGINE, Actor
from plcmon.model.subjects import fleet_subject, node_subject, pcu_subject, site_subject
from plcmon.operations.desk import ROLES, VERBS
from plcmon.operations.verbs import allow
from tests.fakes.book import CYCLE, DOWN, House, asking_issue, running_cycle

ADMIN = Actor("root", "admin", "socket")
SUBJECTS = {
    "": "",
    "node": "beta",
    "pcu": "apc1",
    "issue": DOWN,
    "intent": CYCLE,
    "scope": "all",
    "subject": "north",
}


def house() -> House:
    found = House()
    intent = running_cycle()
    found.book.state.intents[intent.id] = intent
    return found


@pytest.mark.parametrize("verb", VERBS)
async def test_every_verb_there_is_can_be_said(verb: str) -> None:
    spec = VERBS[verb]
    arguments = dict.fromkeys(spec.arguments, "3h")

    answer = (
        await house()
        .desk(ADMIN)
        .do(verb, SUBJECTS[spec.subject], reason="because", arguments=arguments)
    )

    assert answer.ok
    assert answer.text


@pytest.mark.parametrize("verb", [v for v in VERBS if VERBS[v].reason])
async def test_a_verb_that_wants_a_reason_is_declined_without(verb: str) -> None:
    with pytest.raises(DeclinedError, match="it needs a reason"):
        await house().desk(ADMIN).do(verb, SUBJECTS[VERBS[verb].subject], reason=" \t")


@pytest.mark.parametrize("verb", [v for v in VERBS if VERBS[v].subject and v != "freeze"])
async def test_an_empty_subject_is_never_everything(verb: str) -> None:
    with pytest.raises(DeclinedError, match="empty is never everything"):
        await house().desk(ADMIN).do(verb, " ", reason="because")


async def test_freezing_nothing_in_particular_freezes_all() -> None:
    place = house()

    await place.desk().do("freeze")

    assert place.ear.heard[0][1].arguments == {"scope": "all"}


@pytest.mark.parametrize("role", ["", "site", "engine", "king", *ROLES])
@pytest.mark.parametrize("needed", ROLES)
def test_a_role_may_do_what_those_before_it_may(role: str, needed: str) -> None:
    spec = next((s for s in VERBS.values() if s.role == needed), None)
    if spec is None:
        return
    if role in ROLES and ROLES.index(role) >= ROLES.index(needed):
        allow(Actor("x", role), spec)
    else:
        with pytest.raises(ForbiddenError):
            allow(Actor("x", role), spec)


def test_the_engine_says_nothing_by_this_door() -> None:
    with pytest.raises(ForbiddenError):
        allow(ENGINE, VERBS["power-cycle"])


@pytest.mark.parametrize(
    ("verb", "text", "subject", "found"),
    [
        ("approve", DOWN, node_subject("toml:2"), {"issue": DOWN}),
        ("approve", "beta", node_subject("toml:2"), {"issue": DOWN}),
        ("cancel", CYCLE, node_subject("toml:2"), {"intent": CYCLE}),
        ("maintenance-end", "north", site_subject("north"), {}),
        ("maintenance-end", "apc1", pcu_subject("toml:apc1"), {}),
        ("hostkey-accept", "beta", node_subject("toml:2"), {}),
        ("hostkey-accept", "north", site_subject("north"), {}),
        ("re-arm", "apc1", pcu_subject("toml:apc1"), {}),
        ("re-arm", "north", site_subject("north"), {}),
        ("re-arm", DOWN, node_subject("toml:2"), {"issue": DOWN}),
        ("re-arm", "kind/power", fleet_subject(), {"scope": "kind/power"}),
        ("re-arm", "family/apc", fleet_subject(), {"scope": "family/apc"}),
        ("approve", CYCLE, node_subject("toml:2"), {"intent": CYCLE}),
        ("baseline-accept", "", fleet_subject(), {}),
        ("freeze", "beta", node_subject("toml:2"), {"scope": "node/toml:2"}),
        ("freeze", "kind/notify", fleet_subject(), {"scope": "kind/notify"}),
        ("inventory-accept", "", fleet_subject(), {}),
    ],
)
async def test_the_engine_hears_the_subject_and_what_else_it_must_know(
    verb: str, text: str, subject: object, found: dict[str, str]
) -> None:
    place = house()

    await place.desk(ADMIN).do(verb, text, reason="because")

    heard, said = place.ear.heard[-1]
    assert (heard, said.arguments) == (subject, found)


@pytest.mark.parametrize(
    ("verb", "text"),
    [
        ("approve", "01HQXNOTHERE"),
        ("approve", "alpha"),
        ("cancel", "beta"),
        ("power-cycle", "apc1"),
        ("pcu-test", "beta"),
        ("freeze", "family/none"),
        ("freeze", "kind/dance"),
        ("re-arm", "kind/dance"),
        ("freeze", "nowhere"),
        ("maintenance", "all"),
    ],
)
async def test_a_verb_about_nothing_that_fits_is_not_found(verb: str, text: str) -> None:
    place = house()

    with pytest.raises(NotFoundError):
        await place.desk(ADMIN).do(verb, text, reason="because")
    assert place.ear.heard == []


async def test_a_node_with_several_issues_must_be_asked_by_id() -> None:
    place = house()
    other = asking_issue()
    place.book.state.issues[other.id] = other
    place.book.state.open_by_subject[node_subject("toml:2")]["x"] = other.id  # type: ignore[index] # any second type

    with pytest.raises(NotFoundError, match="it has several issues"):
        await place.desk().do("approve", "beta")


@pytest.mark.parametrize("until", ["soon", "2020-01-01", "-3h"])
async def test_an_end_that_makes_no_sense_is_declined(until: str) -> None:
    with pytest.raises(DeclinedError):
        await house().desk().do("maintenance", "beta", reason="x", arguments={"until": until})


async def test_words_are_cleaned_before_they_are_written_down() -> None:
    place = house()

    await place.desk().do(
        "settle",
        CYCLE,
        reason="\x1b[31mred\x00",
        arguments={"outcome": "con\x07firmed" + "x" * 999},
    )

    verb = place.ear.heard[0][1]
    assert verb.reason == "[31mred"
    assert len(verb.arguments["outcome"]) == 200
    assert verb.arguments["outcome"].isprintable()


async def test_a_pcu_test_that_found_trouble_is_an_answer_not_an_error() -> None:
    place = house()
    place.hands.finding = Finding.LOGIN_REFUSED

    answer = await place.desk().do("pcu-test", "apc1")

    assert not answer.ok
    assert answer.text == "apc1: login refused after 0.4 s"


async def test_a_pcu_without_known_outlets_has_nothing_to_read() -> None:
    with pytest.raises(DeclinedError, match="knows no outlet"):
        await house().desk().do("pcu-status", "ilo1")


async def test_pcu_status_reads_every_known_outlet() -> None:
    answer = await house().desk().do("pcu-status", "apc1")

    assert answer.lines == (
        "apc1 outlet 1 reads on (alpha.example.org)",
        "apc1 outlet 2 reads on (beta.example.org)",
    )


async def test_the_only_pcu_that_fails_is_the_error() -> None:
    place = house()
    place.hands.fails = UnreachableError("apc1", "connecting", "no route")

    with pytest.raises(UnreachableError):
        await place.desk().do("power-status", "beta")


async def test_every_refusal_is_one_of_ours() -> None:
    for verb in (*VERBS, "nonsense"):
        with pytest.raises(PlcmonError):
            await house().desk(ADMIN).do(verb, "no such thing \x00", arguments={"zz": object()})


@pytest.mark.parametrize(
    ("verb", "text"),
    [("scan", "beta"), ("pcu-test", "apc1"), ("pcu-status", "apc1"), ("power-status", "beta")],
)
async def test_a_harmless_question_is_heard_too_so_that_the_journal_has_its_asker(
    verb: str, text: str
) -> None:
    place = house()

    await place.desk().do(verb, text)

    ((_, said),) = place.ear.heard
    assert said.verb == verb


async def test_maintenance_may_be_said_of_a_label() -> None:
    place = house()

    answer = await place.desk().do(
        "maintenance", "label/rack=r7", reason="because", arguments={"until": "3h"}
    )

    assert answer.subject == "fleet/label/rack=r7"
    assert place.ear.heard[0][0] == fleet_subject("label/rack=r7")


async def test_a_selection_that_means_nobody_is_an_error() -> None:
    with pytest.raises(NotFoundError, match="the selection is empty"):
        await (
            house()
            .desk()
            .do("maintenance", "label/rack=r9", reason="because", arguments={"until": "3h"})
        )


async def test_a_count_that_was_typed_must_be_right() -> None:
    with pytest.raises(DeclinedError, match="type --count 1"):
        await (
            house()
            .desk()
            .do(
                "maintenance",
                "label/rack",
                reason="because",
                arguments={"until": "3h", "count": "2"},
            )
        )


async def test_a_weekly_window_that_ends_before_it_starts_is_mistyped() -> None:
    with pytest.raises(MistypedError, match="ends before it starts"):
        await (
            house()
            .desk()
            .do(
                "maintenance",
                "north",
                reason="because",
                arguments={"weekly": "Sat 06:00-02:00"},
            )
        )
