"""Certificates that expired, are for another name or are nobody's: real TLS, and what is told.

A process of its own asks, for which our authority is one of the system's.
"""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from plcmon.model.readings import Login, Observed, PortAnswer, Probe, Reading
from plcmon.model.subjects import Node, NodeKey, Page, Profile, SiteKey, node_subject
from plcmon.policy.sight import classify, contradicts
from plcmon.sim.units.certificate import Certificate
from tests.fakes.peers import HOST
from tests.probes.test_http import NAME, site

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
ASK = """
import asyncio, json, sys
from datetime import timedelta
from plcmon.model.subjects import Node, NodeKey, Page, SiteKey
from plcmon.probes.http import probe_http
from plcmon.times import SystemClock

async def ask(url):
    node = Node(NodeKey("t:n1"), "n1", SiteKey("s"), ("127.0.0.1",), http=(Page(url),))
    reading = await probe_http(node, clock=SystemClock(), deadline=timedelta(seconds=20))
    return {"port": reading.port.value, "pages": list(reading.pages.values()),
            "detail": reading.detail.removeprefix(url + " ")}

async def main():
    return {url: await ask(url) for url in sys.argv[1:]}

print(json.dumps(asyncio.run(main())))
"""


@dataclass(frozen=True)
class Authority:
    """Signs certificates."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def make(cls) -> "Authority":
        key = ec.generate_private_key(ec.SECP256R1())
        name = named("authority")
        made = building(name, name, key, timedelta(days=9))
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        return cls(key, made.sign(key, hashes.SHA256()))

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def sign(self, host: str, *, lasts: timedelta = DAY) -> Certificate:
        key = ec.generate_private_key(ec.SECP256R1())
        made = building(self.certificate.subject, named(host), key, lasts)
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        signed = made.sign(self.key, hashes.SHA256())
        return Certificate(private + signed.public_bytes(serialization.Encoding.PEM), "")


def named(host: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])


def building(
    issuer: x509.Name, subject: x509.Name, key: ec.EllipticCurvePrivateKey, lasts: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - 5 * DAY)
        .not_valid_after(datetime.now(UTC) + lasts)
    )


async def asked(folder: Path, certificates: Mapping[str, Certificate], trust: bytes) -> Any:
    """What is read from a server with each of the certificates, by name."""
    trusted = folder / "authority.pem"
    trusted.write_bytes(trust)
    async with AsyncExitStack() as stack:
        urls = {}
        for name, certificate in certificates.items():
            there = await stack.enter_async_context(site(certificate=certificate))
            urls[name] = f"https://{NAME}:{there.port}/"
        asking = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", ASK, *urls.values()),
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "SSL_CERT_FILE": str(trusted)},
        )
        out, _ = await asking.communicate()
    said = json.loads(out)
    return {name: said[url] for name, url in urls.items()}


async def test_each_fault_of_a_certificate_is_named_and_the_port_is_open(tmp_path: Path) -> None:
    authority = Authority.make()
    found = await asked(
        tmp_path,
        {
            "good": authority.sign(NAME),
            "expired": authority.sign(NAME, lasts=-DAY),
            "of another": authority.sign("other.example.org"),
            "nobody's": await asyncio.to_thread(Certificate.make, HOST),
        },
        authority.pem,
    )

    assert found["good"] == {"port": "open", "pages": [200], "detail": ""}
    assert found["expired"]["detail"] == "has a bad certificate: certificate has expired"
    assert found["of another"]["detail"].startswith("has a bad certificate: Hostname mismatch")
    assert found["nobody's"]["detail"].startswith("has a bad certificate: self")
    faulty = [reading for name, reading in found.items() if name != "good"]
    assert [(reading["port"], reading["pages"]) for reading in faulty] == [("open", [0])] * 3


NODE = Node(
    NodeKey("t:n1"), NAME, SiteKey("s"), (HOST,), ssh_port=22, http=(Page(f"https://{NAME}/"),)
)
EXPIRED = Reading(
    node_subject(NODE.key),
    Probe.HTTP,
    NOW,
    NOW,
    port=PortAnswer.OPEN,
    pages={f"https://{NAME}/": 0},
    detail=f"https://{NAME}/ has a bad certificate: certificate has expired",
)


def told(probe: Probe, **more: Any) -> Reading:
    return Reading(node_subject(NODE.key), probe, NOW, NOW, **more)


@pytest.mark.parametrize(
    ("others", "state"),
    [
        pytest.param(
            {
                Probe.TCP: told(Probe.TCP, ports={22: PortAnswer.OPEN}),
                Probe.SSH: told(Probe.SSH, port=PortAnswer.OPEN, login=Login.OK),
            },
            Observed.BOOT,
            id="and all else is well",
        ),
        pytest.param(
            {
                Probe.TCP: told(Probe.TCP, ports={22: PortAnswer.FILTERED}),
                Probe.SSH: told(Probe.SSH, port=PortAnswer.FILTERED, login=Login.NO_CONNECT),
            },
            Observed.WEDGED,
            id="and nothing else answers",
        ),
    ],
)
def test_a_bad_certificate_is_no_dead_node(
    others: Mapping[Probe, Reading], state: Observed
) -> None:
    """It is an answer: whoever shows a certificate is alive."""
    readings = {**others, Probe.HTTP: EXPIRED}
    found = classify(NODE, Profile("linux"), readings, list(readings))

    assert found is not None
    assert found.state is state


def test_a_bad_certificate_casts_no_doubt_on_a_node_that_is_well() -> None:
    well = classify(NODE, Profile("linux"), {Probe.SSH: told(Probe.SSH, login=Login.OK)})

    assert not contradicts(well, EXPIRED, None)
