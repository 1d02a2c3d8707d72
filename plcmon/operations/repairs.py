"""Repairs: how often each rung, family and site was tried, and what came of it. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from statistics import median

from plcmon.model.intents import ActionKind, Intent
from plcmon.model.issues import Verdict
from plcmon.model.subjects import Inventory
from plcmon.operations.reports import RepairsView, RepairView

BY_HAND = "by hand"
GONE = "no longer known"
Key = tuple[str, str, str]  # rung, family, site


def repairs_view(
    inventory: Inventory, intents: Iterable[Intent], since: datetime, until: datetime
) -> RepairsView:
    """Power cycles whose command went out since then, whoever asked for them."""
    tried = [
        intent
        for intent in intents
        if intent.kind is ActionKind.POWER_CYCLE
        and intent.sent_at is not None
        and since <= intent.sent_at <= until
    ]
    keyed = [(key_of(inventory, intent), intent) for intent in tried]
    return RepairsView(
        since,
        until,
        everything=row(("", "", ""), tried),
        by_rung=rows(keyed, lambda key: (key[0], "", "")),
        by_family=rows(keyed, lambda key: ("", key[1], "")),
        by_site=rows(keyed, lambda key: ("", "", key[2])),
        each=rows(keyed, lambda key: key),
    )


def key_of(inventory: Inventory, intent: Intent) -> Key:
    pcus = [inventory.pcus.get(o.pcu) for o in intent.path.outlets] if intent.path else []
    families = sorted({pcu.family if pcu else GONE for pcu in pcus})
    return (intent.rung or BY_HAND, " + ".join(families) or GONE, intent.site)


def rows(
    keyed: Sequence[tuple[Key, Intent]], narrow: Callable[[Key], Key]
) -> tuple[RepairView, ...]:
    """One row for each key; what was tried most comes first."""
    found: dict[Key, list[Intent]] = {}
    for key, intent in keyed:
        found.setdefault(narrow(key), []).append(intent)
    made = [row(key, intents) for key, intents in found.items()]
    return tuple(sorted(made, key=lambda r: (-r.tried, r.rung, r.family, r.site)))


def row(key: Key, intents: Sequence[Intent]) -> RepairView:
    verdicts: Mapping[Verdict | None, int] = Counter(intent.verdict for intent in intents)
    took = [seconds for intent in intents if (seconds := repaired_in(intent)) is not None]
    return RepairView(
        *key,
        tried=len(intents),
        fixed=verdicts.get(Verdict.FIXED, 0),
        rebooted_sick=verdicts.get(Verdict.REBOOTED_SICK, 0),
        not_rebooted=verdicts.get(Verdict.NOT_REBOOTED, 0),
        unknown=verdicts.get(Verdict.UNKNOWN, 0),
        without=verdicts.get(None, 0),
        median_s=median(took) if took else None,
    )


def repaired_in(intent: Intent) -> float | None:
    """Seconds from the command to the sight that proved the node repaired."""
    if intent.verdict is not Verdict.FIXED or intent.sent_at is None or intent.verdict_at is None:
        return None
    return (intent.verdict_at - intent.sent_at).total_seconds()
