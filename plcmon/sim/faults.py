"""Orders to the virtual fleet: break this, heal that, move a relay. Plain data, also by seed."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from random import Random
from typing import Any, TypeVar

from plcmon.sim.fleet import Fleet
from plcmon.sim.layout import Feed, Layout
from plcmon.sim.machine import Condition
from plcmon.sim.mail import REFUSALS
from plcmon.sim.node import VirtualNode
from plcmon.sim.port import Answers
from plcmon.sim.unit import AILMENTS, Post

Thing = TypeVar("Thing")
Order = Mapping[str, Any]
DEAD = "dead"  # a node: silent, whatever is done; a PCU: answers nothing
DEBUG_PROFILE = "planetlab"  # the one whose facts tell debug from boot
TARGETS = ("node", "pcu", "site", "canary", "mail", "everything")


class OrderError(Exception):
    """An order that cannot be carried out; its text says why, and what could be."""


def fault(fleet: Fleet, order: Order) -> None:
    """Break `what` at the target that the order names. Raises OrderError."""
    kind = target_of(order)
    BREAK[kind](fleet, order, word(order, "what"))


def heal(fleet: Fleet, order: Order) -> None:
    """Make the target well at once, relays apart; without a target everything."""
    if any(kind in order for kind in TARGETS):
        HEAL[target_of(order)](fleet, order)
        return
    for name in fleet.nodes:
        _heal_node(fleet, {"node": name})
    for name in fleet.posts:
        _heal_pcu(fleet, {"pcu": name})
    fleet.dark_sites.clear()
    fleet.mute_canaries.clear()
    _heal_mail(fleet, order)
    _heal_everything(fleet, order)


def power(fleet: Fleet, order: Order) -> None:
    """Move a relay by hand, past its PCU: `outlet` as PCU:OUTLET, `on` true or false."""
    pcu, _, outlet = word(order, "outlet").partition(":")
    relay = fleet.relays.get(Feed(pcu, outlet))
    if relay is None:
        raise OrderError(f'no outlet "{pcu}:{outlet}"')
    if not isinstance(order.get("on"), bool):
        raise OrderError('"on" must be true or false')
    relay.switch(order["on"])
    fleet.news.spread()


def rewire(fleet: Fleet, order: Order) -> None:
    """Swap the cables of `node` and `with`."""
    one, other = node_of(fleet, order), node_of(fleet, {"node": order.get("with")})
    fleet.rewire(one.plan.name, other.plan.name)


def draw_night(layout: Layout, count: int, *, seed: int | None = None) -> Iterator[Order]:
    """`count` faults on different nodes and PCUs, as the seed wills."""
    random = Random(layout.seed if seed is None else seed)
    nodes = random.sample(layout.nodes, len(layout.nodes))
    pcus = random.sample(layout.pcus, len(layout.pcus))
    ills = [condition for condition in Condition if condition is not Condition.HEALTHY]
    for _ in range(count):
        if pcus and random.random() < 0.2:
            what = random.choice([DEAD, *AILMENTS])
            yield {"do": "fault", "what": what, "pcu": pcus.pop().name}
        elif nodes:
            node = nodes.pop()
            fitting = [ill for ill in ills if is_visible(ill, node.profile)]
            yield {"do": "fault", "what": random.choice(fitting).value, "node": node.name}


def is_visible(condition: Condition, profile: str) -> bool:
    """Whether a node of this profile can be told from a healthy one."""
    return condition is not Condition.DEBUG or profile == DEBUG_PROFILE


def target_of(order: Order) -> str:
    named = [kind for kind in TARGETS if kind in order]
    if len(named) != 1:
        raise OrderError(f"name one of {', '.join(TARGETS)}")
    return named[0]


def word(order: Order, key: str) -> str:
    value = order.get(key)
    if not isinstance(value, str) or not value:
        raise OrderError(f'"{key}" must be a word')
    return value


def node_of(fleet: Fleet, order: Order) -> VirtualNode:
    return find("node", fleet.nodes, order.get("node"))


def post_of(fleet: Fleet, order: Order) -> Post:
    return find("pcu", fleet.posts, order.get("pcu"))


def find(kind: str, known: Mapping[str, Thing], name: object) -> Thing:
    if not isinstance(name, str) or name not in known:
        raise unknown(str(name), known, kind)
    return known[name]


def unknown(found: str, known: Iterable[str], kind: str = "fault") -> OrderError:
    near = get_close_matches(found, [str(name) for name in known], n=3, cutoff=0.0)
    return OrderError(f'unknown {kind} "{found}"; for example {", ".join(near)}')


def _break_node(fleet: Fleet, order: Order, what: str) -> None:
    node = node_of(fleet, order)
    if what == DEAD:
        node.fall_ill(Condition.SILENT, Condition.SILENT)
        return
    then = order.get("then")
    after = None if then is None else condition_of(str(then))
    condition = condition_of(what)
    for ill in (condition, after):
        if ill is not None and not is_visible(ill, node.plan.profile):
            raise OrderError(
                f"{node.plan.name} has profile {node.plan.profile}, which cannot tell {ill.value}"
            )
    node.fall_ill(condition, after)


def condition_of(what: str) -> Condition:
    try:
        return Condition(what)
    except ValueError:
        raise unknown(what, [*Condition, DEAD]) from None


def _break_pcu(fleet: Fleet, order: Order, what: str) -> None:
    if what != DEAD and what not in AILMENTS:
        raise unknown(what, [DEAD, *AILMENTS])
    post_of(fleet, order).fall_ill(what)


def _break_site(fleet: Fleet, order: Order, what: str) -> None:
    _must_be(what, "dark")
    fleet.dark_sites.add(site_of(fleet, order))
    fleet.draw_lines()


def _break_canary(fleet: Fleet, order: Order, what: str) -> None:
    _must_be(what, "silent")
    fleet.mute_canaries.add(canary_of(fleet, order))
    fleet.draw_lines()


def _break_mail(fleet: Fleet, order: Order, what: str) -> None:
    if what in REFUSALS:
        fleet.mail.answer(Answers.OPEN, what)
    elif what in ("down", "silent"):
        fleet.mail.answer(Answers.CLOSED if what == "down" else Answers.SILENT)
    else:
        raise unknown(what, ["down", "silent", *REFUSALS])


def _break_everything(fleet: Fleet, order: Order, what: str) -> None:
    _must_be(what, "dark")
    fleet.all_dark = True
    fleet.draw_lines()


def _heal_node(fleet: Fleet, order: Order) -> None:
    node_of(fleet, order).fall_ill(Condition.HEALTHY)


def _heal_pcu(fleet: Fleet, order: Order) -> None:
    post_of(fleet, order).heal()


def _heal_site(fleet: Fleet, order: Order) -> None:
    fleet.dark_sites.discard(site_of(fleet, order))
    fleet.draw_lines()


def _heal_canary(fleet: Fleet, order: Order) -> None:
    fleet.mute_canaries.discard(canary_of(fleet, order))
    fleet.draw_lines()


def _heal_mail(fleet: Fleet, order: Order) -> None:
    fleet.mail.answer(Answers.OPEN)


def _heal_everything(fleet: Fleet, order: Order) -> None:
    """Our own line only: what was wrong behind it still is."""
    fleet.all_dark = False
    fleet.draw_lines()


def site_of(fleet: Fleet, order: Order) -> str:
    name = word(order, "site")
    find("site", fleet.gateways, name)
    return name


def canary_of(fleet: Fleet, order: Order) -> int:
    number = order.get("canary")
    if not isinstance(number, int) or not 0 <= number < len(fleet.canaries):
        raise OrderError(f'"canary" must be a number from 0 to {len(fleet.canaries) - 1}')
    return number


def _must_be(what: str, only: str) -> None:
    if what != only:
        raise unknown(what, [only])


BREAK: Mapping[str, Callable[[Fleet, Order, str], None]] = {
    "node": _break_node,
    "pcu": _break_pcu,
    "site": _break_site,
    "canary": _break_canary,
    "mail": _break_mail,
    "everything": _break_everything,
}
HEAL: Mapping[str, Callable[[Fleet, Order], None]] = {
    "node": _heal_node,
    "pcu": _heal_pcu,
    "site": _heal_site,
    "canary": _heal_canary,
    "mail": _heal_mail,
    "everything": _heal_everything,
}
