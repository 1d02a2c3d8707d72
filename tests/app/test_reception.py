"""The reception: what a reload takes over, and what it says needs a restart."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from plcmon.app.reception import Reception, restart_needed
from plcmon.config import Settings
from plcmon.config.sources import Source
from plcmon.engine import Engine
from plcmon.model.decisions import Mode
from plcmon.model.issues import IssueType
from plcmon.model.policy import Policy
from plcmon.model.state import Changes
from plcmon.model.subjects import Endpoint, Inventory, fleet_subject
from tests.app.place import Place
from tests.fakes.book import FixedClock
from tests.operations.test_difference import OBSERVE, with_silent
from tests.policy.clerk import POLICY


@pytest.fixture
def settings(place: Place) -> Settings:
    return place.load()[0]


def test_nothing_needs_a_restart_when_nothing_changed(settings: Settings) -> None:
    assert restart_needed(settings, settings) == []


def test_what_only_a_start_takes_over_is_named(settings: Settings) -> None:
    changed = replace(
        settings,
        canaries=(Endpoint("127.0.0.1", 53),),
        socket=Path("/run/elsewhere.sock"),
        roles={"ann": "operator"},
    )

    assert restart_needed(settings, changed) == ["canaries", "socket", "roles"]


def test_policy_and_inventory_need_none(settings: Settings) -> None:
    changed = replace(settings, policy=replace(settings.policy, version="x"), inventory=())

    assert restart_needed(settings, changed) == []


class NoScanner:
    """Nobody looks at anything."""

    def update(self, inventory: Inventory, policy: Policy) -> None:
        self.policy = policy


class NoGatherer:
    """Nobody is asked."""

    def __init__(self) -> None:
        self.sources: Mapping[str, Source] | None = None

    def update(self, sources: Mapping[str, Source]) -> None:
        self.sources = sources


@asynccontextmanager
async def observing(
    silent: int, gatherer: NoGatherer | None = None
) -> AsyncIterator[tuple[Reception, Engine]]:
    """A service that only observes while so many nodes are down."""
    clerk = with_silent(silent)
    clock = FixedClock(clerk.now)

    async def commit(_changes: Changes) -> None:
        """Nothing is kept."""

    engine = Engine(
        state=clerk.state, policy=OBSERVE, commit=commit, publish=lambda _: None, clock=clock
    )
    async with asyncio.TaskGroup() as group:
        running = group.create_task(engine.run(), name="engine")
        reception = Reception(
            engine=engine,
            database=None,  # type: ignore[arg-type] # not needed here
            scanner=NoScanner(),  # type: ignore[arg-type] # likewise
            gatherer=gatherer or NoGatherer(),  # type: ignore[arg-type] # likewise
            clock=clock,
        )
        yield reception, engine
        running.cancel()


async def test_a_reload_that_would_release_too_much_is_refused_and_says_so(
    settings: Settings,
) -> None:
    async with observing(4) as (reception, engine):
        said = await reception.reload(settings, lambda _: POLICY)

        issue = engine.state.open_issue(fleet_subject("config"), IssueType.SELF)
        assert said.startswith("the policy was not taken: it would release 4 power actions")
        assert engine.policy.mode is Mode.OBSERVE
        assert issue is not None
        assert issue.summary == said


async def test_a_reload_within_the_budget_is_taken_and_its_moves_are_logged(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with observing(2) as (reception, engine):
        await reception.reload(settings, lambda _: POLICY)

        assert engine.policy.mode is Mode.AUTO
    changes = [getattr(record, "change", "") for record in caplog.records]
    assert "mode: observe -> auto" in changes
    assert sum("cycle (power-cycle) runs" in change for change in changes) == 2


SOURCE = '[sources.prom]\nkind = "json"\nurl = "http://127.0.0.1:1/up"\n'


async def test_a_reload_takes_its_sources_over(place: Place, settings: Settings) -> None:
    gatherer = NoGatherer()
    async with observing(1, gatherer) as (reception, engine):
        place.write(more=SOURCE)
        await reception.reload(settings, lambda fresh: fresh.policy)

        assert gatherer.sources is not None
        assert list(gatherer.sources) == list(engine.policy.sources) == ["prom"]


async def test_a_source_with_a_mistake_changes_none_and_is_named(
    place: Place, settings: Settings
) -> None:
    gatherer = NoGatherer()
    async with observing(1, gatherer) as (reception, engine):
        place.write(more=SOURCE.replace("json", "xml"))
        said = await reception.reload(settings, lambda fresh: fresh.policy)

        assert "sources.prom.kind" in said
        assert gatherer.sources is None
        assert not engine.policy.sources
