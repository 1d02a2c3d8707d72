"""Where a PCU's name leads: remembered, held against, and no power where it leads elsewhere."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest

from plcmon.actions.whereabouts import Whereabouts, as_named
from plcmon.drivers.situations import NoRouteError
from plcmon.model.beliefs import Finding, PcuBelief
from plcmon.model.events import DnsChecked, Verb
from plcmon.model.intents import IntentState, PowerState
from plcmon.model.state import State
from plcmon.model.subjects import Pcu, PcuKey, SiteKey, Transport, pcu_subject
from plcmon.probes.tcp import NoEvidenceError
from tests.actions.scene import OPS, PCU, Run, Scene
from tests.fakes.inbox import FakeInbox

KEY = PcuKey("toml:p")
HERE, THERE, ELSEWHERE = "192.0.2.7", "192.0.2.8", "192.0.2.66"


def unit(host: str = "pdu.example.org", *transports: str, family: str = "apc") -> Pcu:
    ways = tuple(Transport(name, 0) for name in transports)
    return Pcu(KEY, SiteKey("s"), "p", host, family, transports=ways)


@dataclass
class Names:
    """Where the name leads; an empty table entry: there is no such name; None: silence."""

    found: tuple[str, ...] | None = (HERE,)
    asked: list[str] = field(default_factory=list)

    async def __call__(self, name: str) -> tuple[str, ...]:
        self.asked.append(name)
        if self.found is None:
            raise NoEvidenceError(name, "looking up its name", "the resolver is silent")
        return self.found


@dataclass
class Finder:
    """Whereabouts with what surrounds them; `known` is what the belief remembers."""

    known: tuple[str, ...] = ()
    names: Names = field(default_factory=Names)
    inbox: FakeInbox = field(default_factory=FakeInbox)

    @property
    def whereabouts(self) -> Whereabouts:
        state = State(pcus={KEY: PcuBelief(KEY, addresses=self.known)})
        return Whereabouts(self.names, inbox=self.inbox, state=state)

    async def host(self, pcu: Pcu) -> str:
        there, _ = await self.whereabouts.find(pcu)
        return there.host


async def test_a_name_is_looked_up_and_its_address_is_called() -> None:
    finder = Finder()

    assert await finder.host(unit()) == HERE
    assert finder.names.asked == ["pdu.example.org"]


@pytest.mark.parametrize("way", ["http", "https"])
async def test_a_unit_of_web_pages_is_called_by_its_name(way: str) -> None:
    assert await Finder().host(unit("pdu.example.org", way, family="http")) == "pdu.example.org"
    assert await Finder().host(unit("pdu.example.org", family="ilo")) == "pdu.example.org"


async def test_an_address_is_nothing_to_remember() -> None:
    finder = Finder(names=Names((HERE,)))

    found = await finder.whereabouts.find(unit(HERE))
    await finder.whereabouts.met(*found)

    assert found == (unit(HERE), ())
    assert finder.inbox.events == []


async def test_where_it_led_is_remembered_once() -> None:
    finder = Finder()
    await finder.whereabouts.met(unit(), (HERE,))
    finder.known = (HERE,)
    await finder.whereabouts.met(unit(), (HERE,))

    assert finder.inbox.told(DnsChecked) == [DnsChecked(True, addresses=(HERE,))]


async def test_of_several_addresses_one_that_is_known_is_called() -> None:
    finder = Finder(known=(THERE,), names=Names((HERE, THERE)))

    assert await finder.host(unit()) == THERE
    assert finder.inbox.events == []


async def test_a_name_that_leads_elsewhere_is_told_and_not_followed() -> None:
    finder = Finder(known=(HERE,), names=Names((ELSEWHERE,)))

    with pytest.raises(NoRouteError, match=r"leads to 192.0.2.66 now, and led to 192.0.2.7 before"):
        await finder.whereabouts.find(unit())

    (told,) = finder.inbox.told(DnsChecked)
    assert not told.agree
    assert "`re-arm` where it is the same unit" in told.detail


async def test_while_the_resolver_is_silent_a_unit_is_where_it_was() -> None:
    finder = Finder(known=(HERE,), names=Names(None))

    assert await finder.host(unit()) == HERE
    assert finder.inbox.events == []


@pytest.mark.parametrize(
    ("found", "why"), [((), "pdu.example.org has no address"), (None, "the resolver is silent")]
)
async def test_a_name_that_leads_nowhere_is_a_sentence(
    found: tuple[str, ...] | None, why: str
) -> None:
    with pytest.raises(NoRouteError, match=f"p: looking up its name: {why}"):
        await Finder(names=Names(found)).whereabouts.find(unit())


async def test_without_a_resolver_nothing_is_looked_up() -> None:
    whereabouts = Whereabouts(as_named, inbox=FakeInbox(), state=State())

    assert await whereabouts.find(unit()) == (unit(), ())


# With a unit, an engine and a database


@asynccontextmanager
async def named(scene: Scene, names: Names) -> AsyncIterator[Run]:
    """The unit's record has a name instead of its address."""
    pcu = replace(scene.inventory.pcus[PCU], host="pdu.example.org")
    scene.inventory = replace(scene.inventory, pcus={PCU: pcu})
    scene.lookup = names
    async with scene.run() as run:
        await scene.ready(run)
        await run.tester.test(pcu)
        yield run


async def test_no_power_goes_where_the_name_did_not_lead_before(scene: Scene) -> None:
    names = Names(("127.0.0.1",))
    async with named(scene, names) as run:
        assert run.engine.state.pcus[PCU].addresses == ("127.0.0.1",)
        names.found = (ELSEWHERE,)
        await scene.fall_silent(run)
        intent = await run.until_over()

        assert intent.state is IntentState.FAILED
        assert "leads to 192.0.2.66 now" in intent.detail
        assert run.engine.state.pcus[PCU].dns is not None
    assert scene.cuts() == []


async def test_re_arm_says_that_it_is_the_same_unit(scene: Scene) -> None:
    names = Names((HERE,))
    async with named(scene, names) as run:
        run.engine.state.pcus[PCU] = replace(run.engine.state.pcus[PCU], addresses=(HERE,))
        names.found = ("127.0.0.1",)
        refused = await run.tester.test(scene.inventory.pcus[PCU])
        await run.engine.say(pcu_subject(PCU), Verb(OPS, "re-arm"))
        reads = await run.tester.read(scene.inventory.pcus[PCU], ["3"])

        belief = run.engine.state.pcus[PCU]
        assert refused.finding is Finding.NO_TRANSPORT
        assert reads == {"3": PowerState.ON}
        assert (belief.dns, belief.addresses) == (None, ("127.0.0.1",))
