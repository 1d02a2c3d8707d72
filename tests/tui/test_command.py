"""The command line: where it goes, what it says, what it offers."""

import pytest

from plcmon.operations.desk import VERBS
from plcmon.tui.book import Book
from plcmon.tui.command import Command, Do, Go, Names, Say, Unknown, complete, heads, read
from tests.fakes.desk import FakeDesk


@pytest.fixture
async def names() -> Names:
    book = Book()
    book.load(await FakeDesk().view())
    return Names.of(book)


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("fleet", Go("fleet")),
        (":fleet site:kth", Go("fleet", filter="site:kth")),
        ("issues /!paused", Go("issues", filter="!paused")),
        ("nodes", Go("fleet")),
        ("site kth", Go("sites", key="kth")),
        ("node planetlab-1.ssvl.example.se", Go("fleet", key="toml:kth-1")),
        ("pcu kth-pdu-1", Go("pcus", key="toml:kth-pdu-1")),
        ("node", Go("fleet")),
        ("q", Do("quit")),
        ("theme paper", Do("theme", "paper")),
        ("plan 3d", Do("plan", "3d")),
        ("why planetlab-1 03:00", Do("why", "planetlab-1 03:00")),
        ("approvals", Go("issues", filter="status:proposal")),
        ("freeze", Say("freeze", scope="all")),
        ("unfreeze site/kth", Say("unfreeze", scope="site/kth")),
        ("power-cycle planetlab-1.ssvl.example.se", Say("power-cycle", "fleet", "toml:kth-1")),
        ("maintenance kth", Say("maintenance", "sites", "kth")),
        ("re-arm kind/power", Say("re-arm", scope="kind/power")),
        (
            "re-arm 01ISSUE0000000000000000003",
            Say("re-arm", "issues", "01ISSUE0000000000000000003"),
        ),
        (
            "approve 01INTENT000000000000000001",
            Say("approve", "actions", "01INTENT000000000000000001"),
        ),
        ("baseline-accept", Say("baseline-accept")),
        ("pcu-test kth-pdu-1", Say("pcu-test", "pcus", "toml:kth-pdu-1")),
        ("pause 01ISSUE0000000000000000003", Say("pause", "issues", "01ISSUE0000000000000000003")),
    ],
)
def test_lines_are_understood(line: str, command: Command, names: Names) -> None:
    assert read(line, names, "operator") == command


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("flet", "no command “flet”; did you mean fleet?"),
        ("site princetn", "no site “princetn”; did you mean princeton?"),
        ("power-cycle", "power-cycle: which node?"),
        ("maintenance", "maintenance: which node or site?"),
        ("maintenance princetn", "no node or site “princetn”; did you mean princeton?"),
        ("db-adopt", "db-adopt is for the role admin; yours is operator"),
        ("xyzzy", "no command “xyzzy”"),
    ],
)
def test_unknown_lines_say_why(line: str, why: str, names: Names) -> None:
    assert read(line, names, "operator") == Unknown(why)


def test_ambiguous_short_names_are_not_guessed(names: Names) -> None:
    said = read("power-off planetlab-1", names, "operator")

    assert isinstance(said, Unknown)
    assert said.why.endswith("write the whole name")


def test_admin_may_adopt(names: Names) -> None:
    assert read("db-adopt", names, "admin") == Say("db-adopt")


def test_viewer_is_not_offered_verbs(names: Names) -> None:
    assert not set(heads("viewer")) & set(VERBS)
    assert complete("free", names, "viewer") == ""


@pytest.mark.parametrize(
    ("typed", "whole"),
    [
        ("fl", "fleet"),
        ("site pri", "site princeton"),
        ("power-cycle planetlab-1.ss", "power-cycle planetlab-1.ssvl.example.se"),
        ("unfreeze a", "unfreeze all"),
        ("theme co", "theme contrast"),
        ("", ""),
        ("site ", ""),
        ("site zzz", ""),
        ("nonsense kth", ""),
    ],
)
def test_completion(typed: str, whole: str, names: Names) -> None:
    assert complete(typed, names, "operator") == whole
