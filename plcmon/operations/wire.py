"""The JSON form of views and errors, the same on both ends of the socket."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from plcmon.errors import (
    BusyError,
    DeclinedError,
    DeskError,
    DeviceError,
    DialogueError,
    ForbiddenError,
    LoginError,
    MistypedError,
    NeedsHumanError,
    NotFoundError,
    OutcomeUnknownError,
    PlcmonError,
    RefusedError,
    StoreError,
    UnreachableError,
    UnsupportedError,
)
from plcmon.model.policy import Policy
from plcmon.operations.reports import ReadinessView, RepairsView
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
    SiteView,
    Summary,
    VerifyView,
    View,
    WhyView,
)

T = TypeVar("T")

UNKNOWN = "unexpected_keyword_argument"  # pydantic's word for a key that is in nothing

ERRORS: Mapping[str, type[PlcmonError]] = {
    error.code: error
    for error in (
        BusyError,
        DeclinedError,
        DeskError,
        DeviceError,
        DialogueError,
        ForbiddenError,
        LoginError,
        MistypedError,
        NeedsHumanError,
        NotFoundError,
        OutcomeUnknownError,
        RefusedError,
        StoreError,
        UnreachableError,
        UnsupportedError,
    )
}
"""Errors that keep their class across the socket; others arrive as DeskError."""


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True)
class Order:
    """One verb as it is posted."""

    verb: str
    subject: str = ""
    reason: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    force: bool = False


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True)
class Proposed:
    """A policy as it is posted; all its parts are as strict as this, unlike those of an answer."""

    policy: Policy


SHOWN: tuple[Any, ...] = (
    *(Summary, View, WhyView, HandoverView, Answer, EventView),
    *(list[NodeView], list[SiteView], list[PcuView]),
    *(list[IssueView], list[IntentView], list[EventView]),
    *(list[AuditView], VerifyView),
    *(list[IssueView], list[IntentView], list[EventView], list[ApprovalView]),
    *(PlanView, RepairsView, ReadinessView, PolicyDiffView, Policy, Proposed),
)
"""Every kind of answer there is."""

# The first adapter makes pydantic read the disk for plugins: at import, not on a running loop.
ADAPTERS: dict[Any, TypeAdapter[Any]] = {Order: TypeAdapter(Order)}


def adapter(kind: Any) -> TypeAdapter[Any]:
    """Built at first use: building all of them would slow every command's start."""
    if kind not in ADAPTERS:
        ADAPTERS[kind] = TypeAdapter(kind)
    return ADAPTERS[kind]


def warm() -> None:
    """Build what a service will need, so that no first caller waits for it."""
    for kind in SHOWN:
        adapter(kind)


def dump(kind: type[T], value: T) -> bytes:
    return adapter(kind).dump_json(value)


def load(kind: type[T], data: bytes) -> T:
    """Read one value. Raises ValueError with one sentence when `data` is not a `kind`."""
    try:
        found: T = adapter(kind).validate_json(data)
    except ValidationError as exc:
        raise ValueError(sentence(exc)) from exc
    return found


def load_policy(data: bytes) -> Policy:
    """Read a policy in which each key is known. Raises ValueError with one sentence.

    What is left out has its shipped value, so a misspelt key would compare the wrong policy.
    """
    try:
        found: Proposed = adapter(Proposed).validate_python({"policy": json.loads(data)})
    except json.JSONDecodeError as exc:
        raise ValueError(f"Invalid JSON: {exc}") from exc
    except ValidationError as exc:
        raise ValueError(sentence(exc).removeprefix("policy: ").removeprefix("policy.")) from exc
    return found.policy


def sentence(error: ValidationError) -> str:
    """The first thing that is wrong, with its place."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    what = "unknown key" if first["type"] == UNKNOWN else first["msg"]
    return f"{place}: {what}" if place else what


def error_from(data: Mapping[str, Any]) -> PlcmonError:
    """The error that `errors.to_json` described."""
    kind = ERRORS.get(str(data.get("error", "")), DeskError)
    return kind(str(data.get("who", "")), str(data.get("doing", "")), str(data.get("why", "")))
