"""Sources: the tables `[sources.NAME]`, places outside that say which nodes are up."""

import re
from datetime import timedelta
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from plcmon.config.fields import AtLeastOne, Duration, Section, SomeTime, is_loopback
from plcmon.model.policy import SourceRule
from plcmon.model.readings import LOCAL

WEBHOOK = "webhook"
MOST_POSTED = 16 * 1024 * 1024  # bytes of one post
ASKED = ("url", "query", "deadline", "credential", "user")  # of sources that are asked
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


def _check_name(name: str) -> str:
    if not NAME.fullmatch(name) or name == LOCAL:
        raise ValueError(f'"{name}" is no name of a source; write letters, digits, - and _')
    return name


class Source(Section):
    """One place outside that says which nodes are up. Its durations are wire time."""

    kind: Literal["prometheus", "json", "csv", "webhook"]
    """How it speaks: an instant query, a JSON list or a CSV table; or it posts either to us."""
    url: str = ""
    """Where it is asked, HTTP or HTTPS; of Prometheus without `/api/v1/query`. No redirect is
    followed. Needed, but of a webhook, which nobody asks."""
    query: str = ""
    """Prometheus: an instant query with one sample for each node."""
    interval: SomeTime = timedelta(minutes=5)
    """How often it is asked, or posts; what is older than two of them says nothing."""
    deadline: SomeTime = timedelta(seconds=20)
    """One answer, whole."""
    most_bytes: AtLeastOne = 4 * 1024 * 1024
    """A longer answer is refused, and a longer post: of those, 16 MiB is the most there can be."""
    credential: str = ""
    """Name of the secret that is sent as a bearer token, or as the password of `user`."""
    user: str = ""
    """Account; empty: the secret is a bearer token."""
    rows: str = ""
    """JSON: where the list of nodes is, keys with dots between; empty: it is the whole answer."""
    node: str = "node"
    """Label, key or column that names the node: by hostname, key or address, a port left out."""
    value: str = "up"
    """Key or column of the value; Prometheus has one of its own."""
    at: str = ""
    """Key or column of the time: Unix seconds, or ISO 8601 with its zone. Empty: when asked, or
    posted."""
    up: tuple[str, ...] = ("1", "true", "up", "ok")
    """Values that say up."""
    down: tuple[str, ...] = ("0", "false", "down")
    """Values that say down; of an answer any other says nothing and is counted, a post with one is
    refused."""
    up_within: Duration = timedelta()
    """Where the value is an age in seconds: up to this it says up, beyond it down. `0s`: it is
    none of that."""
    counts: bool = False
    """A fresh *up* keeps power away from the node; `false` only informs."""
    posters: tuple[str, ...] = ()
    """Webhook: users who may post, beside operators; like everybody they need a role."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.kind == WEBHOOK:
            self._check_webhook()
        else:
            self._check_url()
        if self.kind == "prometheus" and not self.query:
            raise ValueError("a Prometheus source needs a `query`")
        if set(self.up) & set(self.down):
            raise ValueError("a value cannot say both up and down")
        if self.up_within > 2 * self.interval:
            raise ValueError("`up_within` is more than two intervals: an older sample says nothing")
        if self.user and not self.credential:
            raise ValueError("a user without a credential")
        return self

    def _check_webhook(self) -> None:
        asked = [name for name in ASKED if name in self.model_fields_set]
        if asked:
            raise ValueError(f"a webhook is not asked: it takes no `{asked[0]}`")
        if self.most_bytes > MOST_POSTED:
            raise ValueError(f"`most_bytes` of a webhook is {MOST_POSTED} at most")

    def _check_url(self) -> None:
        if self.posters:
            raise ValueError("only a webhook has `posters`")
        url = urlsplit(self.url)
        if url.scheme not in ("http", "https") or not url.hostname:
            raise ValueError("`url` must begin with http:// or https:// and name a host")
        if url.username is not None or url.password is not None:
            raise ValueError("`url` holds a password; name a `credential` instead")
        if self.credential and url.scheme == "http" and not is_loopback(url.hostname):
            raise ValueError("a credential goes over https only")

    @property
    def host(self) -> str:
        """Where it is asked."""
        return urlsplit(self.url).hostname or ""

    @property
    def rule(self) -> SourceRule:
        return SourceRule(self.interval, self.counts)


SourceTables = dict[Annotated[str, AfterValidator(_check_name)], Source]
NO_SOURCES: Any = Field(default_factory=dict, description="Tables `[sources.NAME]`.")
