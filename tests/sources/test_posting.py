"""A post is taken whole; the first mistake refuses it, with its row and what may stand there."""

from datetime import timedelta
from typing import Any

import pytest

from plcmon.config.sources import Source
from plcmon.errors import MistypedError
from plcmon.model.policy import Wire
from plcmon.sources.posting import form_of, read_post, too_old, unknown_names
from plcmon.sources.sorting import Names, Sorted
from tests.fakes.clock import NOON
from tests.policy.clerk import make_inventory, node

N, OTHER = node(0, 0), node(0, 1)


def posted(body: str | bytes, form: str = "", **more: Any) -> Sorted:
    source = Source(**{"kind": "webhook", "at": "seen", "value": "state", **more})
    data = body.encode() if isinstance(body, str) else body
    names = Names(make_inventory(sites=1, nodes=2))
    return read_post("nagios", source, data, form, names=names, arrived_at=NOON, wire=Wire())


def refused(body: str | bytes, form: str = "", **more: Any) -> str:
    with pytest.raises(MistypedError) as caught:
        posted(body, form, **more)
    return caught.value.why


def test_a_row_without_a_time_is_as_of_the_post() -> None:
    found = posted(f'[{{"node": "{N}", "state": "up"}}]')

    assert (found.readings[N].at, found.readings[N].up) == (NOON, True)
    assert found.readings[N].vantage == "nagios"


def test_a_table_is_read_by_the_names_of_its_columns() -> None:
    at = (NOON - timedelta(minutes=2)).isoformat()

    found = posted(f"state,node,seen,more\ndown,{N},{at},x\n")

    assert (found.readings[N].at, found.readings[N].up) == (NOON - timedelta(minutes=2), False)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("[", "the body: it is no json: Expecting value at line 1, column 2"),
        ('{"nodes": []}', "the body: it is no list of nodes"),
        (b"\xff\xfe,", "the body: it is no csv: it is not UTF-8"),
        (
            "host,state\n",
            "the body: its table has no column 'node'; it has host, state",
        ),
        ("", "the body: its table has no column 'node'; it has none"),
    ],
)
def test_a_body_that_cannot_be_read_says_where_it_broke(body: str | bytes, said: str) -> None:
    assert refused(body) == said


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (f"{N},perhaps,", '`state` is "perhaps"; 1, true, up, ok say up, 0, false, down say down'),
        (",up,", "it names no node; `node` must hold a hostname, key or address"),
        (f"{N},up,noon", '`seen` is "noon"; write Unix seconds, or ISO 8601 with its zone'),
        (f"{N},up,2027-01-01T00:00:00Z", "which lies ahead by more than"),
        (f"{OTHER},down,", f'"{OTHER}" is said to be both up and down'),
    ],
)
def test_a_row_with_a_mistake_refuses_the_whole(row: str, said: str) -> None:
    why = refused(f"node,state,seen\n{OTHER},up,\n{row}\n")

    assert why.startswith("row 2: ")
    assert said in why
    assert why.endswith("; nothing was taken")


def test_further_mistakes_of_the_kind_are_counted() -> None:
    rows = "".join(f"{name},?,\n" for name in (N, OTHER, N))

    assert "; so are 2 more; nothing was taken" in refused(f"node,state,seen\n{rows}")


def test_an_age_must_be_a_number() -> None:
    body = f'[{{"node": "{N}", "state": "soon"}}]'

    assert '`state` is "soon"; write an age in seconds' in refused(
        body, up_within=timedelta(minutes=1)
    )


def test_rows_of_unknown_nodes_and_old_rows_are_told_and_refuse_nothing() -> None:
    old = (NOON - timedelta(minutes=11)).isoformat()
    strange = "".join(f"x{number},up,\n" for number in range(7))

    found = posted(f"node,state,seen\n{N},up,\n{OTHER},up,{old}\n{strange}")

    assert list(found.readings) == [N]
    assert unknown_names(found) == ("x0", "x1", "x2", "x3", "x4")
    assert (found.refused["of unknown nodes"], too_old(found)) == (7, 1)


def test_an_empty_list_is_a_post_of_nothing() -> None:
    assert posted("[]") == Sorted()


def test_a_form_that_is_named_goes_before_what_it_looks_like() -> None:
    assert form_of(b' \n[{"node"') == "json"
    assert form_of(b"node,up") == "csv"
    assert "it is no json" in refused("node,up\n", "json")
