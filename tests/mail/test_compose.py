"""One mail out of several rows: what it says, how it threads, and that it never changes."""

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parsedate_to_datetime
from typing import Any
from zoneinfo import ZoneInfo

from plcmon.mail.compose import compose, domain_of, message_id_of, thread_root, to_bytes
from plcmon.model.intents import Mail, OutboxRow
from tests.mail.rows import NOW, TECH, row

BERLIN = ZoneInfo("Europe/Berlin")


def composed(*rows: OutboxRow, **more: Any) -> Mail:
    told = rows or (row(),)
    values: dict[str, Any] = {
        "sender": "plcmon <plcmon@example.org>",
        "support": "support@example.org",
        "recipient": TECH,
        "site_name": "TU München",
        "message_id": message_id_of(told, "example.org"),
        "now": NOW,
    }
    return compose(told, **{**values, **more})


def parsed(mail: Mail) -> EmailMessage:
    return message_from_bytes(to_bytes(mail), policy=default)


def part(mail: Mail, subtype: str) -> str:
    body = parsed(mail).get_body((subtype,))
    assert body is not None
    return str(body.get_content())


def test_a_message_id_does_not_depend_on_the_order_of_rows() -> None:
    rows = [row(issue="I1"), row(issue="I2")]

    assert message_id_of(rows, "x.org") == message_id_of(rows[::-1], "x.org")


def test_another_repeat_has_another_message_id() -> None:
    assert message_id_of([row(repeat=1)], "x.org") != message_id_of([row(repeat=2)], "x.org")


def test_a_message_id_ends_in_our_domain() -> None:
    assert message_id_of([row()], "example.org").endswith("@example.org>")


def test_the_domain_of_a_sender_with_a_name() -> None:
    assert domain_of("plcmon <plcmon@example.org>") == "example.org"
    assert domain_of("root") == "localhost"


def test_headers_say_that_a_machine_wrote() -> None:
    message = parsed(composed())

    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Precedence"] == "bulk"
    assert message["List-Id"] == "<here.plcmon.example.org>"


def test_a_reply_goes_to_support() -> None:
    assert parsed(composed())["Reply-To"] == "support@example.org"


def test_support_without_an_address_is_no_reply_to() -> None:
    assert parsed(composed(support="phone 1234"))["Reply-To"] is None


def test_the_date_is_the_sites_own() -> None:
    date = parsed(composed(timezone=BERLIN))["Date"]

    assert parsedate_to_datetime(date) == NOW
    assert parsedate_to_datetime(date).utcoffset() == timedelta(hours=1)


def test_a_mail_refers_to_its_thread() -> None:
    root = thread_root("here", "example.org")
    message = parsed(composed(in_reply_to="<b@x>", references=[root, "<a@x>", "<b@x>"]))

    assert message["In-Reply-To"] == "<b@x>"
    assert message["References"].split() == [root, "<a@x>", "<b@x>"]


def test_a_long_thread_keeps_its_root_and_its_newest() -> None:
    thread = [f"<{number}@x>" for number in range(100)]

    kept = parsed(composed(references=thread))["References"].split()

    assert len(kept) == 20
    assert (kept[0], kept[1], kept[-1]) == ("<0@x>", "<81@x>", "<99@x>")


def test_the_subject_of_one_notice_says_it() -> None:
    assert composed().subject == "[plcmon] TU München: node-1.example.org is down"


def test_the_subject_of_several_counts_them() -> None:
    mail = composed(row(issue="I1", node="a"), row("online", issue="I2", node="b"))

    assert mail.subject == "[plcmon] TU München: 2 notices: a is down; b is back"


def test_the_subject_has_an_end() -> None:
    rows = [row(issue=f"I{number}", node=f"node-{number}.example.org") for number in range(40)]

    assert len(composed(*rows).subject) == 150


def test_a_name_from_outside_cannot_add_a_header() -> None:
    mail = composed(row(node="x\r\nBcc: all@example.org"), site_name="a\nBcc: b@example.org")

    message = parsed(mail)

    assert message["Bcc"] is None
    assert "Bcc: all@example.org is down" in message["Subject"]


def test_text_and_html_say_the_same() -> None:
    mail = composed(row(), row("pcu_error", issue="I2"))
    text, html = part(mail, "plain"), part(mail, "html")

    for said in ("node-1.example.org is down", "login refused", "a mail to the PI after 7 d"):
        assert said in text
        assert said in html


def test_html_escapes_what_came_from_outside() -> None:
    html = part(composed(row(seen="<script>alert(1)</script>")), "html")

    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_both_parts_say_how_to_answer_and_whom_to_ask() -> None:
    mail = composed()

    for text in (part(mail, "plain"), part(mail, "html")):
        assert "Reply to this mail" in text
        assert "support@example.org" in text


def test_the_time_of_writing_is_the_sites_own() -> None:
    assert "Written 2026-03-14 03:14 CET." in composed(timezone=BERLIN).body


def test_a_site_is_called_by_its_name() -> None:
    mail = composed(row("site_unreachable", site="here"))

    assert mail.subject == "[plcmon] TU München: nothing at TU München answers"


def test_the_same_trouble_twice_is_said_once_as_it_is_known_last() -> None:
    old = row(repeat=1, seen="one thing")
    new = row(repeat=2, at=NOW + timedelta(days=1), seen="another thing")

    body = composed(old, new).body

    assert "another thing" in body
    assert "one thing" not in body


def test_a_mail_knows_which_notices_it_holds() -> None:
    mail = composed(row(), row("online", issue="I2"), row(issue="I3"))

    assert mail.headers["X-Plcmon-Notices"] == "down online"


def test_the_same_mail_is_the_same_bytes() -> None:
    mail = composed()

    assert to_bytes(mail) == to_bytes(replace(mail, tried=3, detail="later"))


def test_the_same_rows_make_the_same_mail() -> None:
    assert composed(row(), row(issue="I2")) == composed(row(), row(issue="I2"))


def test_no_line_on_the_wire_is_too_long() -> None:
    rows = [row(issue=f"I{number}", seen="x" * 900) for number in range(5)]

    lines = to_bytes(composed(*rows, site_name="s" * 2000)).split(b"\r\n")

    assert max(map(len, lines)) <= 998
    assert all(b"\n" not in line for line in lines)
