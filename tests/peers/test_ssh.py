"""The SSH transport and the DRAC dialogue through OpenSSH and dropbear, old algorithms too.

A wrapper of the C library's user table lets both daemons check a password of our own making, so
they need neither root nor an account of this machine.
"""

import asyncio
import getpass
import os
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from plcmon.drivers import DriverUnits
from plcmon.drivers.base import RememberedKeys
from plcmon.errors import DialogueError, LoginError, UnreachableError
from plcmon.model.intents import PowerState
from plcmon.model.policy import Wire
from plcmon.model.ports import Unit
from plcmon.model.subjects import Pcu, PcuKey, SiteKey, Transport
from tests.drivers.rigs import Purse
from tests.peers.conftest import listening, program, running

USER, PASSWORD = "plc", 'ssh "pass" %'
SHELL = """
power() { cat {state}; }
move() { echo $1 >{state}; echo $1 >>{state}.log; echo 'Server power operation successful'; }
echo 'Dell Remote Access Controller 5'
while printf '$ ' && read -r word verb action; do
    case "$word $action" in
    'exit ') exit;;
    'racadm powerstatus') echo "Server power status: $(power)";;
    'racadm powerup') move ON;;
    'racadm powerdown') move OFF;;
    'racadm ') echo 'RAC Information:';;
    *) echo 'ERROR: the command that was entered is not valid';;
    esac
done
"""
MODERN = "HostKey {folder}/ed25519\n"
LEGACY = """HostKey {folder}/rsa
RequiredRSASize 1024
KexAlgorithms diffie-hellman-group1-sha1,diffie-hellman-group14-sha1
HostKeyAlgorithms ssh-rsa
Ciphers {cipher}
MACs hmac-sha1
"""
SSHD = """Port {port}
ListenAddress 127.0.0.1
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication yes
KbdInteractiveAuthentication no
PermitRootLogin yes
PrintMotd no
PrintLastLog no
LogLevel ERROR
ForceCommand /bin/sh {folder}/shell
"""


@dataclass
class Card:
    """A shell behind a real SSH daemon."""

    port: int
    folder: Path
    keys: RememberedKeys = field(default_factory=RememberedKeys)

    @property
    def pcu(self) -> Pcu:
        return Pcu(
            key=PcuKey("toml:card"),
            site=SiteKey("s"),
            name="card",
            host="127.0.0.1",
            family="drac",
            transports=(Transport("ssh", self.port),),
            user=USER,
            credential="secret",
        )

    def session(
        self, *quirks: str, password: str = PASSWORD, host_key: str = ""
    ) -> AbstractAsyncContextManager[Unit]:
        pcu = replace(self.pcu, quirks=quirks, host_key=host_key)
        wire = Wire(pcu_command=timedelta(seconds=20))
        units = DriverUnits(Purse(secret=password), wire, known_keys=self.keys)
        return units.session(pcu)

    async def commands(self) -> list[str]:
        log = self.folder / "power.log"
        return await asyncio.to_thread(lambda: log.read_text().split() if log.exists() else [])


async def run(*argv: str, text: str = "") -> str:
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    out, _ = await process.communicate(text.encode())
    assert process.returncode == 0, argv
    return out.decode().strip()


async def prepare(folder: Path) -> tuple[Card, Mapping[str, str]]:
    """The shell, an account with a password, and the environment that makes it believed."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        made = Card(probe.getsockname()[1], folder)
    hashed = await run(program("openssl"), "passwd", "-6", "-stdin", text=PASSWORD)
    numbers = f"{os.getuid()}:{os.getgid()}"
    tables = {
        "PASSWD": f"{USER}:x:{numbers}::{folder}:/bin/sh\nsshd:x:101:65534::/:/bin/false\n",
        "GROUP": f"{getpass.getuser()}:x:{os.getgid()}:\nnogroup:x:65534:\n",
        "SHADOW": f"{USER}:{hashed}:19000:0:99999:7:::\n",
    }
    for name, text in tables.items():
        (folder / name).write_text(text)
    (folder / "power").write_text("ON\n")
    (folder / "shell").write_text(SHELL.replace("{state}", str(folder / "power")))
    wrapped = {f"NSS_WRAPPER_{name}": str(folder / name) for name in tables}
    return made, {"LD_PRELOAD": "libnss_wrapper.so", **wrapped}


def wrapping(environment: Mapping[str, str], *argv: str) -> list[str]:
    return [program("env"), *(f"{name}={value}" for name, value in environment.items()), *argv]


@asynccontextmanager
async def openssh(folder: Path, keys: str) -> AsyncIterator[Card]:
    card, environment = await prepare(folder)
    for kind, bits in (("ed25519", "256"), ("rsa", "1024")):
        key = folder / kind
        await run("ssh-keygen", "-q", "-t", kind, "-b", bits, "-N", "", "-f", str(key))
    (folder / "sshd.conf").write_text(SSHD.format(port=card.port, folder=folder) + keys)
    daemon = (program("sshd"), "-D", "-r", "-e", "-f", str(folder / "sshd.conf"))
    async with running(*wrapping(environment, *daemon), folder=folder):
        await listening("127.0.0.1", card.port)
        yield card


@asynccontextmanager
async def dropbear(folder: Path) -> AsyncIterator[Card]:
    card, environment = await prepare(folder)
    # With one host key alone it dies of a client that also knows the other kind.
    for kind in ("ed25519", "rsa"):
        await run("dropbearkey", "-t", kind, "-f", str(folder / kind))
    keys = ("-r", str(folder / "ed25519"), "-r", str(folder / "rsa"))
    only = ("-j", "-k", "-P", str(folder / "pid"), "-p", f"127.0.0.1:{card.port}")
    shell = ("-c", f"/bin/sh {folder}/shell")
    daemon = (program("dropbear"), "-F", "-E", *keys, *only, *shell)
    async with running(*wrapping(environment, *daemon), folder=folder):
        await listening("127.0.0.1", card.port)
        yield card


async def switches(card: Card, *quirks: str) -> None:
    async with card.session(*quirks) as unit:
        assert await unit.read("1") is PowerState.ON
        await unit.switch("1", PowerState.OFF)
        assert await unit.read("1") is PowerState.OFF
        await unit.switch("1", PowerState.ON)

    assert await card.commands() == ["OFF", "ON"]


async def test_switches_through_openssh(tmp_path: Path) -> None:
    async with openssh(tmp_path, MODERN.format(folder=tmp_path)) as card:
        await switches(card)


async def test_switches_through_dropbear(tmp_path: Path) -> None:
    async with dropbear(tmp_path) as card:
        await switches(card)


# The library that still knows the old groups says that it will forget them; the lock pins it.
@pytest.mark.filterwarnings("ignore:Diffie-Hellman over finite fields")
@pytest.mark.filterwarnings("ignore:TripleDES")
@pytest.mark.parametrize("cipher", ["aes128-cbc", "3des-cbc"])
async def test_old_algorithms_are_spoken_where_the_record_says_so(
    tmp_path: Path, cipher: str
) -> None:
    async with openssh(tmp_path, LEGACY.format(folder=tmp_path, cipher=cipher)) as card:
        # Which of two it is depends on whether sshd's offer or its goodbye is read first.
        with pytest.raises(UnreachableError, match="legacy-ssh"):
            async with card.session():
                pass
        await switches(card, "legacy-ssh")


async def test_a_wrong_password_is_refused_by_both(tmp_path: Path) -> None:
    one, other = tmp_path / "openssh", tmp_path / "dropbear"
    one.mkdir()
    other.mkdir()
    for opened in (openssh(one, MODERN.format(folder=one)), dropbear(other)):
        async with opened as card:
            with pytest.raises(LoginError):
                async with card.session(password="wrong"):
                    pass
            assert await card.commands() == []


async def test_a_key_that_changed_is_told_before_any_password(tmp_path: Path) -> None:
    async with openssh(tmp_path, MODERN.format(folder=tmp_path)) as card:
        async with card.session():
            pass
        seen = card.keys.get(card.pcu.key)
        assert seen.split()[:2] == (tmp_path / "ed25519.pub").read_text().split()[:2]
        await run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "other"))
        other = (tmp_path / "other.pub").read_text()
        with pytest.raises(DialogueError, match="host key"):
            async with card.session(host_key=other):
                pass


async def test_many_sessions_follow_one_another(tmp_path: Path) -> None:
    async with dropbear(tmp_path) as card:
        for _ in range(3):
            async with card.session() as unit:
                assert await unit.read("1") is PowerState.ON
