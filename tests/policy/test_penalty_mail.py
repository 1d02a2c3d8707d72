"""What is said of penalties, and what is not said because it was over before."""

from dataclasses import replace

from plcmon.model.intents import IntentState
from plcmon.model.issues import IssueType
from plcmon.model.subjects import SiteKey, node_subject
from plcmon.policy.draft import Draft
from plcmon.policy.penalty_mail import facts_of, said_raised
from tests.policy.test_lifting import A, B, Clerk, cleared, punished

S = SiteKey("s0")


def test_the_legend_says_what_every_level_means() -> None:
    clerk = punished()

    facts = facts_of(Draft(clerk.state, clerk.policy, clerk.now), S, None)

    assert facts["level"] == "1, no new slices"
    assert facts["legend"] == "0 none; 1 no new slices; 2 slices suspended"


def test_a_notice_that_was_not_mailed_is_not_taken_back() -> None:
    clerk = punished(days=10)
    assert said_raised(Draft(clerk.state, clerk.policy, clerk.now), S) != {}
    unmail(clerk)

    for key in (A, B):
        issue = clerk.issue(node_subject(key), IssueType.NODE_DOWN)
        assert issue is not None
        clerk.say(node_subject(key), "close", issue=issue.id)

    assert cleared(clerk) == set()
    notices = [i for i in clerk.intents() if i.argument.startswith("penalty_raised")]
    assert IntentState.PLANNED not in {intent.state for intent in notices}


def unmail(clerk: Clerk) -> None:
    """As if the notice still waited in the outbox."""

    for key, row in clerk.state.outbox.items():
        if row.notice == "penalty_raised":
            clerk.state.outbox[key] = replace(row, mail="")
            assert row.intent is not None
            intent = clerk.state.intents[row.intent]
            clerk.state.intents[row.intent] = replace(intent, state=IntentState.PLANNED)
