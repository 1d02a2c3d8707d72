"""HTTP and HTTPS: one request, one answer, over aiohttp. Knows certificates, not documents."""

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from yarl import URL

from plcmon.drivers.base import Call, LinkLostError
from plcmon.drivers.situations import unreachable
from plcmon.errors import BusyError, DialogueError, UnreachableError

CAP = 64 * 1024  # bytes of an answer
BUSY = frozenset({429, 503})


@dataclass(frozen=True, slots=True)
class Answer:
    """What the unit said, whatever its status means in its family."""

    status: int
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)  # found in any case


class Browser:
    """Requests to one unit; every request has a connection of its own."""

    def __init__(self, call: Call, session: aiohttp.ClientSession) -> None:
        self._call = call
        self._session = session
        host = f"[{call.pcu.host}]" if ":" in call.pcu.host else call.pcu.host
        scheme = "http" if call.transport.name == "http" else "https"
        self._base = f"{scheme}://{host}:{call.transport.port}"

    async def post(self, path: str, body: str, *, doing: str) -> str:
        """Send `body` and give the answer's text; only 200 will do. See `send`."""
        answer = await self.send("POST", path, body, doing=doing)
        if answer.status != 200:
            raise DialogueError(self._call.peer, doing, f"it answers {answer.status}")
        return answer.text

    async def send(
        self,
        method: str,
        path: str,
        body: str = "",
        *,
        doing: str,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request and give its answer, of any status but busy.

        It leaves once: it is not repeated when the link is lost, and no redirect is followed.
        Takes the point of no return back when it certainly never left.
        """
        peer, point = self._call.peer, self._call.point
        url = URL(self._base + path, encoded=True)
        data = body.encode() if body else None
        try:
            async with self._session.request(
                method, url, data=data, headers=headers, allow_redirects=False
            ) as response:
                said = await read(response)
        except (aiohttp.ServerFingerprintMismatch, aiohttp.ClientConnectorCertificateError) as exc:
            point.passed = False
            raise DialogueError(peer, doing, "its certificate is not one we trust") from exc
        except aiohttp.ClientConnectorError as exc:
            point.passed = False
            raise unreachable(peer, doing, exc.os_error) from exc
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, LinkLostError) as exc:
            raise UnreachableError(peer, doing, "the link was lost") from exc
        except aiohttp.ClientError as exc:
            # Another device's banner, or a challenge that makes no sense.
            raise DialogueError(peer, doing, "what it says is not HTTP as we know it") from exc
        self._judge(response.status, len(said), doing)
        return Answer(response.status, said.decode("utf-8", "replace"), response.headers)

    def _judge(self, status: int, size: int, doing: str) -> None:
        if status in BUSY:
            raise BusyError(self._call.peer, doing, f"it answers {status}")
        if size > CAP:
            raise DialogueError(self._call.peer, doing, f"more than {CAP // 1024} KiB")


async def read(response: aiohttp.ClientResponse) -> bytes:
    """The body, or a little more than the cap of it."""
    data = await response.content.read(CAP + 1)
    while len(data) <= CAP and not response.content.at_eof():
        data += await response.content.read(CAP + 1 - len(data))
    return data


class Sender:
    """The last step before the wire.

    aiohttp would repeat a GET or PUT by itself whose link was lost; here that error is ours at
    once. Only a request that was answered may be sent again, with the credentials it asked for.
    """

    def __init__(self) -> None:
        self._answered: aiohttp.ClientResponse | None = None

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        if self._answered is not None:
            self._answered.close()
        try:
            self._answered = await handler(request)
        except aiohttp.ClientConnectorError:
            raise
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as exc:
            raise LinkLostError from exc
        return self._answered


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
async def connect(call: Call, *credentials: aiohttp.ClientMiddlewareType) -> AsyncIterator[Browser]:
    """Prepare requests to the unit; nothing is sent yet. See challenge.py for credentials."""
    # A connection of its own for each request: a stale one would be tried again by itself.
    connector = aiohttp.TCPConnector(ssl=trust(call), force_close=True)
    async with aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=None),
        trust_env=False,
        middlewares=(*credentials, Sender()),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"Accept-Encoding": "identity", "User-Agent": "plcmon"},
    ) as session:
        yield Browser(call, session)
