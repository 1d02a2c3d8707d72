"""Selections: nodes by group, label or site, as `group/NAME`, `label/KEY`, `label/KEY=VALUE`."""

from collections.abc import Iterator

from plcmon.model.subjects import Inventory, Node, Subject, SubjectKind, fleet_subject

GROUP, LABEL, SITE = "group", "label", "site"
SELECTORS = (GROUP, LABEL)  # those that are no subjects of their own


def selections_of(node: Node) -> Iterator[str]:
    """Every selection by group and label that the node is in."""
    yield from (f"{GROUP}/{name}" for name in node.groups)
    for key, value in node.labels.items():
        yield f"{LABEL}/{key}"
        yield f"{LABEL}/{key}={value}"


def selected(inventory: Inventory, text: str) -> list[Node]:
    """The nodes that the selection means, in the inventory's order; none for an unknown one."""
    word, _, name = text.strip().partition("/")
    if word == SITE:
        return [node for node in inventory.nodes.values() if node.site == name]
    wanted = f"{word}/{name}"
    return [node for node in inventory.nodes.values() if wanted in selections_of(node)]


def selection_subject(text: str) -> Subject:
    """A selection as the subject of a window."""
    return fleet_subject(text.strip())


def is_selection(text: str) -> bool:
    word, slash, name = text.strip().partition("/")
    return word in SELECTORS and bool(slash and name)


def members(inventory: Inventory, subject: Subject) -> list[Node]:
    """The nodes of a subject that is a selection."""
    named = subject.kind is SubjectKind.FLEET and is_selection(subject.key)
    return selected(inventory, subject.key) if named else []


def too_many(inventory: Inventory, number: int, *, share: float, more_than: int) -> bool:
    """True for a selection whose count a person must type."""
    return number > more_than and number > share * len(inventory.nodes)
