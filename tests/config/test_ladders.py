from datetime import timedelta
from pathlib import Path

import pytest

from plcmon.config import default_policy
from plcmon.model.decisions import Mode
from plcmon.model.issues import IssueType
from tests.config.files import problems_of, settings_of

DAY = timedelta(days=1)


def test_every_type_has_a_shipped_ladder() -> None:
    assert set(default_policy().ladders) == set(IssueType)


def test_shipped_node_down_climbs_power_then_people() -> None:
    rungs = default_policy().ladders[IssueType.NODE_DOWN].rungs

    assert [str(rung.do[0]) for rung in rungs] == [
        "power-cycle",
        "power-cycle",
        "boot-state reinstall",
        "notify down tech",
        "notify down tech pi",
        "notify down tech pi user",
        "notify down tech pi user",
    ]


@pytest.mark.parametrize("kind", list(IssueType))
def test_every_shipped_ladder_ends_in_a_repetition(kind: IssueType) -> None:
    assert default_policy().ladders[kind].rungs[-1].repeats


def test_reinstalls_are_proposed_only() -> None:
    modes = {
        rung.mode
        for ladder in default_policy().ladders.values()
        for rung in ladder.rungs
        if any(str(effect) == "boot-state reinstall" for effect in rung.do)
    }

    assert modes == {Mode.PROPOSE}


def test_power_is_never_for_debug_or_deaf() -> None:
    with_power = {
        ladder.type
        for ladder in default_policy().ladders.values()
        for rung in ladder.rungs
        if any(str(effect) == "power-cycle" for effect in rung.do)
    }

    assert with_power == {IssueType.NODE_DOWN}


def test_operator_changes_one_key_of_a_shipped_rung(tmp_path: Path) -> None:
    text = '[ladder.node_down.tell]\nafter = "12h"'

    rungs = {
        r.name: r for r in settings_of(tmp_path, text).policy.ladders[IssueType.NODE_DOWN].rungs
    }

    assert rungs["tell"].after == DAY / 2
    assert str(rungs["tell"].do[0]) == "notify down tech"


def test_operator_adds_a_rung_in_its_order(tmp_path: Path) -> None:
    text = '[ladder.node_down.early]\norder = 5\ndo = ["alert"]'

    rungs = settings_of(tmp_path, text).policy.ladders[IssueType.NODE_DOWN].rungs

    assert [rung.name for rung in rungs][:2] == ["early", "cycle"]


def test_operator_takes_a_rung_out(tmp_path: Path) -> None:
    text = "[ladder.node_down.reinstall]\nenabled = false"

    rungs = settings_of(tmp_path, text).policy.ladders[IssueType.NODE_DOWN].rungs

    assert "reinstall" not in [rung.name for rung in rungs]


def test_operator_replaces_a_ladder(tmp_path: Path) -> None:
    text = (
        '[ladder.self]\nreplace = true\nmode = "propose"\n[ladder.self.only]\norder=1\ndo=["alert"]'
    )

    ladder = settings_of(tmp_path, text).policy.ladders[IssueType.SELF]

    assert [rung.name for rung in ladder.rungs] == ["only"]
    assert ladder.mode is Mode.PROPOSE


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("[ladder.node_dwn.x]\norder = 1", 1, "did you mean node_down?"),
        ("[ladder.node_down.tel]\nafter = '2h'", 1, "is missing; did you mean tell?"),
        ("[ladder.node_down.tell]\nafter = 3", 2, "has no unit"),
        ("[ladder.node_down.tell]\nwhn = []", 2, "did you mean when?"),
        ("[ladder.node_down.tell]\nmode = 'auot'", 2, "did you mean auto?"),
        ("[ladder.node_down.tell]\ndo = []", 2, "at least one"),
        ("[ladder.node_down.tell]\nwhen = ['silnt']", 2, "did you mean silent?"),
        ("[ladder.node_down]\nmod = 'auto'", 2, "did you mean mode?"),
        ("[ladder]\nself = 3", 2, "not a table"),
        ("[ladder.node_down.again]\nafter = '2h'", 1, "the limit allows it after 1d"),
        ("[ladder.node_down.tell_pi]\nafter = '2h'", 1, "the limit allows it after 3d12h"),
        ("[ladder.node_down.remind]\nevery = '2h'", 1, "the limit allows it every 3d12h"),
        ("[ladder.node_down.zz]\norder = 99\ndo = ['alert']", 1, '"remind" before it repeats'),
        ("[ladder.node_down.tell]\nwhen = ['silent', 'not silent']", 1, "and its opposite"),
        ("[ladder.node_down.tell]\nwhen = ['silent', 'debug']", 1, "are never both so"),
        ("[ladder.node_login.tell]\nwhen = ['not_rebooted']", 1, "no rung before has any"),
        ("[ladder.node_down.cycle]\nenabled = false", 1, "no rung before has any"),
        ("[ladder.pcu_down.tell]\nwhen = ['silent']", 2, "asks about a node"),
        ("[ladder.node_debug.again]\nafter = '2h'", 1, "the limit allows it after 12h"),
        ("[ladder.bad_hardware.tell_again]\nafter = '2d'", 1, "the limit allows it after 7d"),
        ("[ladder.node_down.tell]\ndo = ['open pcu_down']", 2, '"pcu_down" is about a pcu'),
        ("[ladder.node_down.tell]\nevery = '0s'", 2, "longer than nothing"),
    ],
)
def test_mistakes_are_told_with_their_line(tmp_path: Path, text: str, line: int, says: str) -> None:
    problems = problems_of(tmp_path, text)

    assert any(p.startswith(f"monitor.toml:{line}: ladder") and says in p for p in problems)


def test_node_limit_of_the_same_file_counts(tmp_path: Path) -> None:
    text = (
        "[policy.limits]\ncycles = {'20m' = 1}\n"
        "[ladder.node_down.again]\nafter = '20m'\n"
        "[ladder.node_down.reinstall]\nafter = '20m'"
    )

    assert settings_of(tmp_path, text).policy.limits.cycles == {timedelta(minutes=20): 1}


def test_openings_in_a_circle_are_refused(tmp_path: Path) -> None:
    text = (
        "[ladder.node_down.tell]\ndo = ['open node_config']\n"
        "[ladder.node_config.tell]\ndo = ['open bad_hardware']\n"
        "[ladder.bad_hardware.tell]\ndo = ['open node_down']\n"
    )

    problems = problems_of(tmp_path, text)

    assert "node_down -> node_config -> bad_hardware -> node_down" in problems[0]
    assert len(problems) == 3


def test_opening_without_return_is_allowed(tmp_path: Path) -> None:
    text = "[ladder.node_down.open]\norder = 1\ndo = ['open bad_hardware']"

    assert settings_of(tmp_path, text).policy.ladders[IssueType.NODE_DOWN].rungs[0].name == "open"
