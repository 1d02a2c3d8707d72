from datetime import time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from plcmon.config.fields import (
    TimeOfDay,
    check_host,
    is_loopback,
    parse_endpoint,
    write_duration,
)
from plcmon.model.subjects import Endpoint
from plcmon.times import format_duration, parse_duration


@given(st.integers(min_value=0, max_value=10**11))
def test_written_durations_read_back_exactly(milliseconds: int) -> None:
    delta = timedelta(milliseconds=milliseconds)

    assert parse_duration(write_duration(delta)) == delta


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("192.0.2.1:443", "192.0.2.1", 443),
        ("[2001:db8::1]:53", "2001:db8::1", 53),
        ("gw.example.org:22", "gw.example.org", 22),
    ],
)
def test_endpoints_are_host_and_port(text: str, host: str, port: int) -> None:
    assert parse_endpoint(text) == Endpoint(host, port)


@pytest.mark.parametrize(
    "text", ["", "host", "host:", "::1:22", "1.2.3.400:22", "a b:1", "x:0", "x:70000"]
)
def test_what_is_no_endpoint_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\""):
        parse_endpoint(text)


@pytest.mark.parametrize("text", ["-x.org", "a..b", "under score", "1.2.3", "x" * 64, "[::1]"])
def test_what_is_no_host_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="neither a host name nor an address"):
        check_host(text)


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("127.4.0.9", True),
        ("::1", True),
        ("localhost", True),
        ("10.0.0.1", False),
        ("a.b", False),
    ],
)
def test_loopback_is_by_address(host: str, ours: bool) -> None:
    assert is_loopback(host) is ours


@pytest.mark.parametrize("text", ["7:00", "24:00", "07:60", "noon"])
def test_a_time_of_the_day_has_hours_and_minutes(text: str) -> None:
    with pytest.raises(ValidationError, match="is no time of the day"):
        TypeAdapter(TimeOfDay).validate_python(text)


def test_an_empty_time_of_the_day_is_none() -> None:
    reader = TypeAdapter[time | None](TimeOfDay)

    assert (reader.validate_python(""), reader.validate_python("07:05")) == (None, time(7, 5))


@pytest.mark.parametrize(
    ("delta", "text"),
    [
        (timedelta(milliseconds=20), "20ms"),
        (timedelta(seconds=0.9996), "999ms"),
        (timedelta(), "0s"),
        (timedelta(microseconds=3), "0s"),
        (timedelta(milliseconds=-20), "-20ms"),
        (timedelta(seconds=59.9), "59s"),
        (timedelta(hours=25), "1d 1h"),
    ],
)
def test_a_duration_for_people_is_nothing_only_where_it_is(delta: timedelta, text: str) -> None:
    assert format_duration(delta) == text
