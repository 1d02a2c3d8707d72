"""HTTP: does a node answer for its pages, and as it should?

Each page is asked at the node's own addresses, whatever its name means elsewhere: an answer is a
sign of this node. No redirect is followed and no body is read; the status is all that counts.
"""

import asyncio
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from time import perf_counter

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from plcmon.model.readings import PortAnswer, Probe, Reading
from plcmon.model.subjects import Node, Page, node_subject
from plcmon.probes.tcp import ANSWERS, WORTH, NoEvidenceError, is_ipv4
from plcmon.times import Clock

HEADERS = {"User-Agent": "plcmon", "Accept": "*/*", "Connection": "close"}


@dataclass(frozen=True, slots=True)
class Said:
    """What one address said for one page."""

    port: PortAnswer | None  # none: nothing was learned, for a reason of ours
    status: int = 0  # 0: no HTTP answer
    trouble: str = ""  # why it is not as it should be

    @property
    def worth(self) -> tuple[bool, int]:
        return not self.trouble, -1 if self.port is None else WORTH[self.port]


class OneAddress(AbstractResolver):
    """Every name leads to this address."""

    def __init__(self, address: str) -> None:
        self._address = address

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        kind = socket.AF_INET if is_ipv4(self._address) else socket.AF_INET6
        flags = socket.AI_NUMERICHOST
        return [
            ResolveResult(
                hostname=host, host=self._address, port=port, family=kind, proto=0, flags=flags
            )
        ]

    async def close(self) -> None:
        """Nothing is held."""


async def probe_http(node: Node, *, clock: Clock, deadline: timedelta) -> Reading:
    """Ask for every page at every address at once; each page is as well as its best answer.

    Raises NoEvidenceError.
    """
    at, started = clock.now(), perf_counter()
    async with asyncio.TaskGroup() as group:
        asking = {
            page: [
                group.create_task(ask(page, address, deadline), name=f"http-{node.key}")
                for address in node.addresses
            ]
            for page in node.http
        }
    best = {page: best_of(task.result() for task in tasks) for page, tasks in asking.items()}
    wrong = [f"{page.url} {said.trouble}" for page, said in best.items() if said.trouble]
    ports = [said.port for said in best.values() if said.port is not None]
    if len(ports) < len(best):
        why = next(said.trouble for said in best.values() if said.port is None)
        raise NoEvidenceError(node.hostname, "asking for a page", why)
    return Reading(
        node_subject(node.key),
        Probe.HTTP,
        at,
        clock.now(),
        took_ms=(perf_counter() - started) * 1000,
        port=max(ports, key=WORTH.__getitem__, default=None),
        pages={page.url: said.status for page, said in best.items()},
        detail="; ".join(wrong),
    )


def best_of(answers: Iterable[Said]) -> Said:
    return max(answers, key=lambda said: said.worth)


async def ask(page: Page, address: str, deadline: timedelta) -> Said:
    """Ask one address for one page, once."""
    try:
        async with asyncio.timeout(deadline.total_seconds()):
            status = await status_of(page, address)
    except TimeoutError:
        return Said(PortAnswer.FILTERED, trouble="does not answer")
    except aiohttp.ClientConnectorCertificateError as error:
        why = getattr(error.certificate_error, "verify_message", "") or "it is not trusted"
        return Said(PortAnswer.OPEN, trouble=f"has a bad certificate: {why}")
    except aiohttp.ClientConnectorSSLError:
        return Said(PortAnswer.OPEN, trouble="does not speak TLS as we know it")
    except aiohttp.ClientConnectorError as error:
        return unconnected(error.os_error)
    except aiohttp.ClientConnectionError:
        return Said(PortAnswer.OPEN, trouble="breaks the connection off")
    except aiohttp.ClientError:
        return Said(PortAnswer.OPEN, trouble="does not speak HTTP as we know it")
    if status != page.status:
        return Said(PortAnswer.OPEN, status, f"answers {status}, not {page.status}")
    return Said(PortAnswer.OPEN, status)


async def status_of(page: Page, address: str) -> int:
    connector = aiohttp.TCPConnector(
        resolver=OneAddress(address), use_dns_cache=False, force_close=True, limit=1
    )
    async with (
        aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            auto_decompress=False,
        ) as session,
        session.get(page.url, headers=HEADERS, allow_redirects=False, ssl=page.verify) as response,
    ):
        response.close()  # the body is left where it is
        return response.status


def unconnected(error: OSError) -> Said:
    """What the port did, from what the socket said; an errno of ours teaches nothing."""
    answer = ANSWERS.get(error.errno or 0) if error.errno else None
    if answer is None:
        return Said(None, trouble=str(error))
    return Said(answer, trouble=f"port {answer.value}")
