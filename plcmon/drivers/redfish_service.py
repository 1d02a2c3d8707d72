"""A Redfish service: its documents, the way to one of many, and the one request that acts.

What a document links to is followed as it is written, but never to another host. A decline is
told from a loose end: 4xx and 501 say that nothing was done, anything else may have been done.
"""

import base64
import json
import re
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from plcmon.drivers.base import Call
from plcmon.drivers.https import Answer
from plcmon.drivers.mask import clean
from plcmon.drivers.situations import DeniedError, IncompleteError
from plcmon.errors import BusyError, DialogueError, LoginError, RefusedError, UnsupportedError

Document = Mapping[str, Any]

ROOT = "/redfish/v1/"
PAGES = 16  # of one collection; a service that links in a circle ends here
SHOWN = 400  # characters of a document in the transcript
PATH = re.compile(r"/(?!/)[!-~]{0,500}")
WORDS = {"Accept": "application/json", "OData-Version": "4.0"}
NOT_OFFERED = re.compile(r"NotSupported|NotInList|ParameterUnknown|ParameterMissing|ValueError")


class Requests(Protocol):
    """How one request becomes one answer."""

    async def send(
        self, method: str, path: str, body: str, *, doing: str, headers: Mapping[str, str]
    ) -> Answer: ...


class Service:
    """One service, by the account of the record."""

    def __init__(self, call: Call, browser: Requests) -> None:
        self.seen = ""
        self._call = call
        self._browser = browser
        self._session = ""  # where the session is to be deleted
        self._headers = {**WORDS}

    async def enter(self) -> Document:
        """The root document, which everybody may read; from here on we show who we are."""
        root = await self.get(ROOT, "looking for the service")
        if self._call.option("auth", "basic") == "session":
            await self._open_session(root)
        else:
            self._headers["Authorization"] = basic(self._call)
        return root

    async def leave(self) -> None:
        """Give the session back: few are allowed, and forgotten ones last half an hour."""
        if self._session:
            path, self._session = self._session, ""
            await self._send("DELETE", path, None, "logging out")

    async def get(self, path: str, doing: str) -> Document:
        """One document. Raises DialogueError where there is none."""
        answer = await self._send("GET", path, None, doing)
        self._judge_login(answer, doing)
        if answer.status != 200:
            raise DialogueError(self._call.peer, doing, f"{path} answers {answer.status}")
        return self._document(answer, doing)

    async def members(self, path: str, doing: str) -> dict[str, str]:
        """The paths in a collection, by the last part of each, which is the member's Id."""
        found: dict[str, str] = {}
        for _ in range(PAGES):
            collection = await self.get(path, doing)
            for member in items(collection, "Members"):
                link = self.link(member, doing)
                found[unquote(link.rstrip("/").rpartition("/")[2])] = link
            following = collection.get("Members@odata.nextLink")
            if not isinstance(following, str):
                break
            path = self.path(following, doing)
        return found

    async def allowed(self, action: Document, parameter: str, doing: str) -> tuple[str, ...]:
        """The values the unit says it takes; empty when it does not say."""
        values = action.get(f"{parameter}@Redfish.AllowableValues")
        info = action.get("@Redfish.ActionInfo")
        if not isinstance(values, list) and isinstance(info, str):
            parameters = items(await self.get(self.path(info, doing), doing), "Parameters")
            named = [entry for entry in parameters if entry.get("Name") == parameter]
            values = named[0].get("AllowableValues") if named else None
        return tuple(map(str, values)) if isinstance(values, list) else ()

    async def act(self, target: str, body: Mapping[str, str], doing: str) -> None:
        """Send the one request that switches. Raises RefusedError when it certainly did nothing."""
        peer = self._call.peer
        self._call.point.passed = True
        answer = await self._send("POST", target, json.dumps(body), doing)
        if 200 <= answer.status < 300:
            return
        if not (400 <= answer.status < 500 or answer.status == 501):
            raise DialogueError(peer, doing, f"it answers {answer.status}")
        self._call.point.passed = False
        self._judge_login(answer, doing)
        why = complaint(answer) or f"it answers {answer.status}"
        why = self._call.mask(clean(why)).replace("\n", " ")[:200]
        declined = UnsupportedError if NOT_OFFERED.search(why) else RefusedError
        raise (UnsupportedError if answer.status == 501 else declined)(peer, doing, why)

    def note(self, said: str) -> None:
        """Keep what the unit said."""
        masked = self._call.mask(said)
        self.seen = masked[:80]
        self._call.tell(f"< {masked[:SHOWN]}")

    def link(self, document: Document, doing: str, *names: str) -> str:
        """The path behind `names`, one within the other."""
        here: Any = document
        for name in (*names, "@odata.id"):
            here = here.get(name) if isinstance(here, Mapping) else None
        return self.path(here, doing)

    def path(self, text: object, doing: str) -> str:
        """What a document says of a path. Raises DialogueError when it leads anywhere else."""
        if isinstance(text, str) and PATH.fullmatch(text):
            return text
        raise DialogueError(self._call.peer, doing, f"{str(text)[:80]!r} is no path of its own")

    async def _open_session(self, root: Document) -> None:
        doing = "opening a session"
        if "SessionService" not in root and not isinstance(root.get("Links"), Mapping):
            raise UnsupportedError(self._call.peer, doing, "it has none; let `auth` be basic")
        path = self.link(root, doing, "Links", "Sessions")
        account = {"UserName": self._call.pcu.user, "Password": self._call.password}
        answer = await self._send("POST", path, json.dumps(account), doing)
        if answer.status in (400, 401, 403):
            raise LoginError(self._call.peer, doing, "user name or password refused")
        token = answer.headers.get("X-Auth-Token", "")
        if answer.status not in (200, 201) or not token:
            raise DialogueError(self._call.peer, doing, f"{path} answers {answer.status}")
        self._headers["X-Auth-Token"] = token
        where = urlsplit(answer.headers.get("Location", "")).path
        self._session = where if PATH.fullmatch(where) else ""

    async def _send(self, method: str, path: str, body: str | None, doing: str) -> Answer:
        self._call.tell(f"> {method} {self._call.mask(clean(path))}")
        headers = dict(self._headers)
        if body is not None:
            headers["Content-Type"] = "application/json"
        answer = await self._browser.send(method, path, body or "", doing=doing, headers=headers)
        self.note(f"{answer.status} {' '.join(clean(answer.text).split())}")
        return answer

    def _judge_login(self, answer: Answer, doing: str) -> None:
        if answer.status == 401:
            raise LoginError(self._call.peer, doing, "user name or password refused")
        if answer.status == 403:
            raise DeniedError(self._call.peer, doing, "the account may not do this")

    def _document(self, answer: Answer, doing: str) -> Document:
        try:
            document = json.loads(answer.text)
        except (ValueError, RecursionError) as exc:
            raise DialogueError.unexpected(
                self._call.peer, doing, expected="a JSON document", seen=self.seen
            ) from exc
        if not isinstance(document, dict):
            raise DialogueError.unexpected(
                self._call.peer, doing, expected="a JSON object", seen=self.seen
            )
        return document


def items(document: Document, name: str) -> list[Document]:
    """The objects in a list of a document; what is no object is none."""
    found = document.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def complaint(answer: Answer) -> str:
    """The words of an error document; empty when it has none."""
    try:
        error = json.loads(answer.text)["error"]
        details = error.get("@Message.ExtendedInfo") or [{}]
        first = details[0] if isinstance(details, list) else details
        words = [first.get("MessageId") or first.get("MessageID"), first.get("Message")]
        return ": ".join(map(str, filter(None, words))) or str(error.get("message", ""))
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return ""


def basic(call: Call) -> str:
    """User and password as a header. Raises IncompleteError for a name that it cannot carry."""
    if ":" in call.pcu.user:
        raise IncompleteError(call.peer, "logging in", "a user name cannot hold a colon")
    return "Basic " + base64.b64encode(f"{call.pcu.user}:{call.password}".encode()).decode()


def only(call: Call, found: Mapping[str, str], option: str, doing: str) -> str:
    """The one member, or the one that the record names."""
    wanted = call.pcu.options.get(option, "")
    if not found:
        raise BusyError(call.peer, doing, f"it lists no {option} yet")
    if wanted in found:
        return found[wanted]
    if len(found) == 1 and not wanted:
        return next(iter(found.values()))
    names = call.mask(clean(", ".join(sorted(found)[:8]))).replace("\n", " ")
    raise IncompleteError(call.peer, doing, f"the option {option} must be one of {names}")
