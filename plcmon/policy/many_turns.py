"""Whose turn it is among many: pathfinders of sites and waves of storms, as grants are made."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from plcmon.model.decisions import Want
from plcmon.model.intents import POWER, IntentState
from plcmon.model.subjects import NodeKey, SubjectKind
from plcmon.policy.draft import Draft
from plcmon.policy.site_guard import good_until, guard_of, note_pathfinder
from plcmon.policy.storm import note_turn, room, storm_of

ENGINE = "engine"


@dataclass
class Turns:
    """How much room the waves have left in one sitting."""

    view: Draft
    left: dict[str, int] = field(default_factory=dict)  # storm -> turns

    def take(self, want: Want) -> bool:
        """Take the turn that the want needs; False: there is none left."""
        storm = storm_of(self.view, NodeKey(want.subject.key))
        if storm is None:
            return True
        free = self.left.get(storm.id, room(self.view, storm))
        self.left[storm.id] = free - 1
        return free > 0


def first_at_each_site(view: Draft, wants: Iterable[Want]) -> list[Want]:
    """Where a site guard is closed, only the most recently good of the wants is left."""
    kept: list[Want] = []
    first: dict[str, Want] = {}
    for want in wants:
        if want.subject.kind is not SubjectKind.NODE or guard_of(view, want.subject) is None:
            kept.append(want)
            continue
        rival = first.get(want.site)
        if rival is None or good_until(view, want.subject) > good_until(view, rival.subject):
            first[want.site] = want
    return kept + list(first.values())


def note_turns(draft: Draft) -> None:
    """What was just planned takes its turn in its storm's wave and at its site."""
    for intent in list(draft.changes.intents.values()):
        planned = intent.kind in POWER and intent.state is IntentState.PLANNED
        if planned and intent.actor == ENGINE and intent.target.kind is SubjectKind.NODE:
            note_turn(draft, NodeKey(intent.target.key), intent)
            note_pathfinder(draft, NodeKey(intent.target.key), intent)
