"""The Desk: the one protocol every face stands before, and its verbs as data."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from plcmon.model.policy import Policy
from plcmon.operations.reports import (
    AvailabilityView,
    DigestView,
    HistoryView,
    IsItUsView,
    PostedView,
    ReadinessView,
    RepairsView,
)
from plcmon.operations.views import (
    Answer,
    ApprovalView,
    AuditView,
    EventView,
    HandoverView,
    IntentView,
    IssueView,
    NodeView,
    PcuView,
    PlanView,
    PolicyDiffView,
    SessionView,
    SiteView,
    Summary,
    VerifyView,
    View,
    WhyView,
)

ROLES = ("viewer", "operator", "admin")  # each may do what those before it may
BREAKERS = ("kind/", "family/")  # how the scopes begin that have a breaker


@dataclass(frozen=True, slots=True)
class VerbSpec:
    """One verb: who may say it, what it needs, how heavy it is."""

    name: str
    role: str
    summary: str
    subject: str = ""  # node, pcu, site, issue, intent, scope, "" for none
    reason: bool = False  # a reason must be given
    weight: int = 1  # 1 reversible, 2 costs attention, 3 touches a relay or a privilege
    arguments: tuple[str, ...] = ()
    options: tuple[str, ...] = ()  # arguments that may be left out
    asks: bool = True  # faces ask before doing it
    also: tuple[str, ...] = ()  # other kinds of subject that it takes


VERBS: Mapping[str, VerbSpec] = {
    spec.name: spec
    for spec in (
        VerbSpec("scan", "operator", "Probe now, before all others.", "node", asks=False),
        VerbSpec(
            "approve",
            "operator",
            "Let a proposed rung run; or, as a second admin, what is beyond a fleet limit.",
            "issue",
            weight=2,
            also=("intent",),
            options=("count",),
        ),
        VerbSpec(
            "reject",
            "operator",
            "Pass the proposed rung over.",
            "issue",
            True,
            2,
            options=("count",),
        ),
        VerbSpec("pause", "operator", "Let an issue stand still.", "issue", True, 1, ("until",)),
        VerbSpec("resume", "operator", "Let an issue climb again.", "issue"),
        VerbSpec("close", "operator", "Close an issue by a person's word.", "issue", True, 2),
        VerbSpec("cancel", "operator", "Cancel an intent before it is sent.", "intent", True),
        VerbSpec(
            "settle", "operator", "Say how an unknown ended.", "intent", True, 2, ("outcome",)
        ),
        VerbSpec("confirm", "operator", "Confirm a request to a person.", "intent", weight=2),
        VerbSpec(
            "maintenance",
            "operator",
            "Do nothing until an end.",
            "subject",
            True,
            1,
            ("until",),
            ("begins", "weekly", "count"),
        ),
        VerbSpec("maintenance-end", "operator", "End a maintenance window.", "subject"),
        VerbSpec("freeze", "operator", "Stop new actions in a scope.", "scope", asks=False),
        VerbSpec("unfreeze", "operator", "Allow actions in a scope again.", "scope", True, 2),
        VerbSpec(
            "re-arm",
            "operator",
            "Use a PCU, a guarded site, a passed-over rung, or what a breaker stopped.",
            "pcu",
            True,
            2,
            also=("site", "issue", "breaker"),
        ),
        VerbSpec("hostkey-accept", "operator", "Pin the host key it shows.", "node", True, 2),
        VerbSpec(
            "baseline-accept", "operator", "Live with the nodes that are bad for long.", "", True, 2
        ),
        VerbSpec("inventory-accept", "admin", "Accept a refused inventory.", "", True, 3),
        VerbSpec("db-adopt", "admin", "Adopt a restored or copied state.", "", True, 3),
        VerbSpec("power-status", "operator", "Read a node's outlets.", "node", asks=False),
        VerbSpec(
            "power-on",
            "operator",
            "Switch a node's outlets on.",
            "node",
            True,
            3,
            options=("count",),
        ),
        VerbSpec(
            "power-off",
            "operator",
            "Switch a node's outlets off.",
            "node",
            True,
            3,
            ("until",),
            ("count",),
        ),
        VerbSpec("power-cycle", "operator", "Off, wait, on.", "node", True, 3, options=("count",)),
        VerbSpec(
            "reboot", "operator", "Reboot a living node through its own shell.", "node", True, 3
        ),
        VerbSpec("reinstall", "operator", "Install a node anew, and boot it.", "node", True, 3),
        VerbSpec("pcu-test", "operator", "The harmless login.", "pcu", asks=False),
        VerbSpec("pcu-status", "operator", "Read every known outlet.", "pcu", asks=False),
    )
}


ENDS_OFFERED: Mapping[str, str] = {"pause": "12h", "maintenance": "4h", "power-off": "4h"}
"""Verbs that need an end, and the one that faces offer."""


class Desk(Protocol):
    """What people and scripts can see and say. Every call may raise DeskError."""

    async def summary(self) -> Summary: ...

    async def view(self) -> View:
        """Everything at one moment, for a screen."""
        ...

    async def nodes(self, match: str = "") -> list[NodeView]:
        """Rows whose name, key, site, status or label contains `match`."""
        ...

    async def sites(self, match: str = "") -> list[SiteView]: ...

    async def pcus(self, match: str = "") -> list[PcuView]: ...

    async def issues(self, match: str = "", *, closed: bool = False) -> list[IssueView]: ...

    async def intents(self, match: str = "", *, limit: int = 200) -> list[IntentView]:
        """Newest first."""
        ...

    async def why(self, subject: str, at: datetime | None = None) -> WhyView:
        """`subject` is a name, a key, `kind/key` or an issue id.

        With `at` as it was then, made anew from what was recorded. Raises NotFoundError with the
        nearest names, DeclinedError when nothing is recorded of that time.
        """
        ...

    async def plan(self, span: timedelta) -> PlanView:
        """What would happen in that time if nothing changed; nothing is written down."""
        ...

    async def approvals(self) -> list[ApprovalView]:
        """Rungs that wait for a person's word; who waits longest comes first."""
        ...

    async def repairs(self, since: datetime) -> RepairsView: ...

    async def readiness(self) -> ReadinessView: ...

    async def digest(self) -> DigestView: ...

    async def is_it_us(self) -> IsItUsView:
        """Whether what is down is our own uplink's fault or theirs, and what speaks for it."""
        ...

    async def history(self, node: str, since: datetime) -> HistoryView:
        """What the node was and what was done. Raises NotFoundError with the nearest names."""
        ...

    async def availability(
        self, since: datetime, until: datetime | None = None, *, by: str = "site", match: str = ""
    ) -> AvailabilityView:
        """How much of a time nodes worked, by node, site, pcu, all or label/KEY.

        `match` chooses nodes as in `nodes`. Raises MistypedError for a time without length.
        """
        ...

    async def sessions(self, pcu: str) -> list[SessionView]:
        """The last few sessions with the PCU, the latest first. Raises NotFoundError."""
        ...

    async def post_readings(self, source: str, body: bytes, *, form: str = "") -> PostedView:
        """Hand over what a source of kind `webhook` sees, whole or not at all.

        `form` is json or csv; empty: what it looks like. Raises ForbiddenError, NotFoundError,
        DeclinedError for a source that is asked, MistypedError with the first mistake.
        """
        ...

    async def policy_diff(self, policy: Policy) -> PolicyDiffView:
        """What this policy would do at once, were it the one in force."""
        ...

    async def since(self, since: datetime) -> HandoverView: ...

    async def audit(
        self,
        about: str = "",
        *,
        actor: str = "",
        verb: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 200,
    ) -> list[AuditView]:
        """The last rows of the journal, oldest first.

        `about` is a subject by any of its names, or the id of an issue or intent; `verb` may be
        its first words. Raises NotFoundError with the nearest names.
        """
        ...

    async def verify(self) -> VerifyView:
        """Check chain and invariants over the whole journal."""
        ...

    async def events(self, after: int, *, limit: int = 500) -> list[EventView]:
        """Committed events with a greater number, oldest first."""
        ...

    def watch(self, after: int) -> AsyncIterator[EventView]:
        """Committed events after `after`, then news as it comes."""
        ...

    async def do(
        self,
        verb: str,
        subject: str = "",
        *,
        reason: str = "",
        arguments: Mapping[str, Any] | None = None,
        force: bool = False,
    ) -> Answer:
        """Say a verb of VERBS. Raises DeclinedError, ForbiddenError or NotFoundError."""
        ...
