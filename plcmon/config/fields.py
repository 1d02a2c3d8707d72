"""Fields: the kinds of value a setting can have, each with a sentence for what is wrong."""

import ipaddress
import re
from datetime import time, timedelta
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
)

from plcmon.model.subjects import Endpoint
from plcmon.times import parse_duration

UNITS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1))
EMAIL = re.compile(r"[^@\s,;<>\"\x00-\x1f\x7f]+@[^@\s,;<>\"\x00-\x1f\x7f]+")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
NUMBERS = re.compile(r"[\d.]+|.*:.*")  # what can be an address and no name
LABEL = r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)"
NAME = re.compile(rf"{LABEL}(?:\.{LABEL})*")


class Section(BaseModel):
    """One table of the file: frozen, closed, and every field explained below itself."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


def write_duration(delta: timedelta) -> str:
    """The exact form that `parse_duration` reads back: `3d12h`, `90s` as `1m30s`."""
    left = round(delta / timedelta(milliseconds=1))
    text = ""
    for unit, size in UNITS:
        count, left = divmod(left, size)
        text += f"{count}{unit}" if count else ""
    return text or "0s"


# pydantic gathers ValueError from a validator; a TypeError would end the whole check (TRY004).
def _read_duration(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str):
        raise ValueError(f'"{value}" has no unit; write "{value}m" or "{value}s"')  # noqa: TRY004
    return parse_duration(value)


def _more_than_nothing(value: timedelta) -> timedelta:
    if value <= timedelta():
        raise ValueError('must be longer than nothing; write for example "30s"')
    return value


Duration = Annotated[
    timedelta,
    BeforeValidator(_read_duration),
    PlainSerializer(write_duration, return_type=str),
]
SomeTime = Annotated[Duration, AfterValidator(_more_than_nothing)]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
AtLeastOne = Annotated[int, Field(ge=1)]
Port = Annotated[int, Field(ge=1, le=65535)]


def _read_time_of_day(value: Any) -> Any:
    if value is None or isinstance(value, time):
        return value
    if value == "":
        return None
    found = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", str(value))
    if found is None:
        raise ValueError(f'"{value}" is no time of the day; write for example "07:00"')
    return time(int(found[1]), int(found[2]))


TimeOfDay = Annotated[time | None, BeforeValidator(_read_time_of_day)]


def _check_line(text: str) -> str:
    """What is typed at a unit, or shown on a terminal and in a mail, says only what it shows."""
    if CONTROL.search(text):
        raise ValueError(f"{text!r} has a line break or a control code")
    return text


Line = Annotated[str, AfterValidator(_check_line)]


def check_host(text: str) -> str:
    """A name or an address, as given. Raises ValueError for what can be neither."""
    # Names first: most are, and an address takes ten times as long to refuse.
    if not NUMBERS.fullmatch(text) and NAME.fullmatch(text):
        return text
    try:
        ipaddress.ip_address(text)
    except ValueError:
        raise ValueError(f'"{text}" is neither a host name nor an address') from None
    return text


def parse_endpoint(text: str) -> Endpoint:
    """Read `host:port` or `[v6]:port`. Raises ValueError with an example."""
    match = re.fullmatch(r"(?:\[([^\]]+)\]|([^:\[\]]+)):(\d{1,5})", text.strip())
    if match is None:
        raise ValueError(f'"{text}" is not HOST:PORT; write "192.0.2.1:443" or "[2001:db8::1]:443"')
    port = int(match[3])
    if not 1 <= port <= 65535:
        raise ValueError(f'"{text}": port {port} is not between 1 and 65535')
    return Endpoint(check_host(match[1] or match[2]), port)


def _read_endpoint(value: Any) -> Endpoint:
    if isinstance(value, Endpoint):
        return value
    if not isinstance(value, str):
        raise ValueError(f'"{value}" is not HOST:PORT; write "192.0.2.1:443"')  # noqa: TRY004
    return parse_endpoint(value)


def _check_email(value: str) -> str:
    if not EMAIL.fullmatch(value):
        raise ValueError(f'"{value}" is not a mail address; write "noc@example.org"')
    return value


EndpointField = Annotated[
    Endpoint, BeforeValidator(_read_endpoint), PlainSerializer(str, return_type=str)
]
Email = Annotated[str, AfterValidator(_check_email)]


def is_loopback(host: str) -> bool:
    """Whether `host` is an address of the loopback, or the name of one."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in {"localhost", "ip6-localhost"}
