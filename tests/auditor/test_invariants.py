"""What the engine writes down holds before the auditor: random stories, read row by row."""

from datetime import timedelta

from hypothesis import given

from plcmon.auditor import Auditor, Limits, Violation
from tests.policy.test_invariants import MOVES, QUICK, Move, Storyteller


class Service(Storyteller):
    """The storyteller, with the habits of a real service at its start."""

    def restart(self, first: int, second: int) -> None:
        """Until just before it stopped it asked its canaries; at once it looks at everything."""
        clerk = self.clerk
        clerk.canaries(0 if clerk.state.fleet.blind else 3, 3)
        super().restart(first, second)
        clerk.forward(timedelta())


# The storyteller has no post room: each notice is a mail of its own, as soon as it may be.
ALONE = Limits(mail_pause=timedelta())


def heard(service: Service) -> list[Violation]:
    auditor, clerk = Auditor(ALONE), service.clerk
    found = [violation for row in clerk.audit for violation in auditor.take(row)]
    return found + auditor.at(clerk.now)


@QUICK
@given(MOVES)
def test_the_journal_of_any_story_holds(moves: list[Move]) -> None:
    service = Service()

    service.play(moves)

    assert heard(service) == []


def test_a_long_story_is_heard_at_all() -> None:
    """A story with power in it, so that the test above is not about silence."""
    service = Service()
    service.play([("observe", 0, 0), ("wait", 4, 0), ("staff", 0, 0), ("power", 0, 0)])
    verbs = {row.verb for row in service.clerk.audit}

    assert {"issue opened", "rung taken", "power-cycle sent", "command off"} <= verbs
    assert heard(service) == []
