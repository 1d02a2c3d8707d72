"""The house: every part of one service, made and wired; nothing runs yet."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from plcmon.actions import EffectRoom, Leases, PcuTester, PowerRoom, recorders
from plcmon.actions.reach import KeepTranscript, Reach
from plcmon.alerts import Alerts, Channel, Command, Heartbeat, Webhook
from plcmon.api.server import Health
from plcmon.app.attention import Attention
from plcmon.app.keeping import Housekeeper
from plcmon.app.keys import AcceptedKeys, PcuKeys
from plcmon.app.reception import Reception
from plcmon.config import FileSecrets, Settings
from plcmon.config.sections import Mail
from plcmon.drivers import DriverUnits
from plcmon.engine import Engine
from plcmon.errors import StoreError
from plcmon.hub import Hub
from plcmon.mail.postroom import Letterhead, Pace, PostRoom
from plcmon.mail.relay import Relay, RelayAddress, Tls
from plcmon.mail.templating import Templates
from plcmon.model.events import Actor, Event
from plcmon.model.ids import make_id
from plcmon.model.intents import ActionKind
from plcmon.model.policy import Policy
from plcmon.model.ports import Inbox
from plcmon.model.subjects import PcuKey, SiteKey
from plcmon.operations.desk import Desk
from plcmon.operations.local import LocalDesk, Memory
from plcmon.probes.agent import Agent
from plcmon.probes.dns import Resolver, addresses_here
from plcmon.probes.keys import KeyFile
from plcmon.probes.ping import Pinger
from plcmon.scanner import Scanner
from plcmon.scanner.keeper import Keeper
from plcmon.scanner.tracer import Tracer
from plcmon.sources.gatherer import Gatherer
from plcmon.store import Database
from plcmon.systemd import Notifier, Watchdog, turning
from plcmon.times import Clock

log = logging.getLogger(__name__)

TURNS_WITHIN = timedelta(seconds=60)  # a loop that stands still for longer is dead

Forever = Callable[[], Awaitable[None]]


@dataclass
class House:
    """Every part of one running service."""

    settings: Settings
    clock: Clock
    database: Database
    engine: Engine
    scanner: Scanner
    power: PowerRoom
    effects: EffectRoom
    tester: PcuTester
    alerts: Alerts
    reception: Reception
    gatherer: Gatherer
    hub: Hub
    staff: list[tuple[str, Forever]] = field(default_factory=list)
    memory: Memory = field(default_factory=Memory)

    def desk_for(self, actor: Actor) -> Desk:
        return LocalDesk(
            self.engine,
            ear=self.reception,
            eyes=self.scanner,
            hands=self.tester,
            archive=self.database,
            hub=self.hub,
            clock=self.clock,
            actor=actor,
            memory=self.memory,
            overload=self.scanner.overload,
            own_health=self.scanner.own_health,
            intake=self.gatherer,
        )

    def policy_of(self, fresh: Settings) -> Policy:
        """The policy of settings that were read again; what reaches out is that of the start."""
        return policy_of(replace(fresh, integrations=self.settings.integrations))

    def health(self) -> Health:
        age = self.clock.monotonic() - self.engine.turned_at
        late = self.scanner.lateness().total_seconds()
        well = age < TURNS_WITHIN.total_seconds()
        load, now = self.scanner.overload(), self.clock.now()
        behind = (now - (load.since or now)).total_seconds()
        lag = self.scanner.loop_lag().total_seconds()
        ages = {"engine": age, "scan_lateness": late, "scan_behind": behind, "loop_lag": lag}
        counts = {
            "scan_put_off": sum(load.put_off.values()),
            "scan_left_out": load.left_out,
            "scan_dropped": self.scanner.dropped,
        }
        return Health(well, ages, counts)


def policy_of(settings: Settings) -> Policy:
    """The policy, knowing who stands in where a site has nobody, and what can be done outside."""
    operators = settings.mail.operators if settings.mail else ()
    installed = tuple(sorted(ActionKind(kind) for kind in settings.integrations.recorded))
    return replace(settings.policy, operators=tuple(operators), installed=installed)


async def build(settings: Settings, database: Database, clock: Clock, notifier: Notifier) -> House:
    """Make every part and tell each of them what it hears."""
    state, policy = await database.load(), policy_of(settings)
    secrets = FileSecrets(settings.secrets_dir, os.environ)
    news, attention = News(), Attention(state)
    engine = Engine(
        state=state,
        policy=policy,
        commit=database.commit,
        publish=news.publish,
        clock=clock,
        attend=attention.doubt,
    )
    node_keys = await asyncio.to_thread(KeyFile, settings.state_dir / "node_keys.json")
    pcu_keys = await asyncio.to_thread(PcuKeys, settings.state_dir / "pcu_keys.json")
    keeper = Keeper(engine, keep=database.keep_readings, clock=clock)
    scanner = make_scanner(settings, engine, keeper, node_keys, clock, calm=attention.is_calm)
    attention.serve(scanner)
    leases = Leases(fence=database.fence)
    reach = Reach(
        units=DriverUnits(secrets, policy.wire, known_keys=pcu_keys),
        leases=leases,
        inbox=engine,
        state=state,
        wire=policy.wire,
        clock=clock,
        keep_transcript=transcript_keeper(database),
        lookup=lambda name: addresses_here(name, policy.wire.dns_deadline),
    )
    power = PowerRoom(
        inbox=engine,
        judge=engine,
        state=state,
        policy=lambda: engine.policy,
        eyes=scanner,
        reach=reach,
    )
    effects = EffectRoom(
        inbox=engine,
        judge=engine,
        state=state,
        policy=lambda: engine.policy,
        effectors=recorders(policy.installed, state),
        leases=leases,
        clock=clock,
    )
    tester = PcuTester(reach=reach, state=state, policy=lambda: engine.policy)
    alerts = Alerts(list(channels(settings)), inbox=engine, clock=clock)
    gatherer = Gatherer(
        settings.sources,
        inbox=keeper,
        state=state,
        secrets=secrets,
        clock=clock,
        wire=policy.wire,
    )
    reception = Reception(
        engine=engine, database=database, scanner=scanner, gatherer=gatherer, clock=clock
    )
    hub = Hub()
    news.listeners += [hub.publish, attention.hear, power.hear, effects.hear, alerts.hear]
    news.listeners.append(AcceptedKeys(state, node_keys).hear)
    house = House(
        settings=settings,
        clock=clock,
        database=database,
        engine=engine,
        scanner=scanner,
        power=power,
        effects=effects,
        tester=tester,
        alerts=alerts,
        reception=reception,
        gatherer=gatherer,
        hub=hub,
    )
    house.staff += [("power", power.run), ("effects", effects.run)]
    house.staff += [("pcu-tests", tester.run), ("alerts", alerts.run)]
    if settings.mail is not None:
        templates = Templates(settings.mail_templates)
        room = make_post_room(settings.mail, templates, engine, secrets, clock)
        news.listeners.append(room.hear)
        house.staff.append(("post", room.run))
    if settings.service.traceroute:
        tracer = Tracer(
            engine, clock=clock, nodes=lambda: state.inventory.nodes, policy=lambda: engine.policy
        )
        news.listeners.append(tracer.hear)
        house.staff.append(("trace", tracer.run))
    house.staff += [
        ("readings", keeper.run),
        ("scan", scanner.run),
        ("sources", gatherer.run),
        ("groups", lambda: house.memory.keep_ready(engine, clock)),
        ("keeping", make_housekeeper(house).run),
        ("pcu-keys", lambda: pcu_keys.keep(clock)),
        *guards(house, notifier),
    ]
    return house


@dataclass
class News:
    """Whoever hears of committed events, in order."""

    listeners: list[Callable[[Sequence[Event]], None]] = field(default_factory=list)

    def publish(self, events: Sequence[Event]) -> None:
        for listener in self.listeners:
            listener(events)


def make_scanner(
    settings: Settings,
    engine: Engine,
    inbox: Inbox,
    keys: KeyFile,
    clock: Clock,
    *,
    calm: Callable[[SiteKey], bool] = lambda key: False,
) -> Scanner:
    state = engine.state
    return Scanner(
        inbox,
        clock=clock,
        inventory=engine.state.inventory,
        policy=engine.policy,
        canaries=settings.canaries,
        known_keys=keys,
        agent=Agent(settings.ssh_agent),
        boot=make_id(clock.now(), "scanner", os.getpid()),
        workers=settings.service.workers,
        ssh_workers=settings.service.ssh_workers,
        ssh_rate=settings.service.ssh_rate,
        pinger=Pinger() if settings.service.ping else None,
        resolver=Resolver() if settings.service.dns else None,
        doubted=lambda key: key in state.nodes and state.nodes[key].dns is not None,
        calm=calm,
        pages=lambda key: state.nodes[key].http if key in state.nodes else "",
    )


def make_housekeeper(house: House) -> Housekeeper:
    return Housekeeper(
        engine=house.engine,
        database=house.database,
        scanner=house.scanner,
        state_dir=house.settings.state_dir,
        clock=house.clock,
        late_after=lambda: house.engine.policy.intervals.tcp,
    )


def transcript_keeper(database: Database) -> KeepTranscript:
    """Keeps what sessions said; the history may be lost without harm to any action."""

    async def keep(pcu: PcuKey, at: datetime, intent: str, text: str) -> None:
        try:
            await database.keep_transcript(pcu, at, intent, text)
        except StoreError as error:
            log.warning("transcript not kept", extra={"pcu": pcu, "why": str(error)})

    return keep


def channels(settings: Settings) -> Sequence[Channel]:
    """Every way by which operators are reached at once."""
    found: list[Channel] = []
    if settings.alerts.webhook.get_secret_value():
        found.append(Webhook(settings.alerts.webhook.get_secret_value()))
    if settings.alerts.command:
        found.append(Command(settings.alerts.command))
    return found


def make_post_room(
    mail: Mail, templates: Templates, engine: Engine, secrets: FileSecrets, clock: Clock
) -> PostRoom:
    address = RelayAddress(mail.host, mail.port, Tls(mail.tls), mail.user, mail.credential)
    scale = engine.policy.scale
    pace = Pace()
    if scale > 1:
        pace = Pace(every=pace.every / 5, gather=pace.gather / 10)
    return PostRoom(
        inbox=engine,
        judge=engine,
        state=engine.state,
        policy=lambda: engine.policy,
        relay=Relay(address, secrets),
        letterhead=Letterhead(mail.sender, mail.support, templates),
        clock=clock,
        pace=pace,
    )


def guards(house: House, notifier: Notifier) -> list[tuple[str, Forever]]:
    """The dead man's switches: systemd's watchdog, and the heartbeat elsewhere."""
    alive = turning(lambda: house.engine.turned_at, house.clock, within=TURNS_WITHIN)
    watchdog = Watchdog(notifier, house.clock, os.environ, [alive])
    made: list[tuple[str, Forever]] = [("watchdog", watchdog.run)]
    url = house.settings.alerts.heartbeat.get_secret_value()
    if url:
        every = house.settings.alerts.heartbeat_every
        heartbeat = Heartbeat(url, every=every, clock=house.clock, alive=alive)
        made.append(("heartbeat", heartbeat.run))
    return made
