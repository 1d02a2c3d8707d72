"""HTTP and HTTPS: one request, one answer, over aiohttp. Knows certificates, not documents."""

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from yarl import URL

from plcmon.drivers.base import Call
from plcmon.drivers.situations import unreachable
from plcmon.errors import BusyError, DialogueError, UnreachableError

CAP = 64 * 1024  # bytes of an answer
BUSY = frozenset({429, 503})


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, whatever its status; header names are found in any case."""

    status: int
    text: str
    headers: Mapping[str, str]


class Once:
    """Lets one request out. aiohttp itself would send a GET or PUT again after a lost link."""

    def __init__(self) -> None:
        self._sent = False

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        if self._sent:
            raise aiohttp.ServerDisconnectedError
        self._sent = True
        return await handler(request)


class Browser:
    """Requests to one unit; every request has a connection of its own."""

    def __init__(self, call: Call, session: aiohttp.ClientSession) -> None:
        self._call = call
        self._session = session
        host = f"[{call.pcu.host}]" if ":" in call.pcu.host else call.pcu.host
        scheme = "http" if call.transport.name == "http" else "https"
        self._base = f"{scheme}://{host}:{call.transport.port}"

    async def post(self, path: str, body: str, *, doing: str) -> str:
        """Send `body` and give the answer's text; any status but 200 is an error."""
        reply = await self.ask("POST", path, body, doing=doing)
        if reply.status in BUSY:
            raise BusyError(self._call.peer, doing, f"it answers {reply.status}")
        if reply.status != 200:
            raise DialogueError(self._call.peer, doing, f"it answers {reply.status}")
        return reply.text

    async def ask(
        self,
        method: str,
        path: str,
        body: str | None = None,
        *,
        doing: str,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one request, once; its path goes out as it is, and no redirect is followed.

        Takes the point of no return back when the request certainly never left.
        """
        peer, point = self._call.peer, self._call.point
        try:
            async with self._session.request(
                method,
                URL(self._base + path, encoded=True),
                data=None if body is None else body.encode(),
                headers=headers,
                allow_redirects=False,
                middlewares=(Once(),),
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
        if len(data) > CAP:
            raise DialogueError(peer, doing, f"more than {CAP // 1024} KiB")
        return Reply(response.status, data.decode("utf-8", "replace"), response.headers)


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
