"""The recorder: stands in where no integration is installed, and changes nothing outside.

What it was asked stands in the journal, as the steps of the intent that asked.
"""

from collections.abc import Iterable

from plcmon.model.intents import ActionKind, IntentState
from plcmon.model.ports import Effector
from plcmon.model.state import State
from plcmon.model.subjects import NodeKey, Subject

NOTHING_CHANGED = "recorded only: no integration is installed, nothing outside was changed"
WITHOUT_VALUE = frozenset({ActionKind.REPAIR, ActionKind.REBOOT_SHELL})


def recorders(kinds: Iterable[ActionKind], state: State) -> dict[ActionKind, Effector]:
    """One for each kind, and always one for penalties."""
    return {kind: Recorder(kind, state) for kind in (ActionKind.PENALTY, *kinds)}


class Recorder:
    """An Effector whose values are those that it was told, as the intents remember them."""

    def __init__(self, kind: ActionKind, state: State) -> None:
        self._kind = kind
        self._state = state
        self._told: dict[Subject, str] = {}

    async def read(self, target: Subject) -> str | None:
        if self._kind in WITHOUT_VALUE:
            return None
        return self._told.get(target) or self._remembered(target)

    async def write(self, target: Subject, value: str) -> str:
        self._told[target] = value
        return NOTHING_CHANGED

    def _remembered(self, target: Subject) -> str:
        """The value of the last intent that was confirmed; without one, how things begin."""
        found = [self._state.intents[i] for i in self._state.intents_by_target.get(target, ())]
        for intent in reversed(found):
            confirmed = intent.state is IntentState.CONFIRMED and intent.sent_at is not None
            if intent.kind is self._kind and confirmed:
                return intent.argument
        return self._first(target)

    def _first(self, target: Subject) -> str:
        node = self._state.inventory.nodes.get(NodeKey(target.key))
        if self._kind is ActionKind.BOOT_STATE and node is not None:
            return node.boot_state.value
        return "0" if self._kind is ActionKind.PENALTY else "resolved"
