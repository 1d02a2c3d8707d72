"""HTTPS: one request, one answer, over aiohttp. Knows certificates, not documents."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from plcmon.drivers.base import Call
from plcmon.drivers.situations import unreachable
from plcmon.errors import BusyError, DialogueError, UnreachableError

CAP = 64 * 1024  # bytes of an answer
BUSY = frozenset({429, 503})


class Browser:
    """Requests to one unit; every request has a connection of its own."""

    def __init__(self, call: Call, session: aiohttp.ClientSession) -> None:
        self._call = call
        self._session = session
        host = f"[{call.pcu.host}]" if ":" in call.pcu.host else call.pcu.host
        self._base = f"https://{host}:{call.transport.port}"

    async def post(self, path: str, body: str, *, doing: str) -> str:
        """Send `body` and give the answer's text.

        Takes the point of no return back when the request certainly never left.
        """
        peer, point = self._call.peer, self._call.point
        try:
            async with self._session.post(
                self._base + path, data=body.encode(), allow_redirects=False
            ) as response:
                data = await response.content.read(CAP + 1)
                while len(data) <= CAP and not response.content.at_eof():
                    data += await response.content.read(CAP + 1 - len(data))
        except (aiohttp.ServerFingerprintMismatch, aiohttp.ClientConnectorCertificateError) as exc:
            point.passed = False
            raise DialogueError(peer, doing, "its certificate is not one we trust") from exc
        except aiohttp.ClientConnectorError as exc:
            point.passed = False
            raise unreachable(peer, doing, exc.os_error) from exc
        except (aiohttp.ClientError, OSError) as exc:
            raise UnreachableError(peer, doing, "the link was lost") from exc
        self._judge(response.status, len(data), doing)
        return data.decode("utf-8", "replace")

    def _judge(self, status: int, size: int, doing: str) -> None:
        if status in BUSY:
            raise BusyError(self._call.peer, doing, f"it answers {status}")
        if status != 200:
            raise DialogueError(self._call.peer, doing, f"it answers {status}")
        if size > CAP:
            raise DialogueError(self._call.peer, doing, f"more than {CAP // 1024} KiB")


def trust(call: Call) -> ssl.SSLContext | aiohttp.Fingerprint | bool:
    """How the unit's certificate is judged: pinned, by CA, or not at all."""
    if call.quirk("legacy-tls"):
        return legacy(verify=call.pcu.verify)
    if call.pcu.fingerprint:
        return aiohttp.Fingerprint(bytes.fromhex(call.pcu.fingerprint.replace(":", "")))
    return call.pcu.verify


def legacy(*, verify: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("ALL:@SECLEVEL=0")
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


@asynccontextmanager
async def connect(call: Call) -> AsyncIterator[Browser]:
    """Prepare requests to the unit; nothing is sent yet."""
    # A connection of its own for each request: a stale one would be tried again by itself.
    connector = aiohttp.TCPConnector(ssl=trust(call), force_close=True)
    async with aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=None),
        trust_env=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"Accept-Encoding": "identity", "User-Agent": "plcmon"},
    ) as session:
        yield Browser(call, session)
