"""The house: the parts that settings call for, wired; a lost history never fails an action."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from plcmon.app.house import (
    News,
    build,
    channels,
    policy_of,
    transcript_keeper,
)
from plcmon.config import Settings
from plcmon.errors import StoreError
from plcmon.model.events import Actor, Event, Noticed
from plcmon.model.subjects import PcuKey, fleet_subject
from plcmon.operations.local import LocalDesk
from plcmon.store import Database, open_database
from plcmon.systemd import Notifier
from plcmon.times import SystemClock
from tests.app.place import Place

AT = datetime(2026, 3, 1, tzinfo=UTC)
MAIL = """
[mail]
host = "127.0.0.1"
sender = "plcmon@example.org"
operators = ["noc@example.org"]
"""


@pytest.fixture
def settings(place: Place) -> Settings:
    return place.load()[0]


async def staff_of(settings: Settings) -> set[str]:
    clock = SystemClock()
    async with open_database(settings.state_dir, clock=clock) as database:
        house = await build(settings, database, clock, Notifier({}, clock))
        assert isinstance(house.desk_for(Actor("ann")), LocalDesk)
        assert house.health().ok
        assert house.health().counts == {"scan_put_off": 0, "scan_left_out": 0, "scan_dropped": 0}
        assert set(house.health().ages) == {"engine", "scan_lateness", "scan_behind", "loop_lag"}
        return {name for name, _ in house.staff}


async def test_without_mail_nobody_sits_in_the_post_room(settings: Settings) -> None:
    staff = await staff_of(settings)

    always = {"power", "pcu-tests", "alerts", "scan", "readings", "sources", "keeping", "watchdog"}
    assert always <= staff
    assert "post" not in staff
    assert "heartbeat" not in staff


async def test_a_relay_and_a_heartbeat_bring_their_staff(place: Place) -> None:
    place.write(more=MAIL)
    settings = place.load()[0]
    alerts = settings.alerts.model_copy(update={"heartbeat": SecretStr("http://127.0.0.1:9/")})

    assert {"post", "heartbeat"} <= await staff_of(replace(settings, alerts=alerts))


def test_operators_stand_in_where_a_site_has_nobody(place: Place) -> None:
    place.write(more=MAIL)

    assert policy_of(place.load()[0]).operators == ("noc@example.org",)


def test_without_mail_nobody_stands_in(settings: Settings) -> None:
    assert policy_of(settings).operators == ()


def test_every_way_to_reach_operators_is_a_channel(settings: Settings) -> None:
    both = {"webhook": SecretStr("http://127.0.0.1:9/"), "command": ("/bin/true",)}

    assert channels(settings) == []
    assert len(channels(replace(settings, alerts=settings.alerts.model_copy(update=both)))) == 2


def test_news_reaches_every_listener_in_order() -> None:
    heard: list[str] = []
    news = News([lambda _: heard.append("hub"), lambda _: heard.append("staff")])
    news.publish([Event(AT, fleet_subject(), Noticed("disk", True, ""))])

    assert heard == ["hub", "staff"]


class Full(Database):
    """A history on a full disk."""

    def __init__(self) -> None:
        """Nothing is open."""

    async def keep_transcript(self, pcu: PcuKey, at: datetime, intent: str, text: str) -> None:
        raise StoreError("history.db", "writing", "the disk is full")


async def test_a_transcript_that_cannot_be_kept_is_logged_and_no_more(
    caplog: pytest.LogCaptureFixture,
) -> None:
    await transcript_keeper(Full())(PcuKey("p"), AT, "", "text")

    assert "transcript not kept" in caplog.text
