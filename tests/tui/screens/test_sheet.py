"""The lists: keys and what they do, on the real app over a FakeDesk."""

from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.errors import DeclinedError
from plcmon.tui.look import TONES
from tests.fakes.desk import Said, an_event
from tests.fakes.fleet import Fleet, a_node, small_fleet
from tests.tui.stage import on_stage

PROPOSED = "01ISSUE0000000000000000003"


async def test_issues_come_first_with_what_asks_on_top() -> None:
    async with on_stage(size=(80, 24)) as stage:
        assert stage.app.current.sheet.id == "issues"
        assert stage.selected.id == PROPOSED
        assert "approve cycle?" in stage.lines[4]


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40), (200, 60)])
@pytest.mark.parametrize("plain", [False, True], ids=["unicode", "ascii"])
async def test_layout_holds_at_any_size(size: tuple[int, int], plain: bool) -> None:
    async with on_stage(size=size, plain=plain) as stage:
        for number in "123456":
            await stage.press(number)
            assert len(stage.lines) == size[1]
            assert max(len(line) for line in stage.lines) <= size[0]
            assert stage.lines[1].startswith((" 1 Issues", " 1"))
            assert stage.lines[-1].startswith(" enter Open")


async def test_key_lines_at_80x24() -> None:
    async with on_stage(size=(80, 24)) as stage:
        lines = stage.lines

    assert lines[0] == (
        " ✖ 4  ◐ 1  ? 1  ● 36  ○ 1   1 to approve  1 acting  guard 3 of 5  scan 2m  auto"
    )
    assert lines[1] == (
        " 1 Issues 7  2 Fleet  3 Sites  4 PCUs  5 Actions  6 Journal      ops  UTC 02:14"
    )
    assert lines[2].startswith("╭─ Issues · 7 ─")
    assert lines[3].split() == ["│", "ISSUE", "NAME", "BAD", "FOR", "RUNG", "NEXT", "│"]
    assert lines[4] == (
        "│▌ ▲ node down       planetlab-2.in.tu…    1d 2h  0/5         approve cycle?   │"
    )
    assert lines[-3] == (
        "  planetlab-2: mode: cycle is proposed and waits for an approval        1 of 7"
    )
    assert lines[-1] == (
        " enter Open  w Why  / Filter  : Go  ? Help           a Approve  ! Act  F Freeze"
    )


async def test_key_lines_at_60_columns_in_ascii() -> None:
    async with on_stage(size=(60, 20), plain=True) as stage:
        lines = stage.lines

    assert all(line.isascii() for line in lines)
    assert lines[3].split() == ["ISSUE", "NAME", "BAD", "FOR", "RUNG"]
    assert lines[5].split()[:3] == ["?!", "node", "down"]


async def test_numbers_go_to_sheets() -> None:
    async with on_stage() as stage:
        for number, title in enumerate(("Issues", "Fleet", "Sites", "PCUs", "Actions", "Journal")):
            await stage.press(str(number + 1))
            assert f" {title} · " in stage.lines[2]


async def test_filter_narrows_live_and_esc_clears() -> None:
    async with on_stage() as stage:
        await stage.press("2", "slash")
        await stage.type("site:kth !good")
        assert stage.names == ["planetlab-4.ssvl.example.se"]
        assert "Fleet · 1 of 43 · /site:kth !good" in stage.lines[2]
        assert stage.lines[-1] == " /site:kth !good"

        await stage.press("enter")
        assert stage.lines[-1].startswith(" enter Open")
        assert len(stage.names) == 1

        await stage.press("escape")
        assert len(stage.names) == 43


async def test_escape_leaves_the_prompt_before_it_clears_the_filter() -> None:
    async with on_stage() as stage:
        await stage.press("2", "slash", "k", "t", "h", "escape")
        assert len(stage.names) == 4

        await stage.press("escape")
        assert len(stage.names) == 43


async def test_arrows_move_while_a_filter_is_typed() -> None:
    async with on_stage() as stage:
        await stage.press("2", "slash", "k", "t", "h", "down", "down")

        assert stage.app.lists.table.where.place == 2


async def test_escape_never_quits() -> None:
    async with on_stage() as stage:
        await stage.press("escape", "escape", "escape")

        assert stage.app.is_running
        assert len(stage.app.screen_stack) == 1


async def test_troubles_only_and_back() -> None:
    async with on_stage() as stage:
        await stage.press("2", "z")
        assert len(stage.names) == 6
        assert "troubles only" in stage.lines[2]

        await stage.press("z")
        assert len(stage.names) == 43


async def test_sort_walks_the_columns_and_says_so() -> None:
    async with on_stage() as stage:
        await stage.press("2", "s", "s")
        assert stage.names == sorted(stage.names)
        assert "by node ▴" in stage.lines[2]

        await stage.press("S")
        assert stage.names == sorted(stage.names, reverse=True)
        assert "by node ▾" in stage.lines[2]


async def test_copy_puts_the_name_on_the_clipboard() -> None:
    async with on_stage() as stage:
        await stage.press("c")

        assert stage.app.clipboard == "planetlab-2.in.tum.example.de"
        assert "copied planetlab-2.in.tum.example.de" in stage.lines[-1]


async def test_a_site_opens_into_its_nodes() -> None:
    async with on_stage() as stage:
        await stage.press("3", "j", "enter")

        assert stage.app.current.sheet.id == "fleet"
        assert len({node.split(".", 1)[1] for node in stage.names}) == 1


async def test_all_well_is_said_in_words() -> None:
    fleet = Fleet(nodes={"k": a_node("k", "n.example", "s")})
    async with on_stage(fleet, size=(80, 24)) as stage:
        assert "No open issues." in stage.text
        assert "Last scan 2m ago, 1 nodes." in stage.text


async def test_empty_by_filter_offers_a_way_out() -> None:
    async with on_stage() as stage:
        await stage.press("2", "slash")
        await stage.type("princetn")

        assert "Nothing matches “princetn”. esc clears. Did you mean princeton?" in stage.text


async def test_approve_asks_then_says_it() -> None:
    async with on_stage() as stage:
        await stage.press("a")
        assert "Approve planetlab-2" in stage.text
        assert stage.desk.said == []

        await stage.press("y")
        await stage.until(lambda: stage.desk.said)
        assert stage.desk.said == [Said("approve", PROPOSED)]
        await stage.until(lambda: "1 to approve" not in stage.text)


async def test_reject_takes_a_reason() -> None:
    async with on_stage() as stage:
        await stage.press("x", "tab")
        await stage.type("not now")
        await stage.press("enter", "tab", "enter")
        await stage.until(lambda: stage.desk.said)

        assert stage.desk.said == [Said("reject", PROPOSED, "not now")]


async def test_pause_takes_a_reason_and_an_end() -> None:
    async with on_stage() as stage:
        await stage.press("p")
        await stage.type("disk")
        await stage.press("enter", "tab", "enter")
        await stage.until(lambda: stage.desk.said)

        assert stage.desk.said == [Said("pause", PROPOSED, "disk", {"until": "12h"})]


async def test_resume_does_not_ask() -> None:
    async with on_stage() as stage:
        await stage.press("G", "P")
        await stage.until(lambda: stage.desk.said)

        assert [said.verb for said in stage.desk.said] == ["resume"]


async def test_approve_of_what_is_not_proposed_says_so() -> None:
    async with on_stage() as stage:
        await stage.press("G", "a")

        assert "nothing to approve here" in stage.lines[-1]
        assert stage.desk.said == []


async def test_freeze_does_not_ask_and_shows() -> None:
    async with on_stage() as stage:
        await stage.press("F")
        await stage.until(lambda: "FROZEN all" in stage.lines[1])

        assert stage.desk.said == [Said("freeze", "all")]


async def test_marked_rows_are_all_said_to() -> None:
    async with on_stage() as stage:
        await stage.press("2", "space", "space", "m")
        await stage.type("moving racks")
        await stage.press("enter", "tab", "enter")
        await stage.until(lambda: len(stage.desk.said) == 2)

        assert {said.verb for said in stage.desk.said} == {"maintenance"}
        assert len({said.subject for said in stage.desk.said}) == 2
        await stage.until(lambda: "maintenance: 2 done" in stage.lines[-1])


async def test_power_is_behind_the_menu_and_a_typed_name() -> None:
    async with on_stage() as stage:
        await stage.press("2", "exclamation_mark")
        assert "Act on" in stage.text

        await stage.press("j", "j", "j", "j", "enter")
        assert "Power-cycle planetlab-4" in stage.text
        await stage.press("tab")
        await stage.type("hung")
        await stage.press("tab")
        await stage.type("planetlab-4")
        await stage.press("tab", "tab", "enter")
        await stage.until(lambda: stage.desk.said)

        assert stage.desk.said == [Said("power-cycle", "node/toml:kth-4", "hung")]


async def test_power_shows_its_progress_and_goes_on_when_that_is_closed() -> None:
    async with on_stage() as stage:
        intent = next(iter(stage.desk.fleet.intents.values()))
        stage.desk.intent = intent.id
        await stage.press("2", "exclamation_mark", "j", "j", "j", "enter", "tab")
        await stage.type("hung")
        await stage.press("tab")
        await stage.type("planetlab-4")
        await stage.press("tab", "tab", "enter")
        await stage.until(lambda: "AS IT WENT" in stage.text)

        await stage.desk.push(an_event("on sent", intent.target, keys=(f"intent/{intent.id}",)))
        await stage.until(lambda: "on sent" in stage.text)
        await stage.press("escape")
        assert stage.app.frame is stage.app.lists


async def test_enter_on_an_action_shows_its_progress() -> None:
    async with on_stage() as stage:
        await stage.press("5", "enter")

        assert "Progress" in stage.text
        assert "AS IT WENT" in stage.text


async def test_cancelled_dialog_says_nothing_was_done() -> None:
    async with on_stage() as stage:
        await stage.press("a", "escape")

        assert "nothing was done" in stage.lines[-1]
        assert stage.desk.said == []


async def test_a_refused_verb_is_explained() -> None:
    async with on_stage() as stage:
        stage.desk.declines = DeclinedError("desk", "approve", "the fleet guard is closed")
        await stage.press("a", "y")
        await stage.until(lambda: "failed" in stage.text)

        assert "the fleet guard is closed" in stage.text
        assert "Nothing was done." in stage.text
        assert "every gate" in stage.text
        await stage.press("enter")
        assert len(stage.app.screen_stack) == 1


@pytest.mark.parametrize("key", ["a", "x", "p", "P", "m", "exclamation_mark", "F"])
async def test_viewer_has_no_dangerous_keys(key: str) -> None:
    async with on_stage(role="viewer") as stage:
        await stage.press(key)

        assert len(stage.app.screen_stack) == 1
        assert stage.desk.said == []
        assert "Freeze" not in stage.lines[-1]
        assert "read only" in stage.lines[1]


async def test_lost_desk_keeps_the_rows_dims_them_and_takes_dangerous_keys() -> None:
    async with on_stage() as stage:
        await stage.desk.lose("connection refused")
        await stage.until(lambda: stage.app.book.lost)
        await stage.press("F", "a")

        assert "✖ service away since 02:14: connection refused, again in 1 s" in stage.lines[1]
        assert len(stage.names) == 7
        assert stage.app.lists.table.stale
        assert "Freeze" not in stage.lines[-1]
        assert stage.desk.said == []


async def test_found_desk_gives_everything_back() -> None:
    async with on_stage() as stage:
        await stage.desk.lose()
        await stage.until(lambda: stage.app.book.lost)
        await stage.desk.mend()
        stage.clock.advance(timedelta(seconds=2))
        await stage.until(lambda: stage.app.book.lost is None)
        await stage.until(lambda: not stage.app.lists.table.stale)

        assert "Freeze" in stage.lines[-1]


async def test_news_appear_by_themselves() -> None:
    async with on_stage() as stage:
        issue = next(iter(small_fleet().issues.values()))
        await stage.desk.change(replace(issue, id="01NEW", name="fresh.example.org", worry=0))
        await stage.until(lambda: len(stage.names) == 8)

        assert "fresh.example.org" in stage.text
        assert "1 Issues 8" in stage.lines[1]


async def test_no_colour_still_shows_the_selection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with on_stage() as stage:
        assert stage.app.no_color
        assert stage.app.screen.has_class("nocolor")
        assert stage.lines[4].startswith("│▌")


async def test_every_tone_is_known_to_every_theme() -> None:
    async with on_stage() as stage:
        for theme in ("clerk", "paper", "contrast"):
            stage.app.theme = theme
            for style in TONES.values():
                if style:
                    stage.app.stylesheet.parse_style(style)
