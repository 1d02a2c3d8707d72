"""A reply came in, by whatever integration reads them."""

from plcmon.model.events import Event, ReplySeen
from plcmon.model.subjects import SiteKey, SubjectKind
from plcmon.policy.draft import Draft
from plcmon.policy.replies import take_reply


def on_reply_seen(draft: Draft, event: Event, body: ReplySeen) -> None:
    site = SiteKey(event.subject.key)
    if event.subject.kind is SubjectKind.SITE and site in draft.inventory.sites:
        take_reply(draft, site, body)
