"""From what a person typed to the subject, issue or intent that was meant."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import TypeVar

from plcmon.errors import NotFoundError
from plcmon.model.intents import Intent
from plcmon.model.issues import Issue
from plcmon.model.state import State
from plcmon.model.subjects import (
    Inventory,
    Subject,
    SubjectKind,
    fleet_subject,
    node_subject,
    pcu_subject,
    site_subject,
)

FLEET = fleet_subject()
FLEET_WORDS = frozenset({"fleet", "all", "fleet/all"})
ENOUGH = 4  # characters of an id
EVERY_KIND = frozenset(SubjectKind)
NEAR = 4  # names offered
CALLED = {SubjectKind.NODE: "node", SubjectKind.PCU: "PCU", SubjectKind.SITE: "site"}

Thing = TypeVar("Thing", Issue, Intent)


class Names:
    """Every name of one inventory, lower case, and whom it may mean."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        self._found: dict[str, list[Subject]] = {}
        for node in inventory.nodes.values():
            names = (node.hostname, node.short, node.key, node.was, *node.addresses)
            self._add(node_subject(node.key), names)
        for pcu in inventory.pcus.values():
            self._add(pcu_subject(pcu.key), (pcu.name, pcu.key))
        for site in inventory.sites.values():
            self._add(site_subject(site.key), (site.key, site.name))

    def _add(self, subject: Subject, names: Iterable[str]) -> None:
        own = {name.lower() for name in names if name}
        own |= {subject.key.partition(":")[2].lower()} - {""}
        own.add(str(subject).lower())
        for name in own:
            self._found.setdefault(name, []).append(subject)

    def find(self, text: str, kinds: Collection[SubjectKind] = EVERY_KIND) -> list[Subject]:
        """Every subject of these kinds that goes by this name."""
        word = text.strip().lower()
        if word in FLEET_WORDS and SubjectKind.FLEET in kinds:
            return [FLEET]
        return [subject for subject in self._found.get(word, ()) if subject.kind in kinds]

    def near(self, text: str, kinds: Collection[SubjectKind] = EVERY_KIND) -> list[str]:
        """The names most like it, for a *did you mean*."""
        names = [n for n, found in self._found.items() if any(s.kind in kinds for s in found)]
        return get_close_matches(text.strip().lower(), names, n=NEAR, cutoff=0.6)


def subject_named(names: Names, text: str, kinds: Collection[SubjectKind] = EVERY_KIND) -> Subject:
    """The one subject of these kinds with this name. Raises NotFoundError with what comes near."""
    found = names.find(text, kinds)
    if len(found) == 1:
        return found[0]
    if found:
        raise several(text, [str(subject) for subject in found])
    raise missing(text, kind_words(kinds), names.near(text, kinds))


def fleet_named(state: State, text: str) -> Subject | None:
    """`fleet/NAME` where something of that name is the matter now; None: no such."""
    kind, _, name = text.strip().partition("/")
    subject = fleet_subject(name)
    return subject if kind == "fleet" and state.open_by_subject.get(subject) else None


def issue_called(state: State, text: str) -> Issue | None:
    """The issue with this id, or with the only id that begins or ends so; None: no such."""
    return called("issue", state.issues.values(), text)


def intent_called(state: State, text: str) -> Intent | None:
    return called("intent", state.intents.values(), text)


def called(word: str, things: Iterable[Thing], text: str) -> Thing | None:
    """Look an id up by itself, by `word/id`, or by enough of its beginning or end.

    Raises NotFoundError when several fit.
    """
    wanted = text.strip().upper().removeprefix(f"{word.upper()}/")
    if len(wanted) < ENOUGH:
        return None
    found = [t for t in things if fits(t.id.upper(), wanted)]
    exact = [thing for thing in found if thing.id.upper() == wanted]
    if len(exact or found) > 1:
        raise several(text, sorted(thing.id for thing in found))
    return next(iter(exact or found), None)


def fits(identity: str, wanted: str) -> bool:
    return identity.startswith(wanted) or identity.endswith(wanted)


def kind_words(kinds: Collection[SubjectKind]) -> str:
    words = [word for kind, word in CALLED.items() if kind in kinds]
    *most, last = words or ["subject"]
    return f"{', '.join(most)} or {last}" if most else last


def several(text: str, found: list[str]) -> NotFoundError:
    shown = ", ".join(found[:NEAR]) + (", …" if len(found) > NEAR else "")
    return NotFoundError(text, "looking it up", f"more than one thing goes by it: {shown}")


def missing(text: str, what: str, near: Collection[str]) -> NotFoundError:
    hint = f"; did you mean {', '.join(near)}?" if near else ""
    return NotFoundError(text, "looking it up", f"no {what} goes by it{hint}")
