"""The service: every part made, wired and started; and stopped so that nothing is left dark."""

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

import plcmon
from plcmon.actions import Leases, PcuTester, PowerRoom
from plcmon.actions.reach import Reach
from plcmon.alerts import Alerts, Channel, Command, Heartbeat, Webhook
from plcmon.api.server import Health, serve_api
from plcmon.app.attention import Attention
from plcmon.app.keeping import Housekeeper
from plcmon.app.keys import PcuKeys
from plcmon.app.logs import set_up_logs
from plcmon.app.reception import Reception
from plcmon.config import FileSecrets, Settings
from plcmon.drivers import DriverUnits
from plcmon.engine import Engine
from plcmon.hub import Hub
from plcmon.inventory.toml import load
from plcmon.mail.postroom import Letterhead, Pace, PostRoom
from plcmon.mail.relay import Relay, RelayAddress, Tls
from plcmon.mail.templating import Templates
from plcmon.model.events import Actor, Event, Started
from plcmon.model.ids import make_id
from plcmon.model.policy import Policy
from plcmon.model.subjects import PcuKey, fleet_subject
from plcmon.operations.desk import Desk
from plcmon.operations.local import LocalDesk, Memory
from plcmon.probes.keys import KeyFile
from plcmon.scanner import Scanner
from plcmon.store import Database, open_database
from plcmon.systemd import Notifier, Watchdog, turning
from plcmon.times import Clock, SystemClock

log = logging.getLogger(__name__)

QUICK_STOP = timedelta(seconds=8)  # when nothing is dark
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
    tester: PcuTester
    alerts: Alerts
    reception: Reception
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
        )

    def health(self) -> Health:
        age = self.clock.monotonic() - self.engine.turned_at
        late = self.scanner.lateness().total_seconds()
        well = age < TURNS_WITHIN.total_seconds()
        return Health(well, {"engine": age, "scan_lateness": late})


def policy_of(settings: Settings) -> Policy:
    """The policy, knowing who stands in where a site has nobody."""
    operators = settings.mail.operators if settings.mail else ()
    return replace(settings.policy, operators=tuple(operators))


async def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT. Raises PlcmonError when it cannot start, or must fall."""
    set_up_logs(settings.service.log_level, settings.service.log_format)
    clock = SystemClock()
    notifier = Notifier(os.environ, clock)
    async with open_database(settings.state_dir, clock=clock) as database:
        house = await build(settings, database, clock, notifier)
        stop = asyncio.Event()
        with signals(house, stop, notifier):
            async with run_staff(house):
                await begin(house)
                async with serve_api(
                    house.desk_for,
                    socket=settings.socket,
                    mode=settings.api.mode,
                    group=settings.api.group or None,
                    roles=settings.roles,
                    health=house.health,
                ):
                    notifier.ready(f"watching {len(house.engine.state.inventory.nodes)} nodes")
                    log.info("started", extra={"socket": str(settings.socket)})
                    await stop.wait()
                    notifier.stopping()
                    log.info("stopping", extra={"dark": house.power.dark})
                    await wind_down(house)
    log.info("stopped")


async def build(settings: Settings, database: Database, clock: Clock, notifier: Notifier) -> House:
    """Make every part; nothing runs yet."""
    state, policy = await database.load(), policy_of(settings)
    secrets = FileSecrets(settings.secrets_dir, os.environ)
    hub, attention = Hub(), Attention(state)
    listeners: list[Callable[[Sequence[Event]], None]] = [hub.publish, attention.hear]

    def publish(events: Sequence[Event]) -> None:
        for listener in listeners:
            listener(events)

    engine = Engine(
        state=state,
        policy=policy,
        commit=database.commit,
        publish=publish,
        clock=clock,
        attend=attention.doubt,
    )
    node_keys = await asyncio.to_thread(KeyFile, settings.state_dir / "node_keys.json")
    pcu_keys = await asyncio.to_thread(PcuKeys, settings.state_dir / "pcu_keys.json")
    scanner = Scanner(
        engine,
        clock=clock,
        inventory=state.inventory,
        policy=policy,
        canaries=settings.canaries,
        known_keys=node_keys,
        boot=make_id(clock.now(), "scanner", os.getpid()),
        workers=settings.service.workers,
        ssh_workers=settings.service.ssh_workers,
    )
    attention.serve(scanner)
    reach = Reach(
        units=DriverUnits(secrets, policy.wire, known_keys=pcu_keys),
        leases=Leases(clock, fence=database.fence, settle=policy.wire.pcu_settle),
        inbox=engine,
        state=state,
        wire=policy.wire,
        clock=clock,
        keep_transcript=transcript_keeper(database),
    )
    power = PowerRoom(
        inbox=engine,
        judge=engine,
        state=state,
        policy=lambda: engine.policy,
        eyes=scanner,
        reach=reach,
    )
    tester = PcuTester(reach=reach, state=state, policy=lambda: engine.policy)
    alerts = Alerts(list(channels(settings)), inbox=engine, clock=clock)
    reception = Reception(engine=engine, database=database, scanner=scanner, clock=clock)
    listeners += [power.hear, alerts.hear]
    house = House(settings, clock, database, engine, scanner, power, tester, alerts, reception, hub)
    house.staff += [("power", power.run), ("pcu-tests", tester.run), ("alerts", alerts.run)]
    if settings.mail is not None:
        room = post_room(settings, engine, secrets, clock)
        listeners.append(room.hear)
        house.staff.append(("post", room.run))
    keeper = Housekeeper(
        engine=engine,
        database=database,
        scanner=scanner,
        state_dir=settings.state_dir,
        clock=clock,
        late_after=lambda: engine.policy.intervals.tcp,
    )
    house.staff += [
        ("scan", scanner.run),
        ("keeping", keeper.run),
        ("pcu-keys", lambda: pcu_keys.keep(clock)),
        *guards(house, notifier),
    ]
    return house


def transcript_keeper(
    database: Database,
) -> Callable[..., Awaitable[None]]:
    async def keep(key: str, at: object, intent: str, text: str) -> None:
        await database.keep_transcript(PcuKey(key), at, intent, text)  # type: ignore[arg-type]

    return keep


def channels(settings: Settings) -> Sequence[Channel]:
    """Every way by which operators are reached at once."""
    found: list[Channel] = []
    if settings.alerts.webhook.get_secret_value():
        found.append(Webhook(settings.alerts.webhook.get_secret_value()))
    if settings.alerts.command:
        found.append(Command(settings.alerts.command))
    return found


def post_room(settings: Settings, engine: Engine, secrets: FileSecrets, clock: Clock) -> PostRoom:
    mail = settings.mail
    assert mail is not None
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
        letterhead=Letterhead(mail.sender, mail.support, Templates()),
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


async def begin(house: House) -> None:
    """Say that we started, take the inventory; what was left dark is resumed from here on."""
    database = house.database
    await house.engine.tell(
        fleet_subject(),
        Started(
            plcmon.__version__, house.engine.policy.version, database.adopted, database.why_not
        ),
    )
    _, inventory = await asyncio.to_thread(load, house.settings.file, os.environ)
    await house.reception.offer(inventory)


@asynccontextmanager
async def run_staff(house: House) -> AsyncIterator[None]:
    """Run everybody; leaving ends the staff in reverse order, the engine last."""
    async with asyncio.TaskGroup() as group:
        engine = group.create_task(forever("engine", house.engine.run), name="engine")
        staff = [group.create_task(forever(name, run), name=name) for name, run in house.staff]
        yield
        for task in reversed(staff):
            task.cancel()
        await asyncio.wait(staff)
        engine.cancel()


async def forever(name: str, run: Forever) -> None:
    """An everlasting task that returns is a bug and says so."""
    await run()
    raise RuntimeError(f"{name} returned, but it is meant to run for ever")


async def wind_down(house: House) -> None:
    """Start nothing more; what is dark is lit first, within its grace."""
    grace = house.engine.policy.wire.stop_grace if house.power.dark else QUICK_STOP
    try:
        async with asyncio.timeout(grace.total_seconds()):
            await house.power.stop()
    except TimeoutError:
        log.warning("stopped with an action running", extra={"grace_s": grace.total_seconds()})


class signals:  # noqa: N801 - reads as a word in a with statement
    """SIGTERM and SIGINT stop; SIGHUP reloads."""

    def __init__(self, house: House, stop: asyncio.Event, notifier: Notifier) -> None:
        self._house = house
        self._stop = stop
        self._notifier = notifier
        self._reload = asyncio.Event()
        house.staff.append(("reload", self._reloader))

    def __enter__(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._stop.set)
        loop.add_signal_handler(signal.SIGINT, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._reload.set)

    def __exit__(self, *_: object) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.remove_signal_handler(number)

    async def _reloader(self) -> None:
        while True:
            await self._reload.wait()
            self._reload.clear()
            self._notifier.reloading()
            wrong = await self._house.reception.reload(self._house.settings, policy_of)
            log.info("reloaded", extra={"refused": wrong} if wrong else {})
            self._notifier.ready()
