"""The journal as people see it: rows by selection, and the verdict of the auditor on all of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from plcmon.auditor import Auditor, Limits, Violation
from plcmon.auditor.limits import SECOND, Windows
from plcmon.model.audit import GENESIS, first_broken, link_of
from plcmon.model.events import AuditRow
from plcmon.model.policy import HARDWARE_NOTICES, Policy
from plcmon.operations.phrases import count
from plcmon.operations.views import AuditView, VerifyView

PAGE = 500  # rows at a time, so that nobody else waits for long
LEAST_SLACK = 30 * SECOND  # wire time: a busy machine is no violation
GROWS_TO = 4  # power actions in the short window, in a small fleet

Name = Callable[[str], str]


class Journal(Protocol):
    """Where the rows are. Every call may raise StoreError."""

    async def audit_after(self, after: int, limit: int) -> Sequence[AuditRow]:
        """Rows with a greater number, oldest first."""
        ...

    async def audit_head(self) -> int:
        """The number of the last row."""
        ...


def audit_view(row: AuditRow, name: str) -> AuditView:
    return AuditView(
        row.seq,
        row.at,
        row.actor,
        row.subject,
        name,
        row.verb,
        row.reason,
        row.outcome,
        row.detail,
        row.intent,
        row.issue,
        row.evidence,
        row.ages_s,
        row.gates,
    )


def limits_of(policy: Policy, nodes: int) -> Limits:
    """The auditor's numbers, from the policy in force and the size of the fleet."""
    shipped, budgets = Limits(), policy.budgets
    power = max(budgets.power, GROWS_TO, int(budgets.power_share * nodes))
    return Limits(
        cycles=tuple(policy.limits.cycles.items()),
        power_start=budgets.power,
        power_most=power,
        power_window=budgets.window,
        power_day=max(budgets.power_day, nodes // 100),
        power_day_window=budgets.day,
        budgets={
            **scaled_budgets(shipped.budgets, policy.scale),
            "mail": ((budgets.window, budgets.notices),),
            "released": ((budgets.day, budgets.inherited),),
        },
        pauses={
            **{what: apart / policy.scale for what, apart in shipped.pauses.items()},
            "notify down": policy.limits.down_notice,
            **{f"notify {word}": policy.limits.hardware_notice for word in HARDWARE_NOTICES},
        },
        mail_pause=policy.limits.mail,
        unknown_holds_site=policy.safety.intent_expiry,
        dark_alert=policy.wire.dark_alert,
        hold_alert=policy.safety.hold_alert,
        unknown_alert=policy.safety.hold_alert,
        grace=policy.safety.grace,
        expiry=policy.safety.intent_expiry,
        new_site=policy.limits.new_site,
        site_pause=policy.guard.site_pause,
        site_failures=policy.guard.site_failures,
        penalty_notice=shipped.penalty_notice / policy.scale,
        life=policy.wire.look_fresh,
        storm_window=shipped.storm_window / policy.scale,
        slack=max(shipped.slack / policy.scale, LEAST_SLACK),
        remembered=longest(policy),
    )


def scaled_budgets(budgets: Mapping[str, Windows], by: float) -> Mapping[str, Windows]:
    return {
        kind: tuple((window / by, most) for window, most in windows)
        for kind, windows in budgets.items()
    }


def longest(policy: Policy) -> timedelta:
    """The longest window there is, and some more."""
    return max(policy.limits.cycles, default=policy.budgets.day) + policy.budgets.day


@dataclass
class Reading:
    """One reading of the whole journal."""

    limits: Limits
    name: Name
    count_since: datetime | None = None  # what earlier rows break was said before

    def __post_init__(self) -> None:
        self.auditor = Auditor(self.limits)
        self.rows = 0
        self.first: AuditRow | None = None
        self.last: AuditRow | None = None
        self.violations = 0
        self.worst: tuple[Violation, AuditRow] | None = None  # the first one

    def take(self, row: AuditRow) -> None:
        self.rows += 1
        self.first, self.last = self.first or row, row
        self.keep(self.auditor.take(row), row)

    def keep(self, found: list[Violation], row: AuditRow) -> None:
        if not found or (self.count_since is not None and row.at < self.count_since):
            return
        self.violations += len(found)
        self.worst = self.worst or (found[0], row)

    def broken_at(self, seq: int, row: AuditRow | None) -> VerifyView:
        text = f"the chain is broken at row {seq}: it was changed, removed or cut off"
        return self.view(text, row=row, holds=False)

    def ended(self, now: datetime | None) -> VerifyView:
        """What time alone shows up to now is part of it."""
        if now is not None and self.last is not None:
            self.keep(self.auditor.at(now), self.last)
        if self.worst is None:
            return self.view(f"{count(self.rows, 'row')}: chain and invariants hold", holds=True)
        violation, row = self.worst
        text = f"{violation.text} (invariant {violation.invariant})"
        return self.view(text, row=row, holds=False, invariant=violation.invariant)

    def view(
        self, text: str, *, holds: bool, row: AuditRow | None = None, invariant: int = 0
    ) -> VerifyView:
        return VerifyView(
            holds=holds,
            text=text,
            rows=self.rows,
            since=self.first.at if self.first else None,
            until=self.last.at if self.last else None,
            invariant=invariant,
            row=audit_view(row, self.name(row.subject)) if row is not None else None,
            violations=self.violations,
        )


async def verify(
    journal: Journal,
    limits: Limits,
    *,
    now: datetime | None = None,
    name: Name = str,
    count_since: datetime | None = None,
) -> VerifyView:
    """Check chain and invariants over the whole journal, page by page.

    `now`: the service runs, so what should have happened by now should have; without it the
    journal ends with its last row. `count_since`: what older rows break is left out, for they may
    have been written under other settings. Raises StoreError.
    """
    reading, link = Reading(limits, name, count_since), GENESIS
    head = await journal.audit_head()
    while page := await journal.audit_after(link.seq, PAGE):
        broken = first_broken(page, link)
        for row in page:
            if broken is not None and row.seq >= broken:
                return reading.broken_at(broken, row if row.seq == broken else None)
            reading.take(row)
        link = link_of(page[-1])
    if link.seq < head:
        return reading.broken_at(link.seq + 1, None)
    return reading.ended(now)
