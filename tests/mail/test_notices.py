"""The table of notices is complete and of one piece."""

from plcmon.mail.notices import FACTS, NOTICES, is_recovery
from plcmon.model.policy import NOTICES as WORDS


def test_every_notice_is_a_word_of_the_ladders() -> None:
    assert NOTICES.keys() <= set(WORDS)


def test_a_notice_names_only_facts_that_are_explained() -> None:
    named = {fact for notice in NOTICES.values() for fact in (*notice.needs, *notice.may)}

    assert named == FACTS.keys()


def test_no_fact_is_both_needed_and_optional() -> None:
    assert not [n.name for n in NOTICES.values() if set(n.needs) & set(n.may)]


def test_only_good_news_is_recovery() -> None:
    assert {name for name in NOTICES if is_recovery(name)} == {"online", "penalty_cleared"}


def test_an_unknown_notice_is_no_recovery() -> None:
    assert not is_recovery("never heard of")
