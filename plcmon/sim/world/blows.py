"""How each blow of fate changes the truth, and how it passes."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from plcmon.model.subjects import (
    BootState,
    Inventory,
    NodeKey,
    Outlet,
    PcuKey,
    PowerPath,
    SiteKey,
)
from plcmon.sim.world.fates import Fate
from plcmon.sim.world.fleet import NETWORKS
from plcmon.sim.world.truth import Fault, Hand, Mood, TrueNode, TruePcu

if TYPE_CHECKING:
    from plcmon.sim.world.world import World

LOOP_S = 3 * 3600.0  # how long a looping node lasts between two hangs


def strike(world: "World", fate: Fate) -> None:
    """Let it happen."""
    BLOWS[fate.what](world, fate)


def node_fault(fault: Fault, *, heals: bool) -> Callable[["World", Fate], None]:
    def blow(world: "World", fate: Fate) -> None:
        node = world.truth.nodes[NodeKey(fate.whom)]
        if node.fault is None and node.powered:
            node.loop_s = LOOP_S
            world.truth.fail(node, fault, fate.lasts if heals and fate.lasts else None)

    return blow


def image_fails(world: "World", fate: Fate) -> None:
    """A bad update: a third of all nodes with this image hang within minutes of each other."""
    for number, node in enumerate(world.truth.nodes.values()):
        if node.image == fate.whom and node.fault is None and number % 3 == 0:
            delay = timedelta(seconds=number % 300)
            world.later(delay, partial(fail_by, world, node, f"image {fate.whom}"))


def fail_by(world: "World", node: TrueNode, cause: str) -> None:
    node.cause = cause
    world.truth.fail(node, Fault.HANG, None)


def outlet_off(world: "World", fate: Fate) -> None:
    """A technician needs the machine dark for a while."""
    node = world.truth.nodes[NodeKey(fate.whom)]
    for outlet in node.feeds:
        world.truth.switch(outlet, False, Hand.TECHNICIAN)
        world.later(fate.lasts, partial(world.truth.switch, outlet, True, Hand.TECHNICIAN))


def dark(world: "World", fate: Fate) -> None:
    site = SiteKey(fate.whom)
    if site in world.truth.dark_sites:
        return
    world.truth.darken(site, True)
    world.later(fate.lasts, lambda: world.truth.darken(site, False))


def network_fails(world: "World", fate: Fate) -> None:
    """Every site behind one carrier is out of reach, and comes back with it."""
    number = NETWORKS.index(fate.whom)
    for key in world.fleet.sites[number :: len(NETWORKS)]:
        dark(world, fate._replace(whom=key))


def mood(kind: Mood) -> Callable[["World", Fate], None]:
    def blow(world: "World", fate: Fate) -> None:
        pcu = world.truth.pcus[PcuKey(fate.whom)]
        if pcu.mood is not Mood.FINE:
            return
        pcu.mood = kind
        world.stir_pcu(pcu.key)
        world.later(fate.lasts, lambda: mended(world, pcu))

    return blow


def mended(world: "World", pcu: TruePcu) -> None:
    """A person was there."""
    pcu.mood, pcu.refused = Mood.FINE, 0
    world.stir_pcu(pcu.key)


def blind(world: "World", fate: Fate) -> None:
    if world.truth.blind:
        return
    world.truth.lose_sight(True)
    world.later(fate.lasts, lambda: world.truth.lose_sight(False))


def relay_down(world: "World", fate: Fate) -> None:
    world.relay.down = True
    world.later(fate.lasts, lambda: setattr(world.relay, "down", False))


def relay_deaf(world: "World", _fate: Fate) -> None:
    world.relay.deaf_once = True


def pager_down(world: "World", fate: Fate) -> None:
    world.pager.down = True
    world.later(fate.lasts, lambda: setattr(world.pager, "down", False))


def clock_jump(world: "World", fate: Fate) -> None:
    """Forward and, the next time, back again."""
    clock = world.clock
    clock.set_wrong(fate.lasts if not clock.skew else timedelta())
    world.notice_clock()


def inventory(change: Callable[[Inventory], Inventory]) -> Callable[["World", Fate], None]:
    """The source answers wrongly for a while, and the service reads it."""

    def blow(world: "World", fate: Fate) -> None:
        world.inventory_now = change(world.fleet.inventory)
        world.read_inventory()
        world.later(fate.lasts, lambda: right_again(world))

    return blow


def right_again(world: "World") -> None:
    world.inventory_now = world.fleet.inventory
    world.read_inventory()


def disabled(world: "World", fate: Fate) -> None:
    """Its people take a node out of service, and put it back."""
    key = NodeKey(fate.whom)
    if not world.truth.nodes[key].unwanted:
        want(world, key, BootState.DISABLED)
        world.later(fate.lasts, lambda: want(world, key, BootState.BOOT))


def want(world: "World", key: NodeKey, state: BootState) -> None:
    nodes, now = world.fleet.inventory.nodes, world.truth.now()
    node = replace(nodes[key], boot_state=state, boot_state_at=now)
    told = replace(world.fleet.inventory, nodes={**nodes, key: node})
    world.fleet = replace(world.fleet, inventory=told)
    true = world.truth.nodes[key]
    true.unwanted, true.wanted_since = state is not BootState.BOOT, now
    right_again(world)


def inventory_old(world: "World", fate: Fate) -> None:
    """The source answers for a while what it answered on the first day."""
    world.inventory_now = world.first_inventory
    world.read_inventory()
    world.later(fate.lasts, lambda: right_again(world))


def half(told: Inventory) -> Inventory:
    keys = sorted(told.nodes)
    return replace(told, nodes={key: told.nodes[key] for key in keys[: len(keys) // 2]})


def shifted(told: Inventory) -> Inventory:
    """Every outlet column slips by one."""
    moved = {}
    for key, node in told.nodes.items():
        paths = tuple(
            PowerPath(tuple(next_outlet(o) for o in path.outlets), path.proven)
            for path in node.paths
        )
        moved[key] = replace(node, paths=paths)
    return replace(told, nodes=moved)


def next_outlet(outlet: Outlet) -> Outlet:
    return Outlet(outlet.pcu, str(int(outlet.outlet) + 1))


def crash(side: str) -> Callable[["World", Fate], None]:
    def blow(world: "World", fate: Fate) -> None:
        world.crash_on(side, fate.lasts)

    return blow


def restart(world: "World", fate: Fate) -> None:
    world.stop_for(fate.lasts)


def restore(world: "World", fate: Fate) -> None:
    """A backup is made now, and put back after a while, over what came since."""
    world.back_up()
    world.later(fate.lasts, world.put_back)


def cloned(world: "World", fate: Fate) -> None:
    """The state goes on on another machine; a person must adopt it there."""
    world.move_machine()
    world.stop_for(fate.lasts)


BLOWS: Mapping[str, Callable[["World", Fate], None]] = {
    "hang": node_fault(Fault.HANG, heals=False),
    "hang a while": node_fault(Fault.HANG, heals=True),
    "wedge": node_fault(Fault.WEDGE, heals=False),
    "lock out": node_fault(Fault.LOCKED, heals=True),
    "break": node_fault(Fault.BROKEN, heals=True),
    "bad image": node_fault(Fault.IMAGE, heals=True),
    "boot loop": node_fault(Fault.LOOP, heals=True),
    "outlet off": outlet_off,
    "disabled": disabled,
    "network fails": network_fails,
    "dark": dark,
    "dead": mood(Mood.DEAD),
    "lies": mood(Mood.LIES),
    "refuses": mood(Mood.REFUSES),
    "drops": mood(Mood.DROPS),
    "dies after off": mood(Mood.DIES_AFTER_OFF),
    "image fails": image_fails,
    "blind": blind,
    "relay down": relay_down,
    "relay deaf": relay_deaf,
    "pager down": pager_down,
    "clock jump": clock_jump,
    "inventory empty": inventory(lambda told: replace(told, nodes={})),
    "inventory half": inventory(half),
    "inventory shifted": inventory(shifted),
    "inventory old": inventory_old,
    "crash before": crash("before"),
    "crash after": crash("after"),
    "restart": restart,
    "restore": restore,
    "cloned": cloned,
}
