"""A relay on loopback that takes mail or not, and an engine's door that folds what comes in."""

import asyncio
import warnings
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from plcmon.model.events import Body, Event
from plcmon.model.intents import Intent
from plcmon.model.policy import Policy
from plcmon.model.readings import Reading
from plcmon.model.state import State
from plcmon.model.subjects import Subject
from plcmon.policy.fold import fold

HOST = "127.0.0.1"


class Sink:
    """Keeps what it was given; answers as told, else with yes."""

    def __init__(self) -> None:
        self.port = 0
        self.mails: list[bytes] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.connections = 0
        self.on_rcpt: deque[str] = deque()  # one answer for each RCPT; empty: yes
        self.on_mail: deque[str] = deque()
        self.on_data: deque[str] = deque()
        self.hangs = False  # swallows the mail and says nothing
        self._news = asyncio.Event()

    async def handle_EHLO(
        self, _server: SMTP, session: Session, _envelope: Envelope, name: str, answers: list[str]
    ) -> list[str]:
        session.host_name = name
        self.connections += 1
        return answers

    async def handle_MAIL(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if self.on_mail:
            return self.on_mail.popleft()
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if self.on_rcpt:
            return self.on_rcpt.popleft()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        content = cast(bytes, envelope.content)
        answer = self.on_data.popleft() if self.on_data else "250 taken"
        if answer.startswith("2"):
            self.mails.append(content)
            self.envelopes.append((envelope.mail_from or "", envelope.rcpt_tos))
        self._news.set()
        if self.hangs:
            await asyncio.Event().wait()
        return answer

    async def until(self, count: int, *, within: float = 10) -> None:
        """Return once that many mails came. Raises TimeoutError."""
        async with asyncio.timeout(within):
            while len(self.mails) < count:
                self._news.clear()
                await self._news.wait()

    @property
    def read(self) -> list[EmailMessage]:
        """The mails, parsed."""
        return [message_from_bytes(raw, policy=default) for raw in self.mails]


@asynccontextmanager
async def open_sink(**options: Any) -> AsyncIterator[Sink]:
    """A sink that listens; `options` are aiosmtpd's."""
    sink = Sink()
    protocols: list[SMTP] = []

    def protocol() -> SMTP:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # that passwords want TLS
            loop = asyncio.get_running_loop()
            made = SMTP(sink, hostname="sink.example.org", loop=loop, **options)
        protocols.append(made)
        return made

    server = await asyncio.get_running_loop().create_server(protocol, HOST, 0)
    sink.port = server.sockets[0].getsockname()[1]
    try:
        yield sink
    finally:
        server.close()
        for made in protocols:
            if made.transport is not None:
                made.transport.close()
        await server.wait_closed()


class NoObjection:
    """A judge that lets everything pass, or nothing."""

    def __init__(self, why: str = "") -> None:
        self.why = why

    def objection(self, intent: Intent, now: datetime) -> str:
        return self.why


class FoldingInbox:
    """The engine's door without its loop: folds each fact into the state at once."""

    def __init__(
        self,
        state: State,
        policy: Policy,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.state = state
        self.policy = policy
        self.events: list[Event] = []
        self.before: Callable[[Body], None] = lambda _body: None
        self._now = now

    async def tell(self, subject: Subject, body: Body, *, intent: str = "") -> Event:
        """Fold one fact. `before` may raise, as a crash before the commit would."""
        self.before(body)
        event = Event(self._now(), subject, body, intent=intent)
        changes = fold(self.policy, self.state, event)
        self.state.apply(changes)
        self.events += changes.events
        return changes.events[0]

    def ingest(self, reading: Reading) -> None:
        raise AssertionError(f"nobody here reads: {reading}")

    def told(self, *kinds: type) -> Sequence[Any]:
        """The bodies of these kinds, in order."""
        return [event.body for event in self.events if isinstance(event.body, kinds)]
