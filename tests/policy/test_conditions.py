"""The words of a rung's `when`: yes, not_now or never."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from plcmon.model.beliefs import Finding
from plcmon.model.decisions import Tri
from plcmon.model.events import PcuTested
from plcmon.model.issues import Issue, IssueId, IssueType, Verdict
from plcmon.model.policy import CONDITIONS as WORDS
from plcmon.model.readings import Evidence, Observed
from plcmon.model.subjects import node_subject, pcu_subject
from plcmon.policy.conditions import CONDITIONS, answer, answer_one
from plcmon.policy.draft import Draft
from tests.policy.clerk import START, Clerk, make_inventory, node

N = node(0, 0)
SUBJECT = node_subject(N)
ISSUE = Issue(IssueId("01"), IssueType.NODE_DOWN, SUBJECT, START, START)
YES, NOT_NOW, NEVER = Tri.YES, Tri.NOT_NOW, Tri.NEVER


@pytest.fixture(scope="module")
def base() -> Clerk:
    return Clerk().begin()


def ask(clerk: Clerk, word: str, issue: Issue = ISSUE) -> Tri:
    return answer_one(Draft(clerk.state, clerk.policy, clerk.now), issue, word)


def test_every_word_of_the_policy_is_implemented() -> None:
    assert CONDITIONS.keys() == WORDS.keys()


SIGHTS = [
    ("silent", Observed.SILENT, Evidence.FRESH, YES),
    ("silent", Observed.WEDGED, Evidence.FRESH, NOT_NOW),
    ("silent", Observed.DEAF, Evidence.FRESH, NOT_NOW),
    ("silent", Observed.DEBUG, Evidence.FRESH, NEVER),
    ("silent", Observed.SILENT, Evidence.STALE, NOT_NOW),
    ("silent", Observed.SILENT, Evidence.SUSPECT, NOT_NOW),
    ("wedged", Observed.WEDGED, Evidence.FRESH, YES),
    ("deaf", Observed.DEAF, Evidence.FRESH, YES),
    ("silent or wedged", Observed.WEDGED, Evidence.FRESH, YES),
    ("silent or wedged", Observed.DEAF, Evidence.FRESH, NOT_NOW),
    ("silent or wedged", Observed.DEBUG, Evidence.FRESH, NEVER),
    ("not silent", Observed.SILENT, Evidence.FRESH, NEVER),
    ("not silent", Observed.DEAF, Evidence.FRESH, NOT_NOW),
    ("not silent", Observed.WEDGED, Evidence.FRESH, YES),
    ("not silent", Observed.WEDGED, Evidence.STALE, NOT_NOW),
    ("not debug", Observed.SILENT, Evidence.FRESH, YES),
    ("not debug", Observed.DEBUG, Evidence.FRESH, NEVER),
    ("not deaf", Observed.DEAF, Evidence.FRESH, NEVER),
    ("not deaf", Observed.SILENT, Evidence.FRESH, YES),
]


@pytest.mark.parametrize(("word", "state", "evidence", "said"), SIGHTS)
def test_what_is_seen(word: str, state: Observed, evidence: Evidence, said: Tri) -> None:
    clerk = Clerk().begin()
    clerk.observe(N, state)
    if evidence is not Evidence.FRESH:
        clerk.observe(N, state, evidence=evidence)

    assert ask(clerk, word) is said


@pytest.mark.parametrize("verdict", [None, *Verdict])
@pytest.mark.parametrize("word", ["not_rebooted", "rebooted_sick"])
def test_the_last_verdict(base: Clerk, word: str, verdict: Verdict | None) -> None:
    said = ask(base, word, replace(ISSUE, verdict=verdict))

    assert said is (YES if verdict is not None and verdict.value == word else NEVER)


@pytest.mark.parametrize("word", ["can_reinstall", "diagnosis_wants_reinstall"])
def test_what_nothing_implements_is_never(base: Clerk, word: str) -> None:
    assert ask(base, word) is NEVER


def refuse(clerk: Clerk) -> None:
    clerk.tell(pcu_subject("toml:p0"), PcuTested(Finding.LOGIN_REFUSED, "no"))


def leave_alone(clerk: Clerk) -> None:
    for _ in range(3):
        clerk.tell(pcu_subject("toml:p0"), PcuTested(Finding.TIMEOUT, "late", by_claim=True))


def be_busy(clerk: Clerk) -> None:
    clerk.tell(pcu_subject("toml:p0"), PcuTested(Finding.BUSY, "in use"))


@pytest.mark.parametrize("prepare", [refuse, leave_alone, be_busy])
def test_a_path_is_not_now_in_order(prepare: Callable[[Clerk], None]) -> None:
    clerk = Clerk().begin()
    assert ask(clerk, "power_path_ok") is YES

    prepare(clerk)

    assert ask(clerk, "power_path_ok") is NOT_NOW


def test_without_a_path_it_is_never() -> None:
    assert ask(Clerk(inventory=make_inventory(paths=False)).begin(), "power_path_ok") is NEVER


@pytest.mark.parametrize(
    ("word", "said"),
    [("has_contact tech", YES), ("has_contact pi", YES), ("has_contact user", NEVER)],
)
def test_contacts(base: Clerk, word: str, said: Tri) -> None:
    assert ask(base, word) is said


def test_min_up_is_missed_when_too_few_are_up() -> None:
    clerk = Clerk().begin()
    assert ask(clerk, "min_up_missed") is NEVER
    for number in (0, 1):
        clerk.observe(node(0, number), Observed.SILENT)

    assert ask(clerk, "min_up_missed") is YES


def test_the_worst_answer_counts_and_is_named(base: Clerk) -> None:
    view = Draft(base.state, base.policy, base.now)

    assert answer(view, ISSUE, ("power_path_ok", "not_rebooted")) == (NEVER, "not_rebooted")
    assert answer(view, ISSUE, ()) == (YES, "")
