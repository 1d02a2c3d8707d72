"""Rounds of witnesses: what is told of them, and how often the same is."""

from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.model.events import WitnessesSeen
from plcmon.model.policy import Intervals, Policy
from plcmon.model.subjects import Endpoint, Inventory, Site
from tests.fakes.inbox import FakeInbox
from tests.fakes.peers import HOST, mute_port
from tests.scanner.test_prober import SITE, make_prober


@pytest.mark.parametrize(("calm", "rounds"), [(True, 1), (False, 3)])
async def test_witnesses_that_say_the_same_at_a_calm_site_are_told_once(
    calm: bool, rounds: int
) -> None:
    inbox = FakeInbox()
    with mute_port() as port:
        site = Site(SITE, "Princeton", witnesses=(Endpoint(HOST, port),))
        prober = make_prober(inbox, site=site, calm=calm, policy=Policy())
        for _ in range(3):
            await prober.ask_witnesses(SITE)

    assert len(inbox.told(WitnessesSeen)) == rounds


async def test_witnesses_at_a_calm_site_are_told_again_in_time_and_when_they_change() -> None:
    inbox = FakeInbox()
    quick = Policy(intervals=Intervals(witness=timedelta(microseconds=1)))
    with mute_port() as port:
        site = Site(SITE, "Princeton", witnesses=(Endpoint(HOST, port),))
        prober = make_prober(inbox, site=site, calm=True, policy=quick)
        await prober.ask_witnesses(SITE)
        await prober.ask_witnesses(SITE)
        assert len(inbox.told(WitnessesSeen)) == 2

        gone = Endpoint(HOST, 9)
        changed = replace(site, witnesses=(*site.witnesses, gone))
        prober.update(Inventory({}, {SITE: changed}), Policy())
        await prober.ask_witnesses(SITE)

    assert set(inbox.told(WitnessesSeen)[-1].answered) == {f"{HOST}:{port}", f"{HOST}:9"}
