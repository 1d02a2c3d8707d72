"""A source outside changed its word on a node: it is noted, and no status or issue follows."""

from plcmon.model.beliefs import Hearsay
from plcmon.model.events import Event, HearsayChanged
from plcmon.model.replacing import replace
from plcmon.model.subjects import NodeKey
from plcmon.policy.draft import Draft


def on_hearsay_changed(draft: Draft, event: Event, body: HearsayChanged) -> None:
    key = NodeKey(event.subject.key)
    if key not in draft.state.nodes:
        return
    belief = draft.node(key)
    hearsay = {name: said for name, said in belief.hearsay.items() if name != body.vantage}
    if body.up is not None:
        before = belief.hearsay.get(body.vantage)
        since = before.since if before is not None and before.up is body.up else body.at
        hearsay[body.vantage] = Hearsay(body.up, since, body.detail)
    draft.believe(replace(belief, hearsay=hearsay))
