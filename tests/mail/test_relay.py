"""Every way a relay can answer, against a real one on loopback."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword

from plcmon.errors import UnsupportedError
from plcmon.mail.compose import compose, message_id_of, to_bytes
from plcmon.mail.relay import Relay, RelayAddress, Tls
from plcmon.model.intents import Mail, MailState
from tests.fakes.post import HOST, open_sink
from tests.mail.rows import NOW, TECH, row

SOON = timedelta(milliseconds=200)


class Safe:
    """Secrets of one name."""

    def __init__(self, password: str = "") -> None:
        self.password = password

    def find(self, name: str) -> str:
        if not self.password:
            raise UnsupportedError("secrets", f'looking for "{name}"', "there is none")
        return self.password


def a_mail(number: int = 1, recipient: str = TECH) -> Mail:
    told = row(issue=f"I{number}", recipient=recipient)
    return compose(
        [told],
        sender="plcmon <plcmon@example.org>",
        support="",
        recipient=recipient,
        site_name="Here",
        message_id=message_id_of([told], "example.org"),
        now=NOW,
    )


def relay_to(port: int, *, deadline: timedelta = timedelta(seconds=10), **more: object) -> Relay:
    address = RelayAddress(HOST, port, **{"tls": Tls.NONE, **more})  # type: ignore[arg-type] # its own fields
    return Relay(address, Safe("hunter2"), deadline=deadline)


async def test_an_accepted_mail_arrives_byte_for_byte() -> None:
    async with open_sink() as sink, relay_to(sink.port) as relay:
        answer = await relay.send(a_mail())

    assert (answer.state, answer.detail) == (MailState.ACCEPTED, "taken")
    assert sink.mails == [to_bytes(a_mail())]


async def test_the_envelope_has_addresses_without_names() -> None:
    async with open_sink() as sink, relay_to(sink.port) as relay:
        await relay.send(a_mail())

        assert sink.envelopes == [("plcmon@example.org", [TECH])]


async def test_several_mails_share_one_connection() -> None:
    async with open_sink() as sink, relay_to(sink.port) as relay:
        for number in range(3):
            await relay.send(a_mail(number))

        assert (len(sink.mails), sink.connections) == (3, 1)


async def test_the_relay_can_be_entered_again() -> None:
    async with open_sink() as sink:
        relay = relay_to(sink.port)
        for number in range(2):
            async with relay:
                assert (await relay.send(a_mail(number))).state is MailState.ACCEPTED

        assert sink.connections == 2


@pytest.mark.parametrize(
    ("where", "answer", "state"),
    [
        ("on_rcpt", "550 5.1.1 no such user", MailState.REFUSED),
        ("on_rcpt", "450 4.2.0 greylisted", MailState.FIXED),
        ("on_data", "554 5.7.1 looks like spam", MailState.REFUSED),
        ("on_data", "451 4.3.0 try later", MailState.FIXED),
        ("on_data", "452 4.3.1 disk full", MailState.FIXED),
        ("on_mail", "550 5.7.1 sender unknown", MailState.FIXED),
    ],
)
async def test_what_the_relay_says_decides(where: str, answer: str, state: MailState) -> None:
    async with open_sink() as sink, relay_to(sink.port) as relay:
        getattr(sink, where).append(answer)

        told = await relay.send(a_mail())

    assert told.state is state
    assert told.detail == answer
    assert told.message_id == a_mail().message_id


async def test_a_refused_mail_does_not_spoil_the_next() -> None:
    async with open_sink() as sink, relay_to(sink.port) as relay:
        sink.on_rcpt.append("550 5.1.1 no such user")
        await relay.send(a_mail(1))

        assert relay.connected
        assert (await relay.send(a_mail(2))).state is MailState.ACCEPTED


async def test_nobody_there_is_for_now() -> None:
    async with open_sink() as sink:
        port = sink.port
    async with relay_to(port) as relay:
        told = await relay.send(a_mail())

        assert told.state is MailState.FIXED
        assert told.detail.startswith("no connection: ")
        assert not relay.connected


async def test_silence_after_the_mail_is_for_now_since_nobody_knows() -> None:
    async with open_sink() as sink:
        sink.hangs = True
        async with relay_to(sink.port, deadline=SOON) as relay:
            told = await relay.send(a_mail())

            assert (told.state, told.detail) == (MailState.FIXED, "no answer within 0.2 s")
            assert not relay.connected
        assert len(sink.mails) == 1, "it may have been taken; the Message-ID tells"


Greeting = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def odd_server(
    greeting: Greeting, context: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """The port of a server that does what `greeting` does, and nothing of SMTP."""
    writers = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        await greeting(reader, writer)

    server = await asyncio.start_server(serve, HOST, 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]
        for writer in writers:
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()


async def mute(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def drop(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 hello\r\n")
    writer.close()


async def flood(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"2" * 1_000_000)
    writer.close()


async def test_a_server_that_says_no_greeting_ends_at_the_deadline() -> None:
    async with odd_server(mute) as port, relay_to(port, deadline=SOON) as relay:
        told = await relay.send(a_mail())

    assert told.state is MailState.FIXED


async def test_a_link_that_drops_is_for_now() -> None:
    async with odd_server(drop) as port, relay_to(port) as relay:
        told = await relay.send(a_mail())

    assert told.state is MailState.FIXED


async def test_a_flood_instead_of_a_greeting_is_for_now() -> None:
    async with odd_server(flood) as port, relay_to(port) as relay:
        told = await relay.send(a_mail())

    assert told.state is MailState.FIXED
    assert len(told.detail) <= 500


async def test_an_address_beyond_ascii_is_refused_by_name() -> None:
    async with open_sink() as sink, relay_to(sink.port) as relay:
        told = await relay.send(a_mail(recipient="töchter@example.org"))

    assert told.state is MailState.REFUSED
    assert told.detail.startswith("not an address: ")


async def test_a_relay_without_starttls_gets_nothing_when_it_is_asked_for() -> None:
    async with open_sink() as sink, relay_to(sink.port, tls=Tls.STARTTLS) as relay:
        told = await relay.send(a_mail())

    assert told.state is MailState.FIXED
    assert sink.mails == []


def accept_only(password: bytes) -> object:
    def check(_s: object, _n: object, _e: object, _m: object, data: object) -> AuthResult:
        good = isinstance(data, LoginPassword) and data.password == password
        return AuthResult(success=good, handled=good)

    return check


async def test_it_logs_in_with_the_named_secret() -> None:
    check = accept_only(b"hunter2")
    async with (
        open_sink(authenticator=check, auth_required=True, auth_require_tls=False) as sink,
        relay_to(sink.port, user="plcmon", credential="mail") as relay,
    ):
        told = await relay.send(a_mail())

    assert told.state is MailState.ACCEPTED


async def test_a_refused_login_is_for_now_and_shows_no_secret() -> None:
    check = accept_only(b"another")
    async with (
        open_sink(authenticator=check, auth_required=True, auth_require_tls=False) as sink,
        relay_to(sink.port, user="plcmon", credential="mail") as relay,
    ):
        told = await relay.send(a_mail())

    assert (told.state, told.detail) == (MailState.FIXED, "the relay refused our login: 535")


async def test_a_missing_secret_is_for_now_and_names_it() -> None:
    address = RelayAddress(HOST, 1, Tls.NONE, "plcmon", "mail")
    async with Relay(address, Safe()) as relay:
        told = await relay.send(a_mail())

    assert told.state is MailState.FIXED
    assert 'looking for "mail"' in told.detail


async def test_a_certificate_that_nobody_signed_is_not_trusted() -> None:
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

    async with odd_server(mute, server_side) as port, relay_to(port, tls=Tls.TLS) as relay:
        told = await relay.send(a_mail())

    assert told.state is MailState.FIXED
    assert told.detail.startswith("no connection: ")
