"""The mail relay of the virtual world: takes every mail, keeps it as a file, or refuses."""

import asyncio
import json
import socket
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default as modern
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession

from plcmon.model.subjects import Endpoint
from plcmon.sim.crew import Crew
from plcmon.sim.port import Answers, Port

LINES = "envelopes.jsonl"
REFUSALS = {  # fault -> answer
    "451": "451 4.3.0 Temporary failure, please try again later",
    "550": "550 5.1.1 No such mailbox here",
}


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as it arrived."""

    file: str
    at: str  # ISO 8601
    sender: str
    recipients: tuple[str, ...]
    subject: str
    message_id: str


class MailRelay:
    """An SMTP server that keeps what it takes in `folder`, numbered in order of arrival."""

    def __init__(
        self, endpoint: Endpoint, folder: Path, *, crew: Crew, changed: Callable[[], None]
    ) -> None:
        self.refusal = ""  # a key of REFUSALS
        self.mails: list[Mail] = []
        self._folder = folder
        self._crew = crew
        self._changed = changed
        self._port = Port(endpoint.host, endpoint.port, self._serve)
        self._links: set[asyncio.BaseTransport] = set()
        self._number = 0

    async def open(self) -> None:
        """Begin to take mail; numbers go on from what lies in the folder."""
        self._number = await asyncio.to_thread(lambda: len(list(self._folder.glob("*.eml"))))
        self._port.become(Answers.OPEN)

    def close(self) -> None:
        self._port.close()
        for link in self._links:
            link.close()

    def answer(self, answers: Answers, refusal: str = "") -> None:
        """Fail so from now on."""
        self._port.become(answers)
        self.refusal = refusal

    def _serve(self, connection: socket.socket) -> None:
        self._crew.send(self._greet(connection), "smtp")

    async def _greet(self, connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        self._links = {link for link in self._links if not link.is_closing()}
        link, _ = await loop.connect_accepted_socket(self._protocol, connection)
        self._links.add(link)

    def _protocol(self) -> SMTP:
        # Without a host name the library would ask the resolver, and block on it.
        return SMTP(self, hostname="relay.example.org", ident="virtual relay", timeout=60)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,
        session: SmtpSession,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        if self.refusal == "550":
            return REFUSALS["550"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: SmtpSession, envelope: Envelope
    ) -> str:
        if self.refusal == "451":
            return REFUSALS["451"]
        self._number += 1
        mail = await asyncio.to_thread(self._keep, envelope, f"{self._number:04}.eml")
        self.mails.append(mail)
        self._changed()
        return f"250 2.0.0 Ok: queued as {mail.file}"

    def _keep(self, envelope: Envelope, file: str) -> Mail:
        content = envelope.original_content or b""
        read = message_from_bytes(content, policy=modern)
        mail = Mail(
            file=file,
            at=datetime.now(UTC).isoformat(),
            sender=envelope.mail_from or "",
            recipients=tuple(envelope.rcpt_tos),
            subject=str(read["subject"] or ""),
            message_id=str(read["message-id"] or ""),
        )
        (self._folder / mail.file).write_bytes(content)
        with (self._folder / LINES).open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(asdict(mail)) + "\n")
        return mail
