import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from plcmon.api import routes, stream
from plcmon.cli.docs.api import PARTS, renew
from plcmon.operations.desk import VERBS
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
    WhyView,
)
from plcmon.operations.wire import ERRORS, Order

PAGE = (Path(__file__).parents[3] / "docs" / "api.md").read_text()
SHOWN = {
    "GET /api/nodes": NodeView,
    "GET /api/sites": SiteView,
    "GET /api/pcus": PcuView,
    "GET /api/issues": IssueView,
    "GET /api/intents": IntentView,
    "GET /api/why/{subject}": WhyView,
    "GET /api/since": HandoverView,
    "GET /api/plan": PlanView,
    "GET /api/approvals": ApprovalView,
    "GET /api/repairs": RepairsView,
    "GET /api/readiness": ReadinessView,
    "GET /api/digest": DigestView,
    "GET /api/history/{node}": HistoryView,
    "GET /api/is-it-us": IsItUsView,
    "GET /api/availability": AvailabilityView,
    "GET /api/pcus/{pcu}/sessions": SessionView,
    "POST /api/policy-diff": PolicyDiffView,
    "POST /api/readings/{source}": PostedView,
    "GET /api/audit": AuditView,
    "GET /api/audit/verify": VerifyView,
    "POST /api/do": Answer,
}


def part(heading: str) -> str:
    """What stands under a heading, down to the next."""
    return re.split(r"\n##+ ", PAGE.partition(f" {heading}\n")[2])[0]


def examples(text: str) -> Iterator[dict[str, Any]]:
    for found in re.findall(r"```json\n(.*?)```", text, re.DOTALL):
        yield json.loads(found)


def names(kind: type[Any]) -> set[str]:
    return {field.name for field in fields(kind)}


def test_page_is_current() -> None:
    """`make docs` makes it so."""
    assert renew(PAGE) == PAGE


def test_every_part_stands_on_it_once() -> None:
    assert sorted(re.findall(r"<!-- made: (\w+) -->", PAGE)) == sorted(PARTS)


def test_what_was_made_before_is_made_anew() -> None:
    old = "before\n<!-- made: limits -->\nold\n<!-- end -->\nafter\n"

    new = renew(old)

    assert "old" not in new
    assert "64 KiB" in new
    assert new.startswith("before\n")
    assert new.endswith("\nafter\n")


def test_a_mark_that_nobody_makes_is_an_error() -> None:
    with pytest.raises(KeyError):
        renew("<!-- made: tea -->\n<!-- end -->\n")


def test_every_route_has_its_heading_and_no_other() -> None:
    served = {f"{one.method} {one.path.replace(':.+', '')}" for one in routes.routes()}
    told = set(re.findall(r"\n### `((?:GET|POST) [^`]+)`\n", PAGE))

    assert told == {*served, "GET /healthz"}


def test_every_parameter_that_is_read_is_explained() -> None:
    source = inspect.getsource(routes) + inspect.getsource(stream)
    read = set(re.findall(r'(?:query\.get\(|(?:number|instant)\(request, )"(\w+)"', source))
    for several in re.findall(r"for name in \(([^)]+)\)", source):
        read |= set(re.findall(r'"(\w+)"', several))

    assert read >= {"match", "closed", "limit", "at", "after", "stream", "for", "about", "until"}
    assert [name for name in read if f"\n| `{name}` |" not in PAGE] == []


def test_every_key_of_an_order_is_explained() -> None:
    assert [name for name in names(Order) if f"\n| `{name}` |" not in part("`POST /api/do`")] == []


@pytest.mark.parametrize("route", SHOWN)
def test_examples_show_what_is_there(route: str) -> None:
    shown = list(examples(part(f"`{route}`")))

    assert shown
    assert [set(one) - names(SHOWN[route]) for one in shown] == [set()] * len(shown)


def test_the_first_example_and_the_error_are_of_their_forms() -> None:
    (summary,) = examples(part("The socket"))
    (error,) = examples(part("Errors"))

    assert set(summary) <= names(Summary)
    assert set(error) == {"error", "who", "doing", "why", "retry"}
    assert error["error"] in ERRORS


def test_every_verb_and_every_error_is_on_it() -> None:
    assert [verb for verb in VERBS if f"\n| `{verb}` |" not in PAGE] == []
    assert [code for code in ERRORS if f"\n| `{code}` |" not in PAGE] == []
