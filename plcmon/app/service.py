"""The service: started in order, and stopped so that nothing is left dark."""

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta

import plcmon
from plcmon.api.door import clear
from plcmon.api.server import serve_api
from plcmon.app.house import Forever, House, build
from plcmon.app.keys import check_keys
from plcmon.app.limits import allow_many_files
from plcmon.app.logs import set_up_logs
from plcmon.config import Settings
from plcmon.memory import collect_later, collect_seldom
from plcmon.model.events import Started
from plcmon.model.subjects import Inventory, fleet_subject
from plcmon.store import open_database
from plcmon.systemd import Notifier
from plcmon.times import SystemClock

log = logging.getLogger(__name__)

QUICK_STOP = timedelta(seconds=8)  # when nothing is dark


async def serve(settings: Settings, inventory: Inventory) -> None:
    """Run until SIGTERM or SIGINT. Raises PlcmonError when it cannot start, or must fall."""
    set_up_logs(settings.service.log_level, settings.service.log_format)
    allow_many_files()
    clock = SystemClock()
    notifier = Notifier(os.environ, clock)
    await check_keys(settings, inventory)
    async with open_database(settings.state_dir, clock=clock, keep=settings.keep) as database:
        # Before anybody works: a service that cannot be asked must not act either.
        await asyncio.to_thread(clear, settings.socket)
        with collect_later():
            house = await build(settings, database, clock, notifier)
        stop, reload = asyncio.Event(), asyncio.Event()
        house.staff.append(("reload", lambda: keep_reloading(house, reload, notifier)))
        with signals(stop, reload):
            async with nothing_left_dark(house, notifier), run_staff(house):
                with collect_later():
                    await begin(house, inventory)
                    collect_seldom()
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


@asynccontextmanager
async def nothing_left_dark(house: House, notifier: Notifier) -> AsyncIterator[None]:
    """When somebody fell and all went down, light what is dark before the process ends."""
    try:
        yield
    except ExceptionGroup:
        if house.database.adopted:
            notifier.stopping("fell; lighting what is dark")
            await last_light(house)
        raise


async def last_light(house: House) -> None:
    try:
        async with asyncio.timeout(house.engine.policy.wire.stop_grace.total_seconds()):
            await house.power.last_light()
    except TimeoutError:
        log.critical("left dark", extra={"until": "the next start"})


async def begin(house: House, inventory: Inventory) -> None:
    """Say that we started, take the inventory; what was left dark is resumed from here on."""
    database = house.database
    await house.engine.tell(
        fleet_subject(),
        Started(
            plcmon.__version__, house.engine.policy.version, database.adopted, database.why_not
        ),
    )
    await house.reception.offer(inventory)


@asynccontextmanager
async def run_staff(house: House) -> AsyncIterator[None]:
    """Run everybody; leaving ends the staff in reverse order, the engine last."""
    async with asyncio.TaskGroup() as group:
        engine = group.create_task(forever("engine", house.engine.run), name="engine")
        staff = [group.create_task(forever(name, run), name=name) for name, run in house.staff]
        for task in (engine, *staff):
            task.add_done_callback(note_fall)
        yield
        for task in reversed(staff):
            task.cancel()
        await asyncio.wait(staff)
        engine.cancel()


async def forever(name: str, run: Forever) -> None:
    """An everlasting task that returns is a bug and says so."""
    await run()
    raise RuntimeError(f"{name} returned, but it is meant to run for ever")


def note_fall(task: asyncio.Task[None]) -> None:
    """One readable line on what brings the house down; the rest follows when it is down."""
    error = None if task.cancelled() else task.exception()
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if error is not None:
        why = f"{type(error).__name__}: {error}"
        log.critical("fell", extra={"task": task.get_name(), "why": why})


async def wind_down(house: House) -> None:
    """Start nothing more; what is dark is lit first, within its grace."""
    wire = house.engine.policy.wire
    if await stopped(house, QUICK_STOP):
        return
    if house.power.dark and await stopped(house, wire.stop_grace - QUICK_STOP):
        return
    log.warning("stopped with an action running", extra={"dark": house.power.dark})


async def stopped(house: House, within: timedelta) -> bool:
    """Whether everything that was sent came to its end in this time."""
    try:
        async with asyncio.timeout(max(0.0, within.total_seconds())):
            await house.power.stop()
            await house.effects.stop()
    except TimeoutError:
        return False
    return True


@contextmanager
def signals(stop: asyncio.Event, reload: asyncio.Event) -> Iterator[None]:
    """SIGTERM and SIGINT stop; SIGHUP reloads."""
    loop = asyncio.get_running_loop()
    acts = {
        signal.SIGTERM: stop.set,
        signal.SIGINT: stop.set,
        signal.SIGHUP: reload.set,
    }
    for number, act in acts.items():
        loop.add_signal_handler(number, act)
    try:
        yield
    finally:
        for number in acts:
            loop.remove_signal_handler(number)


async def keep_reloading(house: House, reload: asyncio.Event, notifier: Notifier) -> None:
    """Read the files again whenever asked; for ever."""
    while True:
        await reload.wait()
        reload.clear()
        notifier.reloading()
        wrong = await house.reception.reload(house.settings, house.policy_of)
        if wrong:
            log.warning("reload refused", extra={"why": wrong})
        else:
            log.info("reloaded", extra={"policy": house.engine.policy.version})
        notifier.ready()
