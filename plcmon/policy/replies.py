"""Replies: who answers is left in peace for a while; machines are repaired all the same."""

from datetime import datetime

from plcmon.model.decisions import Gate, GateName
from plcmon.model.events import ReplySeen
from plcmon.model.replacing import replace
from plcmon.model.subjects import SiteKey, site_subject
from plcmon.policy import gates, journal
from plcmon.policy.draft import Draft
from plcmon.policy.issues import stamp


def take_reply(draft: Draft, site: SiteKey, reply: ReplySeen) -> None:
    """A person's reply pauses notices and penalties; one without a date shortens no promise."""
    subject, belief = site_subject(site), draft.site(site)
    who = reply.by or "somebody"
    if reply.auto:
        draft.audit(subject, "reply", f"an auto-reply of {who}: nobody promised anything")
        return
    until = end_of(draft, reply)
    if reply.until is None and belief.reply_until is not None:
        until = max(until, belief.reply_until)
    draft.believe(replace(belief, replied_at=reply.at, reply_until=until))
    why = f"{who} replied: no notices and penalties until {stamp(until)}"
    draft.audit(subject, "reply", why, facts={"until": journal.moment(until)})


def end_of(draft: Draft, reply: ReplySeen) -> datetime:
    rules = draft.policy.limits
    return min(reply.until or reply.at + rules.reply, reply.at + rules.reply_most)


def reply_gate(view: Draft, site: SiteKey | None) -> Gate:
    """Holds notices and penalties of a site whose people replied."""
    belief = view.site(site) if site is not None else None
    until = belief.reply_until if belief is not None else None
    if belief is None or until is None or view.now >= until:
        return gates.passed(GateName.REPLY, "nobody of the site replied lately")
    fact = f"somebody of the site replied; it is left in peace until {stamp(until)}"
    return gates.gate(GateName.REPLY, False, fact, at=belief.replied_at, clears_at=until)
