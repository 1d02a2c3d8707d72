"""SSH: whose key is believed, how the password is given, what errors become."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import asyncssh
import pytest

from plcmon.drivers import ssh
from plcmon.drivers.base import Call, RememberedKeys
from plcmon.drivers.situations import NoRouteError
from plcmon.errors import DeviceError, DialogueError, LoginError
from plcmon.model.subjects import Pcu, PcuKey, SiteKey, Transport
from tests.drivers.rigs import PASSWORD
from tests.drivers.wires import served

KEY = asyncssh.generate_private_key("ssh-ed25519")
OTHER = asyncssh.generate_private_key("ssh-ed25519")
PCU = Pcu(PcuKey("toml:pcu-1"), SiteKey("s"), "pcu-1", "127.0.0.1", "apc", user="apc")


def public(key: asyncssh.SSHKey) -> str:
    return key.export_public_key("openssh").decode().strip()


class Interactive(asyncssh.SSHServer):
    """Asks for the password interactively only; counts the tries."""

    tries = 0

    def password_auth_supported(self) -> bool:
        return False

    def kbdint_auth_supported(self) -> bool:
        return True

    def get_kbdint_challenge(
        self, username: str, lang: str, submethods: str
    ) -> tuple[str, str, str, list[tuple[str, bool]]]:
        return "", "", "", [("Password:", False)]

    def validate_kbdint_response(self, username: str, responses: Sequence[str]) -> bool:
        type(self).tries += 1
        return list(responses) == [PASSWORD]


class Both(Interactive):
    """Takes the password either way, and refuses it either way."""

    tries = 0

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        type(self).tries += 1
        return False


@asynccontextmanager
async def serving(server: type[asyncssh.SSHServer], **options: object) -> AsyncIterator[int]:
    async def handle(process: "asyncssh.SSHServerProcess[bytes]") -> None:
        names = sorted(process.env)
        process.stdout.write(b"env " + " ".join(names).encode() + b"\r\n")
        process.exit(0)

    acceptor = await asyncssh.create_server(
        server,
        "127.0.0.1",
        0,
        server_host_keys=options.pop("keys", [KEY]),
        process_factory=handle,
        encoding=None,
        **options,
    )
    try:
        yield acceptor.get_port()
    finally:
        acceptor.close()
        await acceptor.wait_closed()


def call_to(port: int, *, pcu: Pcu = PCU, keys: RememberedKeys | None = None) -> Call:
    known = keys or RememberedKeys()
    return Call(pcu, Transport("ssh", port), known, lambda _: None, password=PASSWORD)


async def first_words(call: Call) -> bytes:
    async with ssh.connect(call) as link:
        return await link.read()


async def test_the_key_of_a_first_contact_is_remembered() -> None:
    keys = RememberedKeys()
    async with serving(Interactive) as port:
        await first_words(call_to(port, keys=keys))

    assert keys.get("toml:pcu-1") == public(KEY)


@pytest.mark.parametrize("where", ["pinned", "remembered"])
async def test_another_key_than_the_known_one_gets_no_password(where: str) -> None:
    Interactive.tries = 0
    keys = RememberedKeys()
    pcu = replace(PCU, host_key=public(OTHER) if where == "pinned" else "")
    if where == "remembered":
        keys.set("toml:pcu-1", public(OTHER))
    async with serving(Interactive) as port:
        with pytest.raises(DialogueError, match="host key"):
            await first_words(call_to(port, pcu=pcu, keys=keys))

    assert Interactive.tries == 0


async def test_a_known_key_of_another_kind_is_told_in_the_same_words() -> None:
    rsa = asyncssh.generate_private_key("ssh-rsa", key_size=2048)
    async with serving(Interactive) as port:
        with pytest.raises(DialogueError, match="host key"):
            await first_words(call_to(port, pcu=replace(PCU, host_key=public(rsa))))


async def test_the_pinned_key_is_believed() -> None:
    async with serving(Interactive) as port:
        assert await first_words(call_to(port, pcu=replace(PCU, host_key=public(KEY))))


async def test_a_password_asked_for_interactively_is_given() -> None:
    async with serving(Interactive) as port:
        assert (await first_words(call_to(port))).startswith(b"env")


async def test_no_environment_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    async with serving(Interactive) as port:
        assert (await first_words(call_to(port))).strip() in (b"env", b"env TERM")


async def test_a_refused_password_is_not_offered_another_way() -> None:
    Both.tries = 0
    async with serving(Both) as port:
        with pytest.raises(LoginError):
            await first_words(call_to(port))

    assert Both.tries == 1


LEGACY = {
    "keys": [asyncssh.generate_private_key("ssh-rsa", key_size=2048)],
    "kex_algs": ["diffie-hellman-group14-sha1"],
    "encryption_algs": ["aes128-cbc"],
    "mac_algs": ["hmac-sha1"],
    "signature_algs": ["ssh-rsa"],
}


async def test_old_algorithms_need_their_quirk() -> None:
    async with serving(Interactive, **LEGACY) as port:
        with pytest.raises(NoRouteError, match="legacy-ssh"):
            await first_words(call_to(port))


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
async def test_old_algorithms_work_with_their_quirk() -> None:
    async with serving(Interactive, **LEGACY) as port:
        assert await first_words(call_to(port, pcu=replace(PCU, quirks=("legacy-ssh",))))


async def test_a_port_that_speaks_something_else_is_named() -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.org ready\r\n" * 2000)

    async with served(greet) as port:
        with pytest.raises(DeviceError) as caught:
            await first_words(call_to(port))

    assert "logging in over ssh" in str(caught.value)
