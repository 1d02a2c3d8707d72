"""The journal's facts: what a row holds beside its sentence, so that it can be checked alone.

They stand in the row's `gates` under names that no gate has; docs/safety.md lists them all.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from plcmon.model.intents import POWER, Intent, IntentState, Mail, OutboxRow
from plcmon.model.issues import Issue
from plcmon.model.subjects import NodeKey, Outlet, PowerPath, Subject, SubjectKind, pcu_subject
from plcmon.policy.draft import Draft
from plcmon.policy.paths import unread

Facts = dict[str, str]

ENDS = frozenset({IntentState.CONFIRMED, IntentState.FAILED, IntentState.UNKNOWN})


def yes(said: bool) -> str:
    """A fact that is left out when it is not so."""
    return "yes" if said else ""


def moment(at: datetime | None) -> str:
    return at.isoformat() if at is not None else ""


def seconds(span: timedelta) -> str:
    """To the millisecond, and no digit more than it takes."""
    if span == timedelta.max:
        return ""
    return f"{span.total_seconds():.3f}".rstrip("0").rstrip(".")


def outlets(found: tuple[Outlet, ...], word: str = "outlet") -> Facts:
    """`outlet 1`, `outlet 2` ..., each `PCU OUTLET`."""
    return {f"{word} {n}": f"{o.pcu} {o.outlet}" for n, o in enumerate(found, 1)}


def families(draft: Draft, path: PowerPath | None) -> str:
    """The families of the path's PCUs, with spaces between."""
    pcus = [draft.inventory.pcus.get(outlet.pcu) for outlet in path.outlets] if path else []
    return " ".join(sorted({pcu.family for pcu in pcus if pcu is not None}))


def site(draft: Draft, subject: Subject) -> str:
    return str(draft.inventory.site_of(subject) or "")


def of_intent(draft: Draft, intent: Intent) -> Facts:
    """What every row of an intent says, and what only the first, the sent and the last one do."""
    power = intent.kind in POWER
    facts = {"site": intent.site}
    if power and intent.path is not None:
        facts |= outlets(intent.path.outlets)
    if intent.state is IntentState.PLANNED:
        facts |= {
            "families": families(draft, intent.path),
            "rung": intent.rung,
            "repeat": str(intent.repeat) if intent.rung else "",
            "argument": intent.argument,
            "undoes": intent.undoes,
            "forced": yes(intent.forced),
            "unread": yes(intent.path is not None and bool(unread(draft, intent.path))),
        }
    if power and intent.state is IntentState.SENT and intent.target.kind is SubjectKind.NODE:
        belief = draft.node(NodeKey(intent.target.key))
        facts |= {"seen": belief.observed.value, "seen by": belief.evidence.value}
        facts["up elsewhere"] = " ".join(belief.up_by(draft.policy.counting))
    if power and intent.state in ENDS and intent.path is not None:
        dark = tuple(o for o in intent.path.outlets if o in draft.fleet.known_off)
        facts |= outlets(dark, "dark")
    return facts


def of_verdict(draft: Draft, intent: Intent) -> Facts:
    """What the verdict rests on: a boot seen since, or the outlet alone."""
    boot_id = draft.node_boot_id(intent.target)
    return {
        "sent_at": moment(intent.sent_at),
        "booted_at": moment(intent.back_at),
        "boot id": "new" if boot_id and boot_id != intent.boot_id_before else "",
        "off seen": yes(intent.off_seen),
    }


def of_issue(draft: Draft, issue: Issue) -> Facts:
    return {
        "type": issue.type.value,
        "site": site(draft, issue.subject),
        "claim": str(issue.claim) if issue.claim else "",
    }


def of_arguments(arguments: Mapping[str, object]) -> Facts:
    """What a person said beside the verb; issue and intent have columns of their own."""
    own = {"issue", "intent"}
    return {name: str(value) for name, value in arguments.items() if name not in own}


def write_foreign(draft: Draft, before: frozenset[Outlet], after: frozenset[Outlet]) -> None:
    """One row for each outlet that an unknown hand has off, and one when that is over."""
    for outlet in sorted(after - before):
        why = f"{outlet} is off by an unknown hand"
        draft.audit(pcu_subject(outlet.pcu), "foreign off", why, facts=outlets((outlet,)))
    for outlet in sorted(before - after):
        why = f"{outlet} has power again"
        draft.audit(pcu_subject(outlet.pcu), "foreign over", why, facts=outlets((outlet,)))


def of_mail(mail: Mail) -> Facts:
    return {"to": mail.recipient, "site": mail.site, "message": mail.message_id}


def outbox_rows(rows: Sequence[OutboxRow]) -> Facts:
    """`row 1`, `row 2` ...: `ISSUE REPEAT NOTICE RUNG`; the rung may have spaces."""
    return {
        f"row {n}": f"{row.issue} {row.repeat} {row.notice} {row.rung}"
        for n, row in enumerate(rows, 1)
    }


def write_windows(draft: Draft) -> None:
    """One row for each maintenance window that began, was changed, or is over."""
    for key, window in draft.changes.windows.items():
        before = draft.state.windows.get(key)
        if window is not None:
            facts = {
                "window": key,
                "from": moment(window.starts_at),
                "until": moment(window.ends_at),
            }
            draft.audit(
                window.subject,
                "maintenance opened",
                window.reason or "no reason was given",
                actor=window.actor,
                facts=facts,
            )
        elif before is not None:
            why = "its end has come" if before.ends_at <= draft.now else "it was ended early"
            facts = {"window": key}
            draft.audit(before.subject, "maintenance closed", why, facts=facts)
