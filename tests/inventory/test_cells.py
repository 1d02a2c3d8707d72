"""Rows as an inventory: the same records as TOML, and every mistake by its file and line."""

from datetime import timedelta
from pathlib import Path

import pytest

from plcmon.errors import ConfigError
from plcmon.inventory.cells import contacts, paths
from plcmon.inventory.toml import read_inventory
from plcmon.model.subjects import Inventory, NodeKey, OwnIntervals, PcuKey, Role, SiteKey

SITES = """\
sites,name,timezone,contacts.tech,contacts.pi,witnesses
uw,U Washington,America/Los_Angeles,ann@uw.example;bob@uw.example,ann@uw.example,[::1]:80
"""
PCUS = """\
pcus,site,family,host,transports,options.outlets,quirks
apc1,uw,apc,127.0.0.1,telnet:2323;ssh,8,
"""
NODES = """\
nodes,hostname,site,addresses,ports,ssh_port,power,proven,labels.rack,groups,http,intervals.ssh
n1,n1.example.org,uw,127.0.0.2;::1,80;443,2222,apc1:1,true,r1,edge;test,http://n1/;https://n1/,1h

n2,n2.example.org,uw,127.0.0.3,,,apc1:2+apc1:3;apc1:4,,,,,
"""
TOML = """\
[sites.uw]
timezone = "UTC"

[nodes.n1]
ssh_port = 22
[nodes.n1.labels]
row = "7"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("sites", SITES), ("pcus", PCUS), ("nodes", NODES)):
        (tmp_path / f"{name}.csv").write_text(text)
    return tmp_path


def read(folder: Path, *names: str) -> Inventory:
    return read_inventory([folder / name for name in names])


def problems(folder: Path, *names: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(folder, *names)
    return [text.replace(f"{folder}/", "") for text in caught.value.problems]


def test_rows_are_records(folder: Path) -> None:
    found = read(folder, "sites.csv", "pcus.csv", "nodes.csv")

    node = found.nodes[NodeKey("toml:n1")]
    assert (node.addresses, node.ports, node.ssh_port) == (("127.0.0.2", "::1"), (80, 443), 2222)
    assert (node.labels, node.groups) == ({"rack": "r1"}, {"edge", "test"})
    assert [str(path) for path in node.paths] == ["toml:apc1 outlet 1"]
    assert node.paths[0].proven
    pcu = found.pcus[PcuKey("toml:apc1")]
    assert [str(way.port) for way in pcu.transports] == ["2323", "22"]
    assert pcu.options == {"outlets": "8"}
    assert node.intervals == OwnIntervals(ssh=timedelta(hours=1))


def test_an_empty_cell_says_nothing(folder: Path) -> None:
    node = read(folder, "sites.csv", "pcus.csv", "nodes.csv").nodes[NodeKey("toml:n2")]

    assert (node.ports, node.ssh_port, node.labels) == ((), 22, {})
    assert [len(path.outlets) for path in node.paths] == [2, 1]
    assert not node.paths[0].proven


def test_a_person_of_two_columns_has_two_roles(folder: Path) -> None:
    site = read(folder, "sites.csv").sites[SiteKey("uw")]

    assert {person.email: person.roles for person in site.contacts} == {
        "ann@uw.example": {Role.TECH, Role.PI},
        "bob@uw.example": {Role.TECH},
    }


@pytest.mark.parametrize("names", [("fleet.toml", "nodes.csv"), ("nodes.csv", "fleet.toml")])
def test_toml_goes_before_rows_field_by_field(folder: Path, names: tuple[str, str]) -> None:
    (folder / "fleet.toml").write_text(TOML)

    found = read(folder, "sites.csv", "pcus.csv", *names)

    node = found.nodes[NodeKey("toml:n1")]
    assert (node.ssh_port, node.hostname) == (22, "n1.example.org")
    assert node.labels == {"rack": "r1", "row": "7"}
    assert found.sites[SiteKey("uw")].timezone == "UTC"


def test_rows_named_first_go_before_later_ones(folder: Path) -> None:
    (folder / "more.csv").write_text("nodes,hostname,labels.rack,labels.row\nn1,other,r9,9\n")

    node = read(folder, "sites.csv", "pcus.csv", "nodes.csv", "more.csv").nodes[NodeKey("toml:n1")]

    assert (node.hostname, node.labels) == ("n1.example.org", {"rack": "r1", "row": "9"})


def test_a_mistake_is_told_of_the_file_that_has_it(folder: Path) -> None:
    (folder / "fleet.toml").write_text('[nodes.n1]\nprofile = "linx"\n')
    (folder / "nodes.csv").write_text(
        "nodes,hostname,site,addresses,ssh_port\nn1,n1.example.org,uww,127.0.0.2,ssh\n"
    )

    found = problems(folder, "fleet.toml", "sites.csv", "nodes.csv")

    assert any(text.startswith("fleet.toml:2: nodes.n1.profile") for text in found)
    assert any(text.startswith("nodes.csv:2: nodes.n1.site") for text in found)
    assert any(text.startswith("nodes.csv:2: nodes.n1.ssh_port") for text in found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "more.csv: is empty"),
        ("nodes,site,site\n", 'more.csv:1: 2 columns are named "site"'),
        ("nodes,,site\n", "more.csv:1: a column has no name"),
        ("node,site\nn9,uw\n", 'more.csv:1: the first column is "node"; did you mean nodes?'),
        ("nodes,hostname\nn9\n", "more.csv:2: 1 cells; the head has 2 columns"),
        ("nodes,hostname\n,n9.example.org\n", "more.csv:2: no id in the column nodes"),
        ("nodes,hostname\nn9,a\nn9,b\n", "more.csv:3: nodes.n9: stands twice"),
        ('nodes,hostname\nn9,"a\n', "more.csv:2: not CSV: unexpected end of data"),
        ("nodes,hostnam\nn9,a\n", "more.csv:2: nodes.n9.hostnam: unknown key"),
    ],
)
def test_a_bad_table_says_where_and_why(folder: Path, text: str, said: str) -> None:
    (folder / "more.csv").write_text(text)

    assert any(found.startswith(said) for found in problems(folder, "sites.csv", "more.csv"))


def test_a_shifted_column_is_no_inventory(folder: Path) -> None:
    rows = NODES.replace("n2,n2.example.org,uw,", "n2,n2.example.org,uw,oops,")
    (folder / "nodes.csv").write_text(rows)

    assert problems(folder, "sites.csv", "pcus.csv", "nodes.csv") == [
        "nodes.csv:4: 13 cells; the head has 12 columns"
    ]


def test_a_mark_at_the_beginning_is_passed_over(folder: Path) -> None:
    """Spreadsheets write one."""
    (folder / "sites.csv").write_text("\ufeff" + SITES)

    assert read(folder, "sites.csv").sites


def test_outlets_of_two_supplies_stand_together() -> None:
    assert paths("a:1 + b:1; c:2") == [{"outlets": ["a:1", "b:1"]}, {"outlets": ["c:2"]}]


def test_contacts_that_are_no_roles_are_left_to_the_check() -> None:
    assert contacts({"boss": "ann@uw.example"}) == {"boss": "ann@uw.example"}


def test_pages_are_urls_in_one_cell(folder: Path) -> None:
    nodes = read(folder, "sites.csv", "pcus.csv", "nodes.csv").nodes

    assert [page.url for page in nodes[NodeKey("toml:n1")].http] == ["http://n1/", "https://n1/"]
    assert nodes[NodeKey("toml:n2")].http == ()
