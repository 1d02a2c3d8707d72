"""Posting readings: who may, what the journal keeps of it, and what came of it in a sentence."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from plcmon.errors import ForbiddenError, MistypedError, NotFoundError
from plcmon.model.events import Actor, Verb
from plcmon.model.ports import Ear, Intake, Posted
from plcmon.model.subjects import fleet_subject
from plcmon.operations.desk import ROLES
from plcmon.operations.phrases import count, plain
from plcmon.operations.reports import PostedView

VERB = "readings-post"
ROLE = "operator"
FORMS = ("json", "csv")
TELL_EVERY = timedelta(hours=1)  # a row of the journal, while the same user goes on posting


class NoIntake:
    """Where no source outside is listened to."""

    def posters(self, source: str) -> Collection[str]:
        return ()

    async def take(self, source: str, body: bytes, form: str) -> Posted:
        raise NotFoundError(source, "taking readings", "no webhook is configured")


NOBODY: Intake = NoIntake()


@dataclass
class Posters:
    """Who posted to each source last, and when the journal was told."""

    told: dict[str, tuple[str, datetime]] = field(default_factory=dict)

    def is_news(self, source: str, who: str, now: datetime) -> bool:
        before = self.told.get(source)
        if before is not None and before[0] == who and now - before[1] < TELL_EVERY:
            return False
        self.told[source] = who, now
        return True


async def post(
    intake: Intake,
    ear: Ear,
    posters: Posters,
    *,
    actor: Actor,
    now: datetime,
    source: str,
    body: bytes,
    form: str,
) -> PostedView:
    """Hand the post over. Its readings are no rows of the journal; who posts is, once an hour."""
    allow(actor, source, intake.posters(source))
    check_form(source, form)
    found = await intake.take(source, body, form)
    text = sentence(source, found)
    if posters.is_news(source, actor.name, now):
        await ear.say(fleet_subject(f"source {source}"), Verb(actor, VERB, text))
    return PostedView(
        source=source,
        taken=found.up + found.down,
        up=found.up,
        down=found.down,
        unknown=found.unknown,
        unknown_names=found.names,
        old=found.old,
        text=text,
    )


def allow(actor: Actor, source: str, posters: Collection[str]) -> None:
    """Raises ForbiddenError for who is neither an operator nor named by the source."""
    known = actor.role in ROLES
    if known and (ROLES.index(actor.role) >= ROLES.index(ROLE) or actor.name in posters):
        return
    why = f"it needs the role {ROLE}, or to be one of the source's `posters`"
    raise ForbiddenError(actor.name, f"posting readings of {source}", why)


def check_form(source: str, form: str) -> None:
    """Raises MistypedError."""
    if form and form not in FORMS:
        why = f'"{form}" is no form of a post; {" and ".join(FORMS)} are'
        raise MistypedError(source, "posting readings", why)


def sentence(source: str, found: Posted) -> str:
    parts = [f"{source}: {found.up} up, {found.down} down"]
    if found.unknown:
        names = ", ".join(plain(name) for name in found.names)
        more = " and more" if found.unknown > len(found.names) else ""
        parts.append(f"{count(found.unknown, 'row')} about unknown nodes ({names}{more})")
    if found.old:
        parts.append(f"{count(found.old, 'row')} too old")
    return "; ".join(parts)
