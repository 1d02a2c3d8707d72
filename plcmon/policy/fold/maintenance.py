"""Maintenance: windows are opened by a person's word, begin, end, and come again each week."""

from datetime import datetime

from plcmon.model.events import Verb, Window
from plcmon.model.replacing import replace
from plcmon.model.subjects import Subject, SubjectKind
from plcmon.policy.draft import Draft
from plcmon.policy.fold.asking import Declined, time_in, until_of
from plcmon.policy.fold.stops import review_inside
from plcmon.policy.selections import members
from plcmon.policy.weekly import read_weekly, zone_named


def maintenance(draft: Draft, subject: Subject, verb: Verb) -> None:
    """Open a window now, later, or each week."""
    if subject.kind is SubjectKind.FLEET and not members(draft.inventory, subject):
        raise Declined("the selection is empty")
    weekly = str(verb.arguments.get("weekly", "")).strip()
    window = weekly_window(draft, subject, verb, weekly) if weekly else once(draft, subject, verb)
    draft.changes.windows[window.id] = window
    if window.begun:
        review_inside(draft, subject)


def once(draft: Draft, subject: Subject, verb: Verb) -> Window:
    begins = time_in(verb, "begins") or draft.now
    until = until_of(draft, verb, begins)
    return Window(
        draft.new_id("window", subject),
        subject,
        begins,
        until,
        verb.actor.name,
        verb.reason,
        begun=begins <= draft.now,
    )


def weekly_window(draft: Draft, subject: Subject, verb: Verb, text: str) -> Window:
    """The first stretch of a series; it ends as a whole by itself."""
    begins = time_in(verb, "begins") or draft.now
    zone = zone_of(draft, subject)
    last = begins + draft.policy.limits.weekly_most
    until = until_of(draft, verb, begins) if verb.arguments.get("until") else last
    try:
        weekly = read_weekly(text)
    except ValueError as error:
        raise Declined(str(error)) from None
    starts_at, ends_at = weekly.following(max(begins, draft.now), zone_named(zone))
    if starts_at >= min(until, last):
        raise Declined("the series ends before its first window starts")
    return Window(
        draft.new_id("window", subject),
        subject,
        starts_at,
        ends_at,
        verb.actor.name,
        verb.reason,
        weekly=text,
        timezone=zone,
        series_until=min(until, last),
        begun=starts_at <= draft.now,
    )


def zone_of(draft: Draft, subject: Subject) -> str:
    """The zone of the subject's site, in which weekly windows are said."""
    site = draft.inventory.site_of(subject)
    nodes = members(draft.inventory, subject)
    sites = {site} if site is not None else {node.site for node in nodes}
    known = draft.inventory.sites
    zones = {known[key].timezone for key in sites if key in known}
    if len(zones) != 1:
        raise Declined(f"it lies in {len(zones)} time zones; say it for each site")
    return zones.pop()


def maintenance_end(draft: Draft, subject: Subject, _verb: Verb) -> None:
    found = [key for key, window in draft.windows().items() if window.subject == subject]
    if not found:
        raise Declined("no maintenance window is open there")
    for key in found:
        draft.changes.windows[key] = None
    review_inside(draft, subject)


def turn_windows(draft: Draft) -> None:
    """Time came: windows begin, end, or give way to their next stretch."""
    for key, window in draft.windows().items():
        over = window.ends_at <= draft.now
        if not over and (window.begun or window.starts_at > draft.now):
            continue
        draft.changes.windows[key] = (
            following(window, draft.now) if over else replace(window, begun=True)
        )
        review_inside(draft, window.subject)


def following(window: Window, now: datetime) -> Window | None:
    """The next stretch of a series; None: it is over."""
    if not window.weekly:
        return None
    weekly = read_weekly(window.weekly)
    starts_at, ends_at = weekly.following(now, zone_named(window.timezone))
    if window.series_until is not None and starts_at >= window.series_until:
        return None
    return replace(window, starts_at=starts_at, ends_at=ends_at, begun=starts_at <= now)
