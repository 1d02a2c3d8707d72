"""What the fleet's parts carry: keys, passwords, certificates. Made once in a folder, then read.

Host keys come from the seed, so that a fleet that is started again shows the same ones; whatever
lets somebody in is drawn at random and kept in files that only their owner may read. Blocking.
"""

import hashlib
import os
import secrets
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from plcmon.sim.layout import Layout, PcuPlan
from plcmon.sim.units import Certificate, write_ipmitool

SECRETS, KEYS, UNITS, MAIL, BIN = "secrets", "keys", "pcus", "mail", "bin"  # folders of a fleet
CALLER = "plcmon"  # name of the service's private key
END_OF_KEY = b"-----END PRIVATE KEY-----\n"


@dataclass(frozen=True, slots=True)
class Kit:
    """The secrets of one fleet."""

    seed: int
    caller: asyncssh.SSHKey  # what the service logs in at nodes with
    passwords: Mapping[str, str] = field(repr=False)  # by PCU
    certificates: Mapping[str, Certificate] = field(repr=False)  # by PCU with TLS
    ipmitool: Path  # the program that speaks to virtual BMCs
    shared_key: bool = False  # all nodes show one host key

    def host_key(self, name: str, generation: int = 0) -> asyncssh.SSHKey:
        """The host key of a machine; another one for each generation."""
        return key_of(self.seed, "all nodes" if self.shared_key else name, generation)


def open_kit(layout: Layout, folder: Path, *, shared_key: bool = False) -> Kit:
    """Make the folder complete for this layout, keeping what is there. Raises OSError."""
    for name in (SECRETS, KEYS, UNITS, MAIL, BIN):
        (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    return Kit(
        seed=layout.seed,
        ipmitool=write_ipmitool(folder / BIN / "ipmitool"),
        caller=caller_key(folder / KEYS / CALLER),
        passwords={pcu.name: password(folder / SECRETS / pcu.name) for pcu in layout.pcus},
        certificates={
            pcu.name: certificate(folder / UNITS / f"{pcu.name}.pem", pcu)
            for pcu in layout.pcus
            if pcu.transport == "https"
        },
        shared_key=shared_key,
    )


def key_of(seed: int, name: str, generation: int) -> asyncssh.SSHKey:
    """An ed25519 key that is the same for the same words."""
    material = hashlib.sha256(f"{seed}/{name}/{generation}".encode()).digest()
    pem = Ed25519PrivateKey.from_private_bytes(material).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return asyncssh.import_private_key(pem)


def caller_key(path: Path) -> asyncssh.SSHKey:
    if not path.exists():
        key = asyncssh.generate_private_key("ssh-ed25519")
        write_secret(path, key.export_private_key("openssh"))
    return asyncssh.read_private_key(path)


def password(path: Path) -> str:
    if not path.exists():
        write_secret(path, secrets.token_urlsafe(9).encode() + b"\n")
    return path.read_text(encoding="ascii").strip()


def certificate(path: Path, pcu: PcuPlan) -> Certificate:
    if not path.exists():
        write_secret(path, Certificate.make(pcu.host).pem)
    pem = path.read_bytes()
    public = pem.partition(END_OF_KEY)[2]
    der = ssl.PEM_cert_to_DER_cert(public.decode("ascii"))
    return Certificate(pem, hashlib.sha256(der).hexdigest())


def write_secret(path: Path, content: bytes) -> None:
    """Create the file for us alone; it is never readable by others, not even at first."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
