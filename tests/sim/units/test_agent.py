"""The stand-in for a fence agent reads options as the real ones do."""

from plcmon.sim.units.agent import end, options


def test_options_are_lines_and_values_may_hold_anything() -> None:
    text = "# comment\naction=off\npassword=a=b c%\n\nplug=3\n"

    assert options(text) == {"action": "off", "password": "a=b c%", "plug": "3"}


def test_the_exit_status_of_a_status_is_the_state() -> None:
    assert [end("status", {"power": state}) for state in ("on", "off")] == [0, 2]
    assert end("off", {}) == 0
    assert end("off", {"error": "password"}) == 3
    assert end("off", {"error": "lost"}) == 4
