"""The Redfish service: where documents may lead, and what an answer to the one request means."""

import json
from collections.abc import Mapping

import pytest

from plcmon.drivers.base import Call, RememberedKeys
from plcmon.drivers.https import Answer
from plcmon.drivers.mask import Mask
from plcmon.drivers.redfish_service import PAGES, Service
from plcmon.drivers.situations import DeniedError, IncompleteError
from plcmon.errors import DeviceError, DialogueError, LoginError, RefusedError, UnsupportedError
from plcmon.model.subjects import Pcu, PcuKey, SiteKey, Transport

PCU = Pcu(PcuKey("toml:bmc"), SiteKey("s"), "bmc-1", "192.0.2.1", "redfish", user="root")
TARGET = "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset"


class Shelf:
    """Answers by path; keeps what was asked."""

    def __init__(self, **answers: Answer) -> None:
        self.answers = answers
        self.asked: list[tuple[str, str, str]] = []

    async def send(
        self, method: str, path: str, body: str, *, doing: str, headers: Mapping[str, str]
    ) -> Answer:
        self.asked.append((method, path, body))
        return self.answers.get(path.rpartition("/")[2], Answer(404, ""))


def service(shelf: Shelf, *, user: str = "root", **options: str) -> tuple[Service, Call]:
    pcu = Pcu(PCU.key, PCU.site, PCU.name, PCU.host, PCU.family, user=user, options=options)
    call = Call(
        pcu, Transport("https", 443), RememberedKeys(), lambda _: None, "pw-42", Mask("pw-42")
    )
    return Service(call, shelf), call


def document(**values: object) -> Answer:
    return Answer(200, json.dumps(values))


@pytest.mark.parametrize(
    "text", ["", "null", "[]", "<html>Welcome</html>", '{"a":', "[" * 60_000, "\x1b[2J"]
)
async def test_what_is_no_document_is_not_understood(text: str) -> None:
    it, _ = service(Shelf(a=Answer(200, text)))

    with pytest.raises(DialogueError):
        await it.get("/redfish/v1/a", "reading")


@pytest.mark.parametrize(
    "path",
    ["https://192.0.2.66/x", "//192.0.2.66/x", "relative", "", "/a b", "/ä", "/" + "x" * 600, 7],
)
async def test_no_document_leads_to_another_host(path: object) -> None:
    shelf = Shelf()
    it, _ = service(shelf)

    with pytest.raises(DialogueError):
        it.link({"Systems": {"@odata.id": path}}, "looking", "Systems")
    assert not shelf.asked


@pytest.mark.parametrize("there", [{}, {"Systems": None}, {"Systems": []}, {"Systems": {"x": 1}}])
async def test_a_link_that_is_missing_is_said(there: dict[str, object]) -> None:
    it, _ = service(Shelf())

    with pytest.raises(DialogueError):
        it.link(there, "looking", "Systems")


async def test_a_collection_is_read_over_its_pages() -> None:
    first = {"Members": [{"@odata.id": "/o/A1"}, 3], "Members@odata.nextLink": "/o/two"}
    shelf = Shelf(one=document(**first), two=document(Members=[{"@odata.id": "/o/A%202/"}]))
    it, _ = service(shelf)

    assert await it.members("/o/one", "looking") == {"A1": "/o/A1", "A 2": "/o/A%202/"}


async def test_a_collection_that_leads_in_a_circle_ends() -> None:
    shelf = Shelf(one=document(**{"Members": [], "Members@odata.nextLink": "/o/one"}))
    it, _ = service(shelf)

    assert await it.members("/o/one", "looking") == {}
    assert len(shelf.asked) == PAGES


@pytest.mark.parametrize("status", [200, 202, 204])
async def test_accepted_is_accepted(status: int) -> None:
    shelf = Shelf(**{"ComputerSystem.Reset": Answer(status, "")})
    it, _ = service(shelf)
    await it.act(TARGET, {"ResetType": "On"}, "switching")

    assert shelf.asked == [("POST", TARGET, '{"ResetType": "On"}')]


def error(message_id: str, message: str = "no") -> str:
    detail = {"MessageId": message_id, "Message": message}
    return json.dumps({"error": {"@Message.ExtendedInfo": [detail]}})


@pytest.mark.parametrize(
    ("answer", "situation"),
    [
        (Answer(401, ""), LoginError),
        (Answer(403, ""), DeniedError),
        (Answer(404, ""), RefusedError),
        (Answer(400, error("Base.1.2.ActionParameterNotSupported")), UnsupportedError),
        (Answer(400, error("Base.1.8.1.PropertyValueNotInList")), UnsupportedError),
        (Answer(400, error("iLO.0.10.InvalidOperationForSystemState")), RefusedError),
        (Answer(409, error("IDRAC.1.6.PSU501", "Server is already powered ON.")), RefusedError),
        (Answer(412, "[]"), RefusedError),
        (Answer(501, error("Base.1.0.GeneralError", "PowerCycle is not supported")),
         UnsupportedError),
    ],
)  # fmt: skip
async def test_a_decline_is_certain(answer: Answer, situation: type[DeviceError]) -> None:
    it, call = service(Shelf(**{"ComputerSystem.Reset": answer}))

    with pytest.raises(situation) as caught:
        await it.act(TARGET, {"ResetType": "On"}, "switching")

    assert type(caught.value) is situation
    assert not call.point.passed


@pytest.mark.parametrize("status", [302, 307, 500, 502, 504])
async def test_anything_else_leaves_it_open_what_was_done(status: int) -> None:
    shelf = Shelf(**{"ComputerSystem.Reset": Answer(status, "")})
    it, call = service(shelf)

    with pytest.raises(DialogueError):
        await it.act(TARGET, {"ResetType": "On"}, "switching")

    assert call.point.passed
    assert len(shelf.asked) == 1


async def test_an_error_document_cannot_show_the_password() -> None:
    said = Answer(400, error("X.1.Y", "user root pw-42 may not\x1b[2J"))
    it, _ = service(Shelf(**{"ComputerSystem.Reset": said}))

    with pytest.raises(RefusedError) as caught:
        await it.act(TARGET, {"ResetType": "On"}, "switching")

    assert "pw-42" not in caught.value.why
    assert caught.value.why.isprintable()


async def test_basic_cannot_carry_a_colon_in_a_name() -> None:
    it, _ = service(Shelf(**{"": document()}), user="a:b")

    with pytest.raises(IncompleteError):
        await it.enter()


ROOT = document(Links={"Sessions": {"@odata.id": "/redfish/v1/SessionService/Sessions"}})


async def test_a_service_without_sessions_says_so() -> None:
    it, _ = service(Shelf(**{"": document(Systems={})}), auth="session")

    with pytest.raises(UnsupportedError, match="basic"):
        await it.enter()


async def test_a_session_without_a_token_is_not_understood() -> None:
    it, _ = service(Shelf(**{"": ROOT, "Sessions": Answer(201, "")}), auth="session")

    with pytest.raises(DialogueError):
        await it.enter()


async def test_the_place_of_a_session_may_be_a_whole_address() -> None:
    headers = {"X-Auth-Token": "t", "Location": "https://192.0.2.1/redfish/v1/Sessions/7"}
    shelf = Shelf(**{"": ROOT, "Sessions": Answer(201, "", headers)})
    it, _ = service(shelf, auth="session")
    await it.enter()
    await it.leave()

    assert shelf.asked[-1] == ("DELETE", "/redfish/v1/Sessions/7", "")
