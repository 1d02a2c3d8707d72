"""The chronic level: very many nodes bad for very long are an alert and a baseline, not a stop."""

from plcmon.model.events import StatusChanged
from plcmon.model.subjects import fleet_subject
from plcmon.policy.draft import Draft
from plcmon.policy.fold.guard import census
from plcmon.policy.fold.selves import set_self
from plcmon.policy.issues import words

CHRONIC = "chronic"  # the condition of its `self` issue


def count_fleet(draft: Draft) -> None:
    """Count the nodes in service anew, and how many of them are bad for very long."""
    in_service, chronic = census(draft)
    draft.patch_fleet(in_service=in_service, chronic=chronic, chronic_of=in_service + chronic)
    review_chronic(draft)


def review_chronic(draft: Draft) -> None:
    """Alert beyond the share; once a baseline is accepted, beyond that and a margin."""
    rules, fleet = draft.policy.guard, draft.fleet
    line = rules.chronic_share * fleet.chronic_of
    if fleet.chronic_baseline:
        line = max(line, fleet.chronic_baseline + rules.chronic_more * fleet.chronic_of)
    detail = (
        f"{fleet.chronic} of {fleet.chronic_of} nodes in service are bad for more than"
        f" {words(rules.chronic)}; `baseline-accept` takes that as the baseline"
    )
    set_self(draft, CHRONIC, on=fleet.chronic > line, detail=detail)


def accept_baseline(draft: Draft, *, by: str, reason: str) -> bool:
    """Live with as many as there are now; False: there are none."""
    fleet = draft.fleet
    if not fleet.chronic:
        return False
    draft.patch_fleet(chronic_baseline=fleet.chronic)
    why = f"accepted by {by}: {reason}"
    change = StatusChanged(str(fleet.chronic_baseline), str(fleet.chronic), why, "chronic baseline")
    draft.tell(fleet_subject(), change)
    review_chronic(draft)
    return True
