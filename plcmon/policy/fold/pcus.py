"""A PCU was tested: its status, its findings, and when it is left alone."""

from plcmon.model.beliefs import Finding, PcuBelief
from plcmon.model.events import Event, PcuTested, StatusChanged
from plcmon.model.replacing import replace
from plcmon.model.subjects import PcuKey, pcu_subject
from plcmon.policy.draft import Draft
from plcmon.policy.proof import rehearsed
from plcmon.policy.review import CONFIG_FINDINGS, review_pcu
from plcmon.policy.status import pcu_status


def on_pcu_tested(draft: Draft, event: Event, body: PcuTested) -> None:
    key = PcuKey(event.subject.key)
    if key not in draft.inventory.pcus or draft.fleet.blind:
        return
    before = draft.pcu(key)
    after = take_in(draft, before, body)
    draft.believe(after)
    if body.asked_by and body.finding is Finding.OK:
        rehearsed(draft, key, body.asked_by)
    settle_pcu(draft, key)


def take_in(draft: Draft, belief: PcuBelief, body: PcuTested) -> PcuBelief:
    since = belief.finding_since if belief.finding is body.finding else draft.now
    before_busy = belief.finding is Finding.BUSY
    belief = replace(
        belief,
        finding=body.finding,
        finding_since=since,
        detail=body.detail,
        tested_at=draft.now,
    )
    if body.finding is Finding.OK:
        return replace(
            belief,
            tested_good_at=draft.now,
            failures=0,
            first_failure_at=None,
            failed_sessions=0,
            left_alone_until=None,
            refused=False,
        )
    if before_busy and body.finding is not Finding.BUSY:
        belief = replace(belief, failures=0, first_failure_at=None)  # busy was no failure
    belief = replace(belief, refused=belief.refused or body.finding is Finding.LOGIN_REFUSED)
    if body.finding in CONFIG_FINDINGS:
        return belief  # the unit is there; the record or the account is not in order
    belief = replace(
        belief,
        failures=belief.failures + 1,
        first_failure_at=belief.first_failure_at or draft.now,
        failed_sessions=belief.failed_sessions + (body.sessions if body.by_claim else 0),
    )
    if belief.failed_sessions >= draft.policy.safety.pcu_failed_sessions:
        return replace(
            belief,
            failed_sessions=0,
            left_alone_until=draft.now + draft.policy.safety.pcu_left_alone,
        )
    return belief


def settle_pcu(draft: Draft, key: PcuKey) -> None:
    belief = draft.pcu(key)
    if draft.fleet.blind or key not in draft.inventory.pcus:
        review_pcu(draft, key)  # its status stays as it was; time without evidence is none
        return
    standing = pcu_status(belief, draft.now, draft.policy.thresholds)
    if standing.status is not belief.status:
        draft.tell(pcu_subject(key), StatusChanged(belief.status, standing.status, standing.why))
    if standing.status is not belief.status or standing.since != belief.status_since:
        draft.believe(replace(belief, status=standing.status, status_since=standing.since))
    review_pcu(draft, key)
