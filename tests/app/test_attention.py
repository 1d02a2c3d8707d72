"""Attention: who is looked at more often, and for how long."""

from datetime import UTC, datetime

from plcmon.app.attention import Attention
from plcmon.model.beliefs import NodeBelief, SiteBelief
from plcmon.model.events import Event, IntentClaimed
from plcmon.model.intents import ActionKind, Intent, IntentId, IntentState
from plcmon.model.issues import Verdict
from plcmon.model.readings import Evidence, Observed
from plcmon.model.state import Changes, State
from plcmon.model.subjects import Inventory, Node, NodeKey, SiteKey, node_subject

AT = datetime(2026, 3, 1, tzinfo=UTC)
N, M = NodeKey("toml:n"), NodeKey("toml:m")


class Pace:
    """A scanner's pace, as it was told."""

    def __init__(self) -> None:
        self.hastened: set[NodeKey] = set()

    def hasten(self, keys: object) -> None:
        self.hastened |= set(keys)  # type: ignore[call-overload]  # node keys

    def relax(self, keys: object) -> None:
        self.hastened -= set(keys)  # type: ignore[call-overload]  # node keys


def attended(state: State | None = None) -> tuple[Attention, Pace]:
    attention, pace = Attention(state or State()), Pace()
    attention.serve(pace)  # type: ignore[arg-type]  # of a scanner, this is all that is asked
    return attention, pace


def waits(state: State, verdict: Verdict | None = None) -> None:
    """A power cycle of N that is confirmed, and proven once it has a verdict."""
    intent = Intent(
        IntentId("i"),
        ActionKind.POWER_CYCLE,
        node_subject(N),
        AT,
        AT,
        "engine",
        "",
        state=IntentState.CONFIRMED,
        verdict=verdict,
    )
    state.apply(Changes(intents={intent.id: intent}))


NEWS = [Event(AT, node_subject(N), IntentClaimed(1), intent="i")]


def test_doubt_hastens_and_its_end_relaxes() -> None:
    attention, pace = attended()
    attention.doubt(N, True)
    assert pace.hastened == {N}

    attention.doubt(N, False)
    assert pace.hastened == set()


def test_a_node_whose_proof_is_awaited_is_hastened_until_the_verdict() -> None:
    state = State()
    attention, pace = attended(state)
    waits(state)
    attention.hear(NEWS)
    assert pace.hastened == {N}

    waits(state, Verdict.FIXED)
    attention.hear(NEWS)
    assert pace.hastened == set()


def test_one_reason_of_two_is_enough() -> None:
    state = State()
    attention, pace = attended(state)
    waits(state)
    attention.hear(NEWS)
    attention.doubt(N, True)
    attention.doubt(N, False)

    assert pace.hastened == {N}


def test_news_without_actions_changes_nothing() -> None:
    state = State()
    attention, pace = attended(state)
    waits(state)
    attention.hear([Event(AT, node_subject(N), IntentClaimed(1))])

    assert pace.hastened == set()


def test_what_was_doubted_before_there_was_a_scanner_is_told_to_it() -> None:
    attention, pace = Attention(State()), Pace()
    attention.doubt(M, True)
    attention.serve(pace)  # type: ignore[arg-type]  # as above

    assert pace.hastened == {M}


SITE = SiteKey("s")


def site_of(*beliefs: NodeBelief, silent: bool = False) -> Attention:
    nodes = {b.key: Node(b.key, b.key, SITE, ()) for b in beliefs}
    site = SiteBelief(SITE, witnesses_silent_since=AT if silent else None)
    state = State(
        inventory=Inventory(nodes=nodes),
        nodes={b.key: b for b in beliefs},
        sites={SITE: site},
    )
    return Attention(state)


def shows(key: NodeKey, observed: Observed, evidence: Evidence = Evidence.FRESH) -> NodeBelief:
    return NodeBelief(key, observed=observed, evidence=evidence)


def test_a_site_is_calm_while_one_of_its_nodes_answers_and_none_is_in_doubt() -> None:
    up, old = shows(N, Observed.BOOT), shows(M, Observed.SILENT)

    assert site_of(up, old).is_calm(SITE)
    assert not site_of(old).is_calm(SITE)
    assert not site_of(up, old, silent=True).is_calm(SITE)
    assert not site_of(up, shows(M, Observed.BOOT, Evidence.SUSPECT)).is_calm(SITE)
    assert not site_of(up, shows(M, Observed.BOOT, Evidence.BLIND)).is_calm(SITE)
    assert not site_of(up).is_calm(SiteKey("gone"))


def test_a_site_with_a_doubtful_node_is_not_calm() -> None:
    attention = site_of(shows(N, Observed.BOOT))
    attention.doubt(N, True)

    assert not attention.is_calm(SITE)
