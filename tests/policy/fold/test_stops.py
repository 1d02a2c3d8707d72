"""What lies inside a stop is looked at when it begins and when it ends."""

import pytest

from plcmon.model.issues import IssueType
from plcmon.model.subjects import PcuKey, SiteKey, Subject, node_subject, pcu_subject, site_subject
from plcmon.policy.draft import Draft
from plcmon.policy.fold.stops import review_inside
from tests.policy.clerk import HOUR, Clerk, make_inventory, node

INSIDE, OUTSIDE = node(0, 0), node(1, 0)


@pytest.mark.parametrize(
    "stop",
    [node_subject(INSIDE), pcu_subject(PcuKey("toml:p0")), site_subject(SiteKey("s0"))],
    ids=str,
)
def test_only_what_lies_inside_stops(stop: Subject) -> None:
    clerk = Clerk().begin()
    clerk.say(stop, "freeze", scope="all")
    clerk.fall_silent(INSIDE)
    clerk.fall_silent(OUTSIDE)

    clerk.say(stop, "maintenance", until=(clerk.now + HOUR).isoformat())

    running = {
        key: issue.bad.running_since is not None
        for key in (INSIDE, OUTSIDE)
        if (issue := clerk.issue(node_subject(key), IssueType.NODE_DOWN)) is not None
    }
    assert running == {INSIDE: False, OUTSIDE: True}


def test_where_nothing_changed_looking_changes_nothing() -> None:
    clerk = Clerk(inventory=make_inventory()).begin()
    draft = Draft(clerk.state, clerk.policy, clerk.now)

    review_inside(draft, site_subject(SiteKey("s0")))

    assert not draft.changes
