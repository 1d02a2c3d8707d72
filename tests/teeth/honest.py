"""What is believed, said and set: proof, alerts, one issue, what is taken back, penalties."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from plcmon.model.decisions import Effect
from plcmon.model.events import EffectSent, IntentClaimed, IntentEnded
from plcmon.model.intents import ActionKind, Intent, MailState, Outcome
from plcmon.model.issues import Issue, IssueType, Verdict
from plcmon.model.policy import Ladder, Policy, Rung
from plcmon.model.readings import Observation, Observed
from plcmon.policy import issues, lifting, opening, penalties, proof, undoing
from plcmon.policy.draft import Draft
from plcmon.policy.fold import tick
from plcmon.sim.world.truth import Fault
from tests.policy.clerk import POLICY, make_inventory, node
from tests.teeth.money import doing
from tests.teeth.paper import ALONE, DAY, HOUR, LONG, MINUTE, Paper, on_paper
from tests.teeth.tooth import Found, Tooth, everywhere, passes, replaced, says

A = node(0, 0)
DISABLE = Effect(ActionKind.BOOT_STATE, "disabled")
LOST = IntentEnded("unknown", Outcome.UNKNOWN_AFTER_SEND, "the link is gone")


def comes_back_by_itself() -> Found:
    """The outlet goes off and on, but the node hangs on another; later its line is mended."""
    paper = on_paper()
    paper.cable({})
    paper.fall(A)
    paper.work(LONG)
    true = paper.truth.nodes[A]
    true.fault = None
    paper.truth.changed(true)
    paper.work(HOUR, step=5 * MINUTE)
    return paper.found


def another_and_well_again() -> Found:
    """A silent node opens an issue about its hardware, and comes back by itself."""
    paper = on_paper(policy=doing(Effect(ActionKind.OPEN, "bad_hardware")))
    paper.fall(A)
    paper.work(LONG)
    paper.truth.repair(paper.truth.nodes[A])
    paper.work(2 * HOUR)
    return paper.found


def any_sight_of_it(
    _intent: Intent, seen: Observation | None
) -> tuple[Verdict | None, str, datetime | None]:
    if seen is None or seen.state is not Observed.BOOT:
        return None, "", None
    return Verdict.FIXED, "it is back", seen.booted_at


def stays_dark() -> Found:
    """The unit obeys *off*, and is gone."""
    paper = on_paper()
    paper.fall(A)
    paper.forward(DAY)
    paper.refresh()
    (intent,) = paper.power_planned()
    paper.tell(intent.target, IntentClaimed(1), intent=intent.id)
    assert paper.cut(intent)
    paper.tell(intent.target, LOST, intent=intent.id)
    paper.forward(HOUR)
    return paper.found


def stays_unknown() -> Found:
    """A boot state was sent, and nobody can read what became of it."""
    paper = on_paper(policy=doing(DISABLE))
    paper.fall(A)
    paper.forward(DAY)
    paper.refresh()
    (intent,) = paper.outside_planned()
    paper.tell(intent.target, IntentClaimed(1), intent=intent.id)
    paper.tell(intent.target, EffectSent(intent.argument, "boot"), intent=intent.id)
    paper.tell(intent.target, LOST, intent=intent.id)
    paper.work(2 * DAY)
    return paper.found


def is_down_for_long() -> Found:
    paper = on_paper()
    paper.fall(A, fault=Fault.BROKEN)
    paper.work(2 * DAY)
    return paper.found


def always_another(patch: pytest.MonkeyPatch) -> None:
    """Opening an issue never finds the one that is open."""
    original: Callable[..., Issue] = issues.open_issue

    def again(draft: Draft, *what: object, **more: object) -> Issue:
        with patch.context() as inside:
            inside.setattr(Draft, "open_issue", lambda *_: None)
            return original(draft, *what, **more)

    everywhere(patch, original, again)


def disabled_and_well_again() -> Found:
    paper = on_paper(policy=doing(DISABLE))
    paper.fall(A)
    paper.work(LONG)
    paper.truth.repair(paper.truth.nodes[A])
    paper.work(2 * HOUR)
    return paper.found


# Penalties

YOUNG = timedelta()


def punishing(**changes: object) -> Policy:
    """Told at once; a day and an hour later level 1 is claimed."""
    tell = Rung("tell", (Effect(ActionKind.NOTIFY, "down tech"),), order=10)
    claim = Rung("claim", (Effect(ActionKind.PENALTY, "1"),), order=20, after=LONG)
    ladder = Ladder(IssueType.NODE_DOWN, (tell, claim))
    limits = replace(POLICY.limits, **{"new_site": YOUNG, **changes})  # type: ignore[arg-type] # fields
    return replace(POLICY, limits=limits, ladders={**POLICY.ladders, ladder.type: ladder})


def bad_site(
    policy: Policy | None = None,
    *,
    fallen: int = 1,
    nodes: int = 1,
    word: MailState = MailState.ACCEPTED,
    limits: dict[str, object] | None = None,
) -> Paper:
    """Three days of silence at a site; its people are told, if the relay takes the mail."""
    told = replace(ALONE, **{"new_site": YOUNG, **(limits or {})})  # type: ignore[arg-type] # fields
    inventory = make_inventory(sites=3, nodes=nodes, paths=False)
    paper = on_paper(policy=policy or punishing(), inventory=inventory, limits=told)
    paper.fall(*(node(0, number) for number in range(fallen)))
    paper.work(3 * DAY, mail=word)
    return paper


def nobody_was_told() -> Found:
    return bad_site(word=MailState.REFUSED).found


def well_again() -> Found:
    paper = bad_site()
    paper.truth.repair(paper.truth.nodes[A])
    paper.work(3 * HOUR)
    return paper.found


def enough_are_up() -> Found:
    return bad_site(nodes=3).found


def new_here() -> Found:
    month = {"new_site": ALONE.new_site}
    return bad_site(punishing(**month), limits=month).found


def two_sites() -> Found:
    few = replace(punishing(), budgets=replace(POLICY.budgets, penalties=1))
    told = replace(ALONE, new_site=YOUNG, budgets={**ALONE.budgets, "penalty": ((DAY, 1),)})
    inventory = make_inventory(sites=3, nodes=1, paths=False)
    paper = on_paper(policy=few, inventory=inventory, limits=told)
    paper.fall(node(0, 0), node(1, 0))
    paper.work(3 * DAY)
    return paper.found


HONEST = (
    Tooth(
        "proof by boot",
        13,
        "whatever is seen to boot is fixed",
        replaced(proof.judge_boot, any_sight_of_it),
        comes_back_by_itself,
    ),
    Tooth("dark alert", 3, "nobody watches what is dark", says(None, tick.watch_dark), stays_dark),
    Tooth(
        "unknown alert",
        22,
        "nobody watches what is unknown",
        says(None, tick.watch_unknown),
        stays_unknown,
    ),
    Tooth(
        "one issue for one trouble",
        11,
        "opening never finds the open one",
        always_another,
        is_down_for_long,
    ),
    Tooth(
        "undo on close",
        12,
        "nothing is taken back",
        says(None, undoing.take_back_all),
        disabled_and_well_again,
    ),
    Tooth(
        "opened by a rung: closed with its opener",
        12,
        "nothing that an issue opened is closed",
        says(None, opening.close_opened),
        another_and_well_again,
    ),
    Tooth("penalty: warned", 14, "the gate passes", passes(penalties.warned), nobody_was_told),
    Tooth(
        "penalty: lifted with its cause",
        14,
        "nothing is lifted",
        says(None, lifting.lift_undue),
        well_again,
    ),
    Tooth("penalty: min up", 14, "the gate passes", passes(penalties.min_up), enough_are_up),
    Tooth("penalty: new site", 14, "the gate passes", passes(penalties.new_site), new_here),
    Tooth("penalty: budget", 4, "the gate passes", passes(penalties.budget), two_sites),
)
