"""Grant: which wants may run now, over the whole fleet. Global, ordered, pure.

A want that passes its own gates may still have to queue: one power action at a time per PCU, site
and node, budgets for all, and sites in turn, oldest bad time first.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from plcmon.model.decisions import Pass, Want
from plcmon.model.intents import POWER, ActionKind
from plcmon.model.ledger import Spend, Topic
from plcmon.policy.draft import Draft
from plcmon.policy.ledger import left, spends_of
from plcmon.policy.many_turns import Turns, first_at_each_site
from plcmon.policy.notices import recipients
from plcmon.policy.turns import in_turn as turns


def grant(view: Draft, wants: Iterable[Want]) -> list[Want]:
    """The wants that run now, in the order in which they run: power comes last."""
    costly: dict[Spend | None, list[Want]] = {}
    purse = Purse(view)
    for want in wants:
        if want.rung and want.answer is Pass.PASS:
            costly.setdefault(purse.dearest(want), []).append(want)
    free = sorted(costly.pop(None, []), key=lambda w: (w.bad_since, w.issue))
    if Spend.POWER in costly:
        costly[Spend.POWER] = first_at_each_site(view, costly[Spend.POWER])
    turns = [in_turn(costly[spend]) for spend in reversed(Spend) if spend in costly]
    return free + [want for turn in turns for want in turn if purse.pays(want)]


def is_power(want: Want) -> bool:
    return any(effect.kind in POWER for effect in want.effects)


@dataclass
class Purse:
    """What may still be granted in one sitting; each granted want takes its share."""

    view: Draft
    left: dict[Spend, int] = field(default_factory=dict)
    sites: set[str] = field(default_factory=set)  # that have a power action now
    pcus: set[str] = field(default_factory=set)
    topics: set[Topic] = field(default_factory=set)  # that have a mail coming

    def __post_init__(self) -> None:
        self.turns = Turns(self.view)

    def dearest(self, want: Want) -> Spend | None:
        """The budget in whose queue it stands."""
        costs = spends_of(want.effects)
        return next((spend for spend in Spend if spend in costs), None)

    def pays(self, want: Want) -> bool:
        """Take what the want costs; False: it must wait for its turn."""
        costs = spends_of(want.effects)
        if any(self.room(spend) <= 0 for spend in costs):
            return False
        if is_power(want) and not self.reserve(want):
            return False
        for spend in costs:
            price = self.mails(want) if spend is Spend.NOTICE else 1
            self.left[spend] = self.room(spend) - price
        return True

    def room(self, spend: Spend) -> int:
        if spend not in self.left:
            self.left[spend] = left(self.view, spend)
        return self.left[spend]

    def reserve(self, want: Want) -> bool:
        """One power action at a time for each site and PCU, and in its turn where many wait."""
        pcus = {outlet.pcu for outlet in want.path.outlets} if want.path else set()
        if want.site in self.sites or pcus & self.pcus or not self.turns.take(want):
            return False
        self.sites.add(want.site)
        self.pcus |= pcus
        return True

    def mails(self, want: Want) -> int:
        """How many mails it adds: none for who has one coming, or had one lately."""
        ledger, between = self.view.state.ledger, self.view.policy.limits.mail
        before = len(self.topics)
        for effect in want.effects:
            if effect.kind is ActionKind.NOTIFY:
                roles = tuple(effect.argument.split()[1:])
                topics = {(want.site, to) for to in recipients(self.view, want.subject, roles)}
                self.topics |= {
                    topic
                    for topic in topics - ledger.posted.keys()
                    if not ledger.written_lately(topic, self.view.now, between)
                }
        return len(self.topics) - before


def in_turn(wants: list[Want]) -> list[Want]:
    """Sites in turn; within a site, and among sites, the oldest bad time first."""
    return turns(wants, site=lambda w: w.site, age=lambda w: (w.bad_since, w.issue))
