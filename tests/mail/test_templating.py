"""The shipped templates say what they must; an operator's own are checked before they are used."""

from pathlib import Path

import pytest

from plcmon.errors import ConfigError
from plcmon.mail.notices import NOTICES
from plcmon.mail.templating import SHIPPED, Section, Templates, shipped, wrapped
from tests.mail.rows import FACTS


def text_of(section: Section) -> str:
    return "\n".join([section.title, *(part.text for part in section.parts)])


@pytest.mark.parametrize("name", NOTICES)
def test_a_notice_shows_every_fact_it_needs(name: str) -> None:
    values = {fact: f"value of {fact}" for fact in FACTS}

    text = text_of(shipped().section(name, values))

    assert not [fact for fact in NOTICES[name].needs if name != "test" and values[fact] not in text]


@pytest.mark.parametrize("name", NOTICES)
def test_a_notice_has_all_four_parts(name: str) -> None:
    labels = [part.label for part in shipped().section(name, FACTS).parts]

    assert labels == [
        "What was seen",
        "What plcmon has tried",
        "What we ask of you",
        "What happens next",
    ]


@pytest.mark.parametrize("name", NOTICES)
def test_a_notice_is_still_prose_without_its_optional_facts(name: str) -> None:
    facts = {fact: FACTS[fact] for fact in NOTICES[name].needs}

    text = text_of(shipped().section(name, facts))

    assert not [bad for bad in ("()", ": .", " .", "None", "{{") if bad in text]


def test_a_title_is_one_line() -> None:
    section = shipped().section("down", {**FACTS, "node": "evil\nBcc: x\x1b[31m"})

    assert section.title == "evil Bcc: x is down"


def test_what_was_tried_is_a_list() -> None:
    section = shipped().section("down", {**FACTS, "tried": "first; second"})

    assert section.parts[1].text == "- first\n- second"


def test_verdicts_are_said_in_plain_words() -> None:
    section = shipped().section("down", {**FACTS, "tried": "power-cycle of a: not_rebooted (ok)"})

    assert section.parts[1].text == "- power cycle of a: the node did not reboot (ok)"


def test_evidence_that_only_repeats_is_left_out() -> None:
    section = shipped().section("down", {**FACTS, "evidence": FACTS["seen"]})

    assert "Evidence" not in text_of(section)


def test_facts_are_no_templates() -> None:
    section = shipped().section("down", {**FACTS, "seen": "{{ 7 * 7 }} {% raw %}"})

    assert "{{ 7 * 7 }}" in text_of(section)


def test_back_by_our_power_cycle_says_so() -> None:
    assert "power cycle by plcmon" in text_of(
        shipped().section("online", {**FACTS, "tried": "fixed"})
    )


def test_back_by_itself_claims_nothing() -> None:
    text = text_of(shipped().section("online", {**FACTS, "tried": ""}))

    assert "without plcmon's doing" in text


def test_a_notice_without_a_template_still_says_what_is_known() -> None:
    text = text_of(shipped().section("firewalled", FACTS))

    assert FACTS["seen"] in text


def test_an_operators_template_stands_before_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "down.j2").write_text("{% block subject %}Achtung: {{ node }}{% endblock %}")

    section = Templates(tmp_path).section("down", FACTS)

    assert section.title == "Achtung: node-1.example.org"
    assert section.parts[0].text.startswith("Since 2026-03-12"), "other blocks are the common ones"


def test_mistakes_in_templates_are_all_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "down.j2").write_text("{% block subject %}{{ nod }}{% endblock %}")
    (tmp_path / "login.j2").write_text("\n{% block subject %}{{ node }")
    (tmp_path / "mail.txt.j2").write_text("{{ recipient }}")

    with pytest.raises(ConfigError) as caught:
        Templates(tmp_path)

    problems = caught.value.problems
    assert len(problems) == 3
    assert problems[0].startswith("down.j2: unknown word nod; known are duration, evidence,")
    assert problems[1].startswith("login.j2:2: ")
    assert problems[2].startswith("mail.txt.j2: unknown word recipient")


def test_a_template_that_fails_when_it_is_filled_in_is_found_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "down.j2").write_text("{% block seen %}{{ since.year() }}{% endblock %}")

    with pytest.raises(ConfigError, match=r"down\.j2: UndefinedError: .* no attribute 'year'"):
        Templates(tmp_path)


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere: is not a directory"):
        Templates(tmp_path / "nowhere")


def test_every_notice_ships_a_template() -> None:
    assert not [name for name in NOTICES if not (SHIPPED / f"{name}.j2").is_file()]


def test_wrapping_hangs_list_items() -> None:
    lines = wrapped("- " + "word " * 30).splitlines()

    assert all(len(line) <= 76 for line in lines)
    assert lines[1].startswith("  word")


def test_a_letter_says_nothing_twice_and_no_time_of_nothing() -> None:
    facts = {"pcu": "pdu-1", "outlet": "3", "since": "02:03 UTC", "duration": "0 s", "seen": "dark"}
    tried = {**facts, "tried": "02:03 UTC power-cycle of n41: not_rebooted"}

    section = shipped().section("pcu_failed", tried)

    said = "\n".join(f"{part.label}: {part.text}" for part in section.parts)
    assert said.count("What was seen") == 1
    assert "In trouble since 02:03 UTC.\nIn full: dark." in said
    assert "power cycle of n41: the node did not reboot" in said
