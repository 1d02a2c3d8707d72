"""Composing: outbox rows in, one finished mail out. Pure; the same rows make the same mail."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from hashlib import sha256

from plcmon.mail.queue import NOTICES_HEADER
from plcmon.mail.templating import Section, Templates, shipped
from plcmon.mail.text import one_line
from plcmon.model.intents import Mail, OutboxRow
from plcmon.model.state import outbox_key

MOST_OF_A_SUBJECT = 150  # characters
MOST_REFERENCES = 20  # the root and the newest; a header has an end


def domain_of(address: str) -> str:
    """What stands after the @, for Message-IDs; `localhost` when there is nothing."""
    _, at, domain = parseaddr(address)[1].rpartition("@")
    return domain if at and domain else "localhost"


def message_id_of(rows: Iterable[OutboxRow], domain: str) -> str:
    """The Message-ID of the one mail that these rows are in, whatever their order."""
    keys = sorted("\x1f".join(map(str, outbox_key(row))) for row in rows)
    return f"<plcmon.{digest(*keys)}@{domain}>"


def thread_root(site: str, domain: str) -> str:
    """What all mails about one site refer to, so that they thread even over a forgotten one."""
    return f"<plcmon.site.{digest(site)}@{domain}>"


def digest(*parts: str) -> str:
    return sha256("\x1e".join(parts).encode()).hexdigest()[:32]


def compose(
    rows: Sequence[OutboxRow],
    *,
    sender: str,
    support: str,
    recipient: str,
    site_name: str,
    message_id: str,
    in_reply_to: str = "",
    references: Sequence[str] = (),
    now: datetime,
    timezone: tzinfo = UTC,
    templates: Templates | None = None,
) -> Mail:
    """One mail to one person about one site.

    Rows about the same trouble are said once, as the newest of them knows it. `references` is the
    thread so far, oldest first.
    """
    letters = templates or shipped()
    told = newest(rows)
    sections = [letters.section(row.notice, {"site": site_name, **named(row)}) for row in told]
    where = one_line(site_name)
    subject = subject_of(sections, where)
    words = {
        "site_name": where,
        "sections": sections,
        "subject": subject,
        "support": one_line(support or sender),
        "written": now.astimezone(timezone).strftime("%Y-%m-%d %H:%M %Z"),
    }
    return Mail(
        message_id=message_id,
        recipient=recipient,
        site=rows[0].site,
        subject=subject,
        body=letters.frame("mail.txt.j2", words).strip() + "\n",
        html=letters.frame("mail.html.j2", words).strip() + "\n",
        created_at=now,
        headers={
            "From": one_line(sender),
            "To": one_line(recipient),
            **({"Reply-To": one_line(support)} if "@" in support else {}),
            "Date": format_datetime(now.astimezone(timezone)),
            "Message-ID": message_id,
            **threading(in_reply_to, references),
            "Auto-Submitted": "auto-generated",
            "Precedence": "bulk",
            "List-Id": list_id(rows[0].site, sender),
            NOTICES_HEADER: " ".join(dict.fromkeys(one_line(row.notice) for row in told)),
        },
    )


def named(row: OutboxRow) -> dict[str, str]:
    """The row's facts; a site is called by its name, not by its key."""
    return {name: value for name, value in row.facts.items() if name != "site" and value}


def newest(rows: Sequence[OutboxRow]) -> list[OutboxRow]:
    """The last row for each notice of each issue, in the order of the first."""
    told: dict[tuple[str, str], OutboxRow] = {}
    for row in sorted(rows, key=lambda row: (row.created_at, row.repeat)):
        told[row.issue, row.notice] = row
    return list(told.values())


def subject_of(sections: Sequence[Section], site_name: str) -> str:
    titles = "; ".join(section.title for section in sections)
    count = f"{len(sections)} notices: " if len(sections) > 1 else ""
    return one_line(f"[plcmon] {site_name}: {count}{titles}", MOST_OF_A_SUBJECT)


def threading(in_reply_to: str, references: Sequence[str]) -> dict[str, str]:
    kept = [*references[:1], *references[1:][-(MOST_REFERENCES - 1) :]]
    headers = {"In-Reply-To": in_reply_to, "References": " ".join(kept)}
    return {name: value for name, value in headers.items() if value}


def list_id(site: str, sender: str) -> str:
    """RFC 2919: a label of letters, digits and hyphens below a domain of ours."""
    label = "".join(char if char.isascii() and char.isalnum() else "-" for char in site) or "fleet"
    return f"<{label}.plcmon.{domain_of(sender)}>"


def to_bytes(mail: Mail) -> bytes:
    """The mail as it goes over the wire: the same bytes each time, for the same mail."""
    message = EmailMessage(policy=SMTP)
    for name, value in mail.headers.items():
        message[name] = one_line(value, 900)  # under the 998 octets of RFC 5322, section 2.1.1
    message["Subject"] = one_line(mail.subject)
    message.set_content(mail.body)
    message.add_alternative(mail.html, subtype="html")
    message.set_boundary(f"=_{digest(mail.message_id)}")
    return message.as_bytes()
