"""The table of keys: what it promises about danger, footers, roles and names."""

from itertools import groupby

import pytest

from plcmon.operations.desk import VERBS
from plcmon.tui import keys
from plcmon.tui.app import PlcmonApp
from plcmon.tui.dialogs import HELP_TAKEN, WIDTH
from plcmon.tui.keys import FOOTER_MOST, KEYS, Key, allowed, fits, footer, help_keys, of_action
from plcmon.tui.screens.frame import Frame
from plcmon.tui.screens.page import PageScreen
from plcmon.tui.screens.sheet import SheetScreen
from plcmon.tui.sheets import SHEETS

HOLDERS: dict[str, tuple[type, ...]] = {
    "app": (PlcmonApp,),
    "sheet": (SheetScreen,),
    "page": (PageScreen,),
}
KINDS = [sheet.kind for sheet in SHEETS]
NEVER = {"ctrl+a", "ctrl+s", "ctrl+z", "ctrl+i", "ctrl+m", "ctrl+j", "ctrl+h"}
by_id = pytest.mark.parametrize("key", KEYS, ids=lambda key: key.id)


@by_id
def test_every_key_has_its_action(key: Key) -> None:
    name = key.action.partition("(")[0]

    assert any(hasattr(holder, f"action_{name}") for holder in HOLDERS[key.place])


@by_id
def test_help_fits_its_line(key: Key) -> None:
    assert len(key.help) <= WIDTH - HELP_TAKEN
    assert key.help.endswith(".")


@by_id
def test_no_key_that_terminals_take_for_themselves(key: Key) -> None:
    assert not NEVER & set(key.keys.split(","))


def test_ids_are_unique() -> None:
    assert len(keys.BY_ID) == len(KEYS)


@pytest.mark.parametrize("place", ["sheet", "page"])
def test_no_key_means_two_things_on_one_screen(place: str) -> None:
    pressed = sorted(
        single for key in KEYS if key.place in (place, "app") for single in key.keys.split(",")
    )

    assert [key for key, same in groupby(pressed) if len(list(same)) > 1] == []


def test_nothing_that_touches_a_relay_has_a_key_of_its_own() -> None:
    heavy = {verb for verb, spec in VERBS.items() if spec.weight == 3}

    assert not [key for key in KEYS if any(f"'{verb}'" in key.action for verb in heavy)]


def test_dangerous_keys_need_more_than_a_viewer() -> None:
    assert all(key.role != "viewer" for key in KEYS if key.dangerous)


def test_said_verbs_need_the_role_of_the_verb() -> None:
    for key in KEYS:
        if key.action.startswith("say("):
            verb = key.action.split("'")[1]
            assert key.role == VERBS[verb].role
            assert key.dangerous


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("role", ["viewer", "operator", "admin"])
def test_footer_has_at_most_eight_safe_ones_first(kind: str, role: str) -> None:
    found = footer("sheet", kind, role)

    assert 0 < len(found) <= FOOTER_MOST
    assert [key.dangerous for key in found] == sorted(key.dangerous for key in found)


@pytest.mark.parametrize("kind", KINDS)
def test_footer_always_offers_help(kind: str) -> None:
    assert "help" in [key.id for key in footer("sheet", kind, "operator")]


@pytest.mark.parametrize("place", ["sheet", "page"])
def test_viewer_has_no_dangerous_key_anywhere(place: str) -> None:
    assert not [key for key in help_keys(place, "viewer") if key.dangerous]
    for kind in KINDS:
        assert not [key for key in footer(place, kind, "viewer") if key.dangerous]


def test_lost_desk_takes_the_dangerous_keys() -> None:
    assert not [key for key in footer("sheet", "issue", "admin", lost=True) if key.dangerous]
    assert not allowed(keys.BY_ID["freeze"], "admin", lost=True)
    assert allowed(keys.BY_ID["filter"], "viewer", lost=True)


def test_approve_is_for_issues_only() -> None:
    assert fits(keys.BY_ID["approve"], "issue")
    assert not fits(keys.BY_ID["approve"], "node")


def test_actions_find_their_key() -> None:
    assert of_action("say", ("approve",)) is keys.BY_ID["approve"]
    assert of_action("sheet", ("fleet",)) is keys.BY_ID["fleet"]
    assert of_action("quit", ()) is None


def test_shown_follows_the_keymap() -> None:
    assert keys.shown(keys.BY_ID["filter"]) == "/"
    assert keys.shown(keys.BY_ID["filter"], {"filter": "f"}) == "f"


def test_bindings_carry_ids() -> None:
    assert {binding.id for binding in keys.bindings("sheet")} == {
        key.id for key in KEYS if key.place == "sheet"
    }


def test_frame_asks_the_table_before_every_action() -> None:
    assert "check_action" in vars(Frame)
    assert "check_action" in vars(PlcmonApp)
