"""The relay keeps what it takes, exactly, and refuses as it was told."""

import asyncio
import json
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import pytest

from plcmon.sim.fleet import Fleet
from plcmon.sim.kit import MAIL
from plcmon.sim.mail import LINES
from plcmon.sim.port import Answers


def a_mail(subject: str = "n01 is down", number: int = 1) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"] = "plcmon@example.org", "tech@uw.example.org"
    mail["Subject"], mail["Message-ID"] = subject, f"<{number}@plcmon>"
    mail.set_content("The node does not answer.\n.\nA dot on a line of its own.\n")
    return mail


async def send(fleet: Fleet, mail: EmailMessage, to: list[str] | None = None) -> None:
    relay = fleet.layout.mail
    await aiosmtplib.send(
        mail, recipients=to, hostname=relay.host, port=relay.port, start_tls=False, timeout=5
    )


async def test_a_mail_is_kept_as_it_arrived(fleet: Fleet) -> None:
    mail = a_mail()

    await send(fleet, mail)

    kept = await asyncio.to_thread((fleet.folder / MAIL / "0001.eml").read_bytes)
    assert kept == mail.as_bytes().replace(b"\n", b"\r\n")


async def test_what_is_known_of_it_is_told(fleet: Fleet) -> None:
    await send(fleet, a_mail("Größe"), ["tech@uw.example.org", "pi@uw.example.org"])

    (mail,) = fleet.mail.mails
    assert mail.file == "0001.eml"
    assert mail.sender == "plcmon@example.org"
    assert mail.recipients == ("tech@uw.example.org", "pi@uw.example.org")
    assert mail.subject == "Größe"
    assert mail.message_id == "<1@plcmon>"


async def test_mails_are_numbered_in_order(fleet: Fleet) -> None:
    for number in range(1, 4):
        await send(fleet, a_mail(number=number))

    assert [mail.file for mail in fleet.mail.mails] == ["0001.eml", "0002.eml", "0003.eml"]


async def test_mails_that_come_together_are_all_kept(fleet: Fleet) -> None:
    async with asyncio.TaskGroup() as group:
        for number in range(10):
            group.create_task(send(fleet, a_mail(number=number)))

    assert len({mail.file for mail in fleet.mail.mails}) == 10
    text = await asyncio.to_thread((fleet.folder / MAIL / LINES).read_text, "utf-8")
    assert len({json.loads(line)["message_id"] for line in text.splitlines()}) == 10


async def test_a_relay_that_is_down_resets(fleet: Fleet) -> None:
    fleet.mail.answer(Answers.CLOSED)

    with pytest.raises(aiosmtplib.SMTPConnectError):
        await send(fleet, a_mail())
    assert not fleet.mail.mails


async def test_a_temporary_failure_is_said_after_the_data(fleet: Fleet) -> None:
    fleet.mail.answer(Answers.OPEN, "451")

    with pytest.raises(aiosmtplib.SMTPDataError) as caught:
        await send(fleet, a_mail())
    assert caught.value.code == 451
    assert not fleet.mail.mails


async def test_an_unknown_recipient_is_refused(fleet: Fleet) -> None:
    fleet.mail.answer(Answers.OPEN, "550")

    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as caught:
        await send(fleet, a_mail())
    assert {refusal.code for refusal in caught.value.recipients} == {550}
    assert not fleet.mail.mails


async def test_a_healed_relay_takes_mail_again(fleet: Fleet) -> None:
    fleet.mail.answer(Answers.CLOSED)
    fleet.mail.answer(Answers.OPEN, "451")
    fleet.mail.answer(Answers.OPEN)

    await send(fleet, a_mail())

    assert len(fleet.mail.mails) == 1


async def test_a_relay_that_starts_again_goes_on_counting(fleet: Fleet, tmp_path: Path) -> None:
    await send(fleet, a_mail())
    await fleet.__aexit__(None, None, None)

    async with Fleet(fleet.layout, tmp_path) as again:
        await send(again, a_mail(number=2))

        assert [mail.file for mail in again.mail.mails] == ["0002.eml"]
