"""What a verb did, in one sentence for whoever said it."""

from datetime import timedelta

import pytest

from plcmon.model.subjects import Subject, fleet_subject, node_subject, pcu_subject, site_subject
from plcmon.operations.answers import Deed, answer_text
from plcmon.operations.desk import VERBS
from plcmon.operations.moment import Moment
from tests.fakes.book import (
    CYCLE,
    DOWN,
    NOW,
    asking_issue,
    held_want,
    running_cycle,
    small_book,
)

BETA = node_subject("toml:2")
UNTIL = (NOW + timedelta(hours=4)).isoformat()
TOLD_ELSEWHERE = {"scan", "inventory-accept", "power-status", "pcu-test", "pcu-status"}


def told(verb: str, subject: Subject, **words: str) -> str:
    book = small_book()
    book.wants = {DOWN: held_want()}
    book.put_issue(asking_issue())
    intent = running_cycle()
    book.state.intents[intent.id] = intent
    return answer_text(verb, Deed.of(Moment.of(book, NOW), subject, words), "what the engine said")


@pytest.mark.parametrize(
    ("verb", "subject", "words", "sentence"),
    [
        ("reject", BETA, {"issue": DOWN}, "cycle of node_down of beta.example.org is passed over"),
        (
            "pause",
            BETA,
            {"issue": DOWN, "until": UNTIL},
            "node_down of beta.example.org stands still until 18:00 UTC, in 4h",
        ),
        ("resume", BETA, {"issue": DOWN}, "node_down of beta.example.org climbs again"),
        (
            "close",
            BETA,
            {"issue": DOWN},
            "node_down of beta.example.org is closed; what is still wrong may open it again later",
        ),
        (
            "cancel",
            BETA,
            {"intent": CYCLE},
            "power-cycle of beta.example.org is cancelled; nothing was sent",
        ),
        (
            "settle",
            BETA,
            {"intent": CYCLE, "outcome": "fixed"},
            "power-cycle of beta.example.org is settled: fixed",
        ),
        (
            "maintenance",
            site_subject("north"),
            {"until": UNTIL},
            "nothing is done to north and everything in it until 18:00 UTC, in 4h",
        ),
        (
            "freeze",
            fleet_subject(),
            {"scope": "all"},
            "all is frozen: no new action there before `unfreeze all`",
        ),
        ("unfreeze", fleet_subject(), {"scope": "kind/power"}, "kind/power is no longer frozen"),
        (
            "re-arm",
            pcu_subject("toml:apc1"),
            {},
            "apc1 may be used again; nothing is held against it",
        ),
        (
            "re-arm",
            site_subject("north"),
            {},
            "the next pathfinder of north goes as soon as its gates pass",
        ),
        (
            "re-arm",
            BETA,
            {"issue": DOWN},
            "node_down of beta.example.org may take its passed-over rungs again",
        ),
        (
            "re-arm",
            fleet_subject(),
            {"scope": "kind/power"},
            "kind/power goes on; what its last actions came to is forgotten",
        ),
        (
            "approve",
            BETA,
            {"intent": CYCLE},
            "power-cycle of beta.example.org is approved and goes on",
        ),
        (
            "hostkey-accept",
            BETA,
            {},
            "the host key that beta.example.org showed last is pinned; the next login proves it",
        ),
        (
            "hostkey-accept",
            site_subject("north"),
            {},
            "the host key that nodes of north showed last is pinned; the next login proves it",
        ),
        ("power-cycle", BETA, {}, "power-cycle of beta.example.org is planned"),
        (
            "power-off",
            BETA,
            {"until": UNTIL},
            "power-off of beta.example.org is planned; maintenance until 18:00 UTC, in 4h",
        ),
    ],
)
def test_a_verb_says_what_it_did(
    verb: str, subject: Subject, words: dict[str, str], sentence: str
) -> None:
    assert told(verb, subject, **words) == sentence


def test_an_approval_names_the_rung_that_was_asked_for() -> None:
    issue = asking_issue()

    sentence = told("approve", issue.subject, issue=issue.id)

    assert sentence.startswith("cycle of ")
    assert sentence.endswith(" is approved and runs when its gates pass")


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb not in TOLD_ELSEWHERE])
def test_every_verb_that_the_engine_carries_out_has_its_sentence(verb: str) -> None:
    words = {"issue": DOWN, "intent": CYCLE, "until": UNTIL, "outcome": "fixed", "scope": "all"}

    assert told(verb, BETA, **words) != "what the engine said"


def test_what_has_no_sentence_is_told_in_the_engines_words() -> None:
    assert told("inventory-accept", fleet_subject()) == "what the engine said"
