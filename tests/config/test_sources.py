"""The tables of sources outside: what they may say, and what contradicts itself."""

from datetime import timedelta
from pathlib import Path

import pytest

from plcmon.model.policy import SourceRule
from tests.config.files import problems_of, settings_of

PROM = """
[sources.prom]
kind = "prometheus"
url = "https://prom.example.org"
query = "up"
node = "instance"
interval = "1m"
counts = true
"""


def test_a_source_is_read_and_its_weight_is_policy(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, PROM)

    assert settings.sources["prom"].node == "instance"
    assert settings.policy.sources == {"prom": SourceRule(timedelta(minutes=1), counts=True)}
    assert settings.policy.sources["prom"].fresh_for == timedelta(minutes=2)


def test_each_of_its_values_is_shown_with_its_origin(tmp_path: Path) -> None:
    shown = {row.key: row for row in settings_of(tmp_path, PROM).shown}

    assert shown["sources.prom.interval"].value == '"1m"'
    assert shown["sources.prom.counts"].origin == f"{tmp_path}/monitor.toml:8"
    assert shown["sources.prom.deadline"].origin == "default"


CSV = '[sources.{name}]\nkind = "csv"\nurl = "{url}"\n{more}'


@pytest.mark.parametrize(
    ("name", "url", "more", "wrong"),
    [
        ("c", "ftp://x", "", "must begin with http"),
        ("c", "https://", "", "name a host"),
        ("c", "https://me:pw@x", "", "holds a password"),
        ("c", "http://x.example", 'credential = "c"', "https only"),
        ("c", "https://x", 'user = "me"', "a user without a credential"),
        ("c", "https://x", 'up = ["1"]\ndown = ["1"]', "both up and down"),
        ("c", "https://x", 'up_within = "11m"', "more than two intervals"),
        ("local", "https://x", "", "is no name of a source"),
        ("'a b'", "https://x", "", "is no name of a source"),
    ],
)
def test_what_contradicts_itself_is_refused(
    tmp_path: Path, name: str, url: str, more: str, wrong: str
) -> None:
    (problem,) = problems_of(tmp_path, CSV.format(name=name, url=url, more=more))

    assert wrong in problem


def test_a_prometheus_without_a_query_is_refused(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, PROM.replace('query = "up"\n', ""))

    assert "needs a `query`" in problem


HOOK = '[sources.nagios]\nkind = "webhook"\n'


def test_a_webhook_needs_no_address_and_may_name_its_users(tmp_path: Path) -> None:
    text = "[policy]\nscale = 60\n" + HOOK + 'posters = ["nagios"]\ncounts = true\n'

    settings = settings_of(tmp_path, text)

    assert settings.sources["nagios"].posters == ("nagios",)
    assert settings.policy.sources["nagios"].counts


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (HOOK + 'url = "https://x"\n', "a webhook is not asked: it takes no `url`"),
        (HOOK + 'query = "up"\n', "it takes no `query`"),
        (HOOK + 'credential = "c"\n', "it takes no `credential`"),
        (HOOK + "most_bytes = 20_000_000\n", "is 16777216 at most"),
        (CSV.format(name="c", url="https://x", more='posters = ["a"]'), "only a webhook"),
        ('[sources.c]\nkind = "csv"\n', "`url` must begin with"),
    ],
)
def test_what_does_not_fit_a_webhook_is_refused(tmp_path: Path, text: str, wrong: str) -> None:
    (problem,) = problems_of(tmp_path, text)

    assert wrong in problem


def test_scaled_time_asks_nobody_beyond_loopback(tmp_path: Path) -> None:
    text = "[policy]\nscale = 60\n" + PROM

    (problem,) = problems_of(tmp_path, text)
    settings = settings_of(tmp_path, text.replace("prom.example.org", "127.0.0.1"))

    assert "only loopback" in problem
    assert settings.policy.sources["prom"].interval == timedelta(minutes=1)
