"""The digest as a view: what the operators would read if it were written now. Pure."""

from plcmon.operations.moment import Moment
from plcmon.operations.reports import DigestView
from plcmon.policy.digest import lines, next_due
from plcmon.policy.draft import Draft


def digest_view(moment: Moment) -> DigestView:
    last = moment.state.fleet.digest
    return DigestView(
        at=moment.now,
        lines=tuple(lines(Draft(moment.state, moment.policy, moment.now), last)),
        readers=moment.policy.operators,
        last=last.at if last is not None else None,
        next=next_due(moment.policy, moment.now),
    )
