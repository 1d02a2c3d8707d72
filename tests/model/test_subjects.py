"""What is watched, and the ways from one thing to another."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plcmon.model.subjects import (
    Endpoint,
    Inventory,
    Node,
    NodeKey,
    Outlet,
    Pcu,
    PcuKey,
    PowerPath,
    Site,
    SiteKey,
    Subject,
    SubjectKind,
    fleet_subject,
    node_subject,
    outlets_by_name,
    pcu_subject,
    site_subject,
)

S, T = SiteKey("s"), SiteKey("t")
P, Q = PcuKey("toml:p"), PcuKey("toml:q")


def make_node(name: str, site: SiteKey, *paths: PowerPath) -> Node:
    return Node(NodeKey(f"toml:{name}"), f"{name}.example.org", site, ("127.0.0.1",), paths=paths)


def path(*outlets: tuple[PcuKey, str]) -> PowerPath:
    return PowerPath(tuple(Outlet(pcu, outlet) for pcu, outlet in outlets))


A = make_node("a", S, path((P, "1"), (Q, "1")), path((P, "2")))  # two supplies, or one outlet
B = make_node("b", S, path((P, "3")))
C = make_node("c", T)
PCUS = (Pcu(P, S, "pcu-p", "127.0.0.1", "apc"), Pcu(Q, T, "pcu-q", "127.0.0.1", "apc"))
INVENTORY = Inventory(
    nodes={node.key: node for node in (A, B, C)},
    sites={S: Site(S, "Site S"), T: Site(T, "Site T")},
    pcus={pcu.key: pcu for pcu in PCUS},
)


@given(st.sampled_from(SubjectKind), st.text())
def test_a_subject_reads_back_as_it_was_written(kind: SubjectKind, key: str) -> None:
    """Keys come from outside, and may have slashes and colons of their own."""
    subject = Subject(kind, key)

    assert Subject.parse(str(subject)) == subject


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        (node_subject("toml:a"), "node/toml:a"),
        (pcu_subject("toml:p"), "pcu/toml:p"),
        (site_subject("s"), "site/s"),
        (fleet_subject(), "fleet/all"),
        (fleet_subject("blind"), "fleet/blind"),
    ],
)
def test_a_subject_is_written_kind_and_key(subject: Subject, text: str) -> None:
    assert str(subject) == text


@pytest.mark.parametrize("text", ["", "toml:a", "rack/r", "Node/a", " node/a"])
def test_a_kind_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a valid SubjectKind"):
        Subject.parse(text)


@pytest.mark.parametrize(
    ("host", "text"),
    [
        ("127.0.0.1", "127.0.0.1:22"),
        ("gw.example.org", "gw.example.org:22"),
        ("2001:db8::1", "[2001:db8::1]:22"),
    ],
    ids=["four", "name", "six"],
)
def test_an_endpoint_is_written_so_that_the_port_can_be_told(host: str, text: str) -> None:
    assert str(Endpoint(host, 22)) == text


def test_a_path_names_every_outlet_that_goes_with_it() -> None:
    assert str(A.paths[0]) == "toml:p outlet 1 + toml:q outlet 1"


def test_a_mapping_that_moves_is_another_path() -> None:
    """Proof is kept by the path's text: it must not pass on to other outlets."""
    texts = {str(p) for p in (*A.paths, *B.paths, path((Q, "3")), path((P, "1")))}

    assert len(texts) == 5


def test_people_say_the_first_label() -> None:
    assert A.short == "a"
    assert Node(NodeKey("x"), "bare", S, ()).short == "bare"


def test_nodes_are_found_by_their_site() -> None:
    assert INVENTORY.nodes_by_site == {S: (A, B), T: (C,)}


def test_pcus_are_found_by_their_site() -> None:
    assert INVENTORY.pcus_by_site == {S: PCUS[:1], T: PCUS[1:]}


def test_a_pcu_knows_each_node_that_hangs_on_it_once() -> None:
    assert INVENTORY.nodes_by_pcu == {P: (A, B), Q: (A,)}


def test_a_pcu_without_nodes_is_in_no_list() -> None:
    lonely = Inventory(nodes={C.key: C}, pcus=INVENTORY.pcus)

    assert lonely.nodes_by_pcu == {}


@pytest.mark.parametrize(
    ("subject", "site"),
    [
        pytest.param(node_subject(A.key), S, id="a node's"),
        pytest.param(node_subject(C.key), T, id="another node's"),
        pytest.param(pcu_subject(Q), T, id="a PCU's own, not its nodes'"),
        pytest.param(site_subject("s"), S, id="itself"),
        pytest.param(site_subject("gone"), SiteKey("gone"), id="itself though it is gone"),
        pytest.param(node_subject("toml:gone"), None, id="a node that is gone"),
        pytest.param(pcu_subject("toml:gone"), None, id="a PCU that is gone"),
        pytest.param(pcu_subject(A.key), None, id="a node's key is no PCU"),
        pytest.param(fleet_subject(), None, id="the fleet has none"),
    ],
)
def test_site_of(subject: Subject, site: SiteKey | None) -> None:
    assert INVENTORY.site_of(subject) == site


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        (node_subject(A.key), "a.example.org"),
        (pcu_subject(P), "pcu-p"),
        (site_subject("s"), "s"),
        (fleet_subject("all"), "all"),
        (node_subject("toml:gone"), "toml:gone"),
        (pcu_subject("toml:gone"), "toml:gone"),
    ],
    ids=str,
)
def test_name_of(subject: Subject, name: str) -> None:
    assert INVENTORY.name_of(subject) == name


def test_outlets_are_called_by_their_pcu() -> None:
    names = {"toml:apc1": "apc1.north", "toml:apc2": "apc2.north"}
    text = "toml:apc1 outlet 3 + toml:apc2 outlet 4: off, by toml:who"

    said = outlets_by_name(text, lambda subject: names.get(subject.key, subject.key))

    assert said == "apc1.north outlet 3 + apc2.north outlet 4: off, by toml:who"


def labelled(**changes: object) -> Inventory:
    node = replace(A, **changes)  # type: ignore[arg-type] # names are the callers'
    return replace(INVENTORY, nodes={node.key: node, B.key: B, C.key: C})


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        ({"labels": {"country": "de"}}, "country:de"),
        ({"labels": {"network": "AS680"}}, "network:AS680"),
        ({"groups": frozenset({"edge"})}, "group:edge"),
        ({"addresses": ("192.0.2.7",)}, "prefix:192.0.2.0/24"),
        ({"addresses": ("2001:db8:1:2::7",)}, "prefix:2001:db8:1::/48"),
        ({}, "pcu:apc"),
    ],
)
def test_a_node_has_labels_in_common_with_others(changes: dict[str, object], label: str) -> None:
    assert label in labelled(**changes).labels[A.key]


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "a.example.org"])
def test_loopback_and_names_are_no_network(address: str) -> None:
    assert labelled(addresses=(address,)).labels[A.key] == ("pcu:apc",)


def test_other_labels_of_a_node_say_nothing() -> None:
    assert labelled(labels={"rack": "3"}).labels[A.key] == ("pcu:apc",)


def test_the_rarest_label_comes_first() -> None:
    inventory = labelled(labels={"country": "de"})

    assert inventory.labels[A.key] == ("country:de", "pcu:apc")
    assert inventory.label_sizes == {"country:de": 1, "pcu:apc": 2}
