"""Each notice in one mail; no penalty that nobody claims, unannounced, or after its cause."""

import pytest

from plcmon.auditor import Limits
from tests.auditor.pen import DAY, HOUR, MINUTE, Pen, broken
from tests.auditor.test_world import World

ROW = "A 1 down tell"


@pytest.fixture
def pen() -> Pen:
    """One notice in one mail, which the relay takes."""
    pen = Pen()
    pen.open()
    pen.wait(DAY)
    pen.rung(name="tell", order=30, effects="notify down tech")
    pen.notice()
    pen.mail(ROW)
    pen.notice(state="claimed")
    pen.notice(state="sent")
    pen.wait(MINUTE)
    pen.taken()
    pen.notice(state="confirmed")
    return pen


def test_a_mail_is_silent(pen: Pen) -> None:
    assert broken(pen) == set()


# 15


def test_a_notice_in_two_mails_breaks_15(pen: Pen) -> None:
    pen.wait(2 * DAY)
    pen.mail(ROW, message="<2@x>")

    assert broken(pen) == {15}


def test_another_recipient_is_another_notice(pen: Pen) -> None:
    pen.mail(ROW, message="<2@x>", to="pi@s1")

    assert broken(pen) == set()


def test_a_repeat_is_another_notice(pen: Pen) -> None:
    pen.wait(2 * DAY)
    pen.mail("A 2 down tell", message="<2@x>")

    assert broken(pen) == set()


def test_a_message_that_is_fixed_twice_breaks_15(pen: Pen) -> None:
    pen.change("mail fixed", at=pen.rows[0].at)
    pen.insert(
        "mail accepted", "mail fixed", "site/s1", message="<1@x>", to="x", row_1="B 1 down t"
    )

    assert broken(pen) == {15}


def test_a_mail_that_says_not_what_is_in_it_breaks_15(pen: Pen) -> None:
    pen.change("mail fixed", gates={"row 1": "A 1"})

    assert 15 in broken(pen)


def test_an_answer_to_no_mail_breaks_15(pen: Pen) -> None:
    pen.drop("mail fixed")

    assert broken(pen) == {15}


# 4


def test_a_second_mail_about_one_site_within_a_day_breaks_4(pen: Pen) -> None:
    pen.wait(HOUR)
    pen.mail("A 1 pcu_failed proof", message="<2@x>")

    assert broken(pen) == {4}


def test_good_news_waits_for_nobody(pen: Pen) -> None:
    pen.wait(HOUR)
    pen.mail("A 1 online closed", message="<2@x>")

    assert broken(pen) == set()


def test_what_the_relay_refused_does_not_count(pen: Pen) -> None:
    pen.change("mail accepted", verb="mail refused")
    pen.wait(HOUR)
    pen.mail("A 1 pcu_failed proof", message="<2@x>")

    assert broken(pen) == set()


# 14


def penalty(pen: Pen, state: str, level: str, intent: str = "P", **more: str) -> None:
    facts = {"site": "s1", "argument": level} if state == "planned" else {"site": "s1"}
    pen.write(f"penalty {state}", "site/s1", intent=intent, **facts, **more)


@pytest.fixture
def punished(pen: Pen) -> Pen:
    """A month after the notice the claim becomes level 1; then the cause is gone."""
    pen.wait(30 * DAY)
    pen.rung(name="tell_pi", order=40, effects="penalty 1")
    pen.write("penalty 1", "node/n1", issue="A")
    for state in ("planned", "claimed", "sent", "confirmed"):
        penalty(pen, state, "1")
    pen.wait(DAY)
    pen.close()
    for state in ("planned", "claimed", "sent", "confirmed"):
        penalty(pen, state, "0", "Q")
    return pen


def test_a_penalty_that_comes_and_goes_is_silent(punished: Pen) -> None:
    assert broken(punished) == set()


def test_a_penalty_that_nobody_claims_breaks_14(punished: Pen) -> None:
    punished.drop("penalty 1")

    assert broken(punished) == {14}


def test_a_level_above_the_claim_breaks_14(punished: Pen) -> None:
    punished.change("penalty planned", gates={"argument": "2"})

    assert broken(punished) == {14}


def test_a_penalty_without_a_notice_breaks_14(punished: Pen) -> None:
    punished.change("mail accepted", verb="mail refused")

    assert broken(punished) == {14}


def test_a_penalty_too_soon_after_the_notice_breaks_14(punished: Pen) -> None:
    place = punished.find("mail accepted")
    row = punished.rows.pop(place)
    punished.rows.insert(punished.find("rung taken", 1), row)
    punished.change("mail accepted", at=punished.rows[punished.find("rung taken", 1)].at)

    assert broken(punished) == {14}


def test_a_penalty_that_outlives_its_cause_breaks_14(punished: Pen) -> None:
    for state in ("planned", "claimed", "sent", "confirmed"):
        punished.rows.pop(punished.find(f"penalty {state}", 1))

    assert broken(punished) == {14}


def test_lifting_passes_every_stop(punished: Pen) -> None:
    punished.insert("issue closed", "freeze", "fleet/all", actor="ops", scope="all")
    punished.insert("issue closed", "fleet guard closed", "fleet/all")

    assert broken(punished) == set()


def test_raising_passes_none(punished: Pen) -> None:
    punished.insert("penalty planned", "fleet guard closed", "fleet/all")

    assert broken(punished) == {8}


def test_a_level_outlives_one_of_the_issues_that_claim_it(punished: Pen) -> None:
    """It belongs to the site: the issue that it was raised for need not be the last."""
    punished.change("penalty planned", issue="A", gates={"rung": "penalty 1"})
    other = {"type": "node_login", "site": "s1", "claim": "1"}
    punished.insert("penalty planned", "issue opened", "node/n2", issue="B", **other)
    place = punished.find("issue closed")
    punished.rows.insert(punished.find("penalty claimed"), punished.rows.pop(place))
    punished.change("issue closed", at=punished.rows[punished.find("penalty claimed")].at)
    for state in ("planned", "claimed", "sent", "confirmed"):
        punished.rows.pop(punished.find(f"penalty {state}", 1))

    assert 12 not in broken(punished)


def test_an_heir_takes_over_claim_and_notice(punished: Pen) -> None:
    heir = {"type": "node_login", "site": "s1"}
    punished.insert("penalty planned", "issue opened", "node/n1", issue="B", **heir)
    facts = {"heir of": "A"}
    punished.insert("penalty planned", "penalty 1", "node/n1", issue="B", **facts)
    punished.insert(
        "penalty planned", "issue closed", "node/n1", issue="A", site="s1", cause="superseded"
    )
    del punished.rows[punished.find("issue closed", 1)]
    punished.write("issue closed", "node/n1", issue="B", site="s1", cause="healthy")
    closing = punished.rows.pop()
    punished.rows.insert(punished.find("penalty planned", 1), closing)

    assert broken(punished) == set()


def test_a_stranger_inherits_no_notice(punished: Pen) -> None:
    punished.insert("penalty planned", "issue opened", "node/n2", issue="B", type="node_login",
                    site="s1")  # fmt: skip
    punished.insert("penalty planned", "penalty 1", "node/n2", issue="B", **{"heir of": "A"})
    punished.change("penalty 1", 0, verb="flag")

    assert broken(punished) == {14}


def test_a_penalty_before_the_site_was_known_for_a_month_breaks_14(punished: Pen) -> None:
    assert broken(punished, limits=Limits(new_site=60 * DAY)) == {14}


def test_a_penalty_while_enough_nodes_serve_breaks_14(punished: Pen) -> None:
    assert broken(punished, truth=World(enough=True)) == {14}
    assert broken(punished, truth=World()) == set()


def test_a_digest_is_written_once_for_each_day() -> None:
    pen = Pen()
    digest(pen, 700000)
    digest(pen, 700001)
    assert broken(pen) == set()

    digest(pen, 700001)

    assert broken(pen) == {15}


def digest(pen: Pen, day: int) -> None:
    message = f"<{len(pen.rows)}@x>"
    facts = {"message": message, "to": "noc", "row_1": f"digest {day} digest digest"}
    pen.write("mail fixed", "fleet/all", **facts)
    pen.wait(HOUR)
