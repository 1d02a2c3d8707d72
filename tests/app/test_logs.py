"""Logs: one event a line, for people or for programs, and nothing that steers a terminal."""

import json
import logging
import sys
from io import StringIO

import pytest

from plcmon.app.logs import Human, Json, set_up_logs


def record(message: str = "outlet still dark", **extra: object) -> logging.LogRecord:
    made = logging.makeLogRecord({"msg": message, "levelno": logging.WARNING, **extra})
    made.levelname = "WARNING"
    made.created = 0.0
    return made


def break_down() -> None:
    raise ZeroDivisionError("a \x1b[31mbug")


def fallen() -> logging.LogRecord:
    made = record("fell")
    with pytest.raises(ZeroDivisionError) as caught:
        break_down()
    made.exc_info = (caught.type, caught.value, caught.tb)
    return made


def test_people_read_time_level_event_and_fields() -> None:
    line = Human().format(record(outlets=["p outlet 3"]))

    assert line == "00:00:00 warning outlet still dark outlets=['p outlet 3']"


def test_control_codes_never_reach_a_terminal() -> None:
    line = Human().format(record(why="\x1b[2Jgone\r\nforged"))

    assert "\x1b" not in line
    assert "\n" not in line


def test_a_traceback_has_its_lines_and_no_control_codes() -> None:
    text = Human().format(fallen())

    assert text.count("\n") >= 3
    assert "ZeroDivisionError: a ?[31mbug" in text


def test_programs_read_one_object_a_line() -> None:
    row = json.loads(Json().format(record(nodes=3, key=("a", 1))))

    assert row["event"] == "outlet still dark"
    assert row["level"] == "warning"
    assert row["at"] == "1970-01-01T00:00:00+00:00"
    assert row["nodes"] == 3
    assert "traceback" not in row


def test_what_is_no_json_is_written_as_text() -> None:
    row = json.loads(Json().format(record(path=object)))

    assert row["path"] == str(object)


def test_a_traceback_stays_on_the_one_line() -> None:
    line = Json().format(fallen())

    assert "\n" not in line
    assert "ZeroDivisionError" in json.loads(line)["traceback"]


@pytest.mark.parametrize(
    ("form", "terminal", "kind"),
    [
        ("human", False, Human),
        ("json", True, Json),
        ("auto", True, Human),
        ("auto", False, Json),
    ],
)
def test_the_form_follows_the_setting_and_the_terminal(
    form: str, terminal: bool, kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stream(StringIO):
        def isatty(self) -> bool:
            return terminal

    monkeypatch.setattr(sys, "stderr", Stream())
    set_up_logs("warning", form)

    (handler,) = logging.getLogger().handlers
    assert isinstance(handler.formatter, kind)
    assert logging.getLogger().level == logging.WARNING


def test_libraries_may_only_complain() -> None:
    set_up_logs("debug", "json")

    assert logging.getLogger("asyncssh").level == logging.ERROR
