from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plcmon.errors import ConfigError
from plcmon.inventory.toml import Families, inspect_inventory, load, read_inventory
from plcmon.model.subjects import (
    BootState,
    Endpoint,
    FactBounds,
    NodeKey,
    Outlet,
    Page,
    PcuKey,
    Role,
    SiteKey,
    Transport,
)
from tests.config.files import write

WHOLE = """
[profiles.linux]
ssh_user = "watcher"
key_file = "keys/id"
[sites.princeton]
name = "Princeton"
contacts = [{email = "tech@princeton.example.org", roles = ["tech", "pi"], name = "T"}]
timezone = "America/New_York"
min_up = 3
witnesses = ["127.1.0.1:7001", "[::1]:22"]
exempt_until = 2030-01-01T00:00:00Z
[pcus.apc1]
site = "princeton"
host = "127.1.0.2"
family = "apc"
transports = ["telnet:2323", "ssh"]
user = "apc"
credential = "apc1"
quirks = ["slow"]
options = {menu = "1"}
[pcus.hands]
site = "princeton"
name = "Hands on site"
family = "manual"
[nodes.n01]
hostname = "n01.example.org"
site = "princeton"
addresses = ["127.1.0.11", "2001:DB8::0:11"]
ssh_port = 2222
ports = [8080]
power = [{outlets = ["apc1:3", "apc1:4"], proven = true}, {outlets = ["hands:n01"]}]
boot_state = "disabled"
groups = ["edge"]
labels = {country = "us"}
was = "old.example.org"
"""
LEAST = """
[sites.s]
[pcus.p]
site = "s"
family = "apc"
[nodes.a]
hostname = "a"
site = "s"
addresses = ["127.0.0.1"]
"""


def problems_of(folder: Path, text: str) -> list[str]:
    _, problems = inspect_inventory([write(folder, text)])
    return [str(problem).replace(f"{folder}/", "") for problem in problems]


def test_node_is_read_whole(tmp_path: Path) -> None:
    node = read_inventory([write(tmp_path, WHOLE)]).nodes[NodeKey("toml:n01")]

    assert node.hostname == "n01.example.org"
    assert node.site == SiteKey("princeton")
    assert node.addresses == ("127.1.0.11", "2001:db8::11")
    assert (node.ssh_port, node.ports) == (2222, (8080,))
    assert node.boot_state is BootState.DISABLED
    assert node.groups == {"edge"}
    assert node.labels == {"country": "us"}
    assert node.was == "old.example.org"


def test_a_nodes_own_intervals_stand_over_its_profiles(tmp_path: Path) -> None:
    text = LEAST + "[nodes.a.intervals]\nssh = '2h'\n[profiles.linux.intervals]\n"
    text += "ssh = '1h'\nping = '30s'\n"

    node = read_inventory([write(tmp_path, text)]).nodes[NodeKey("toml:a")]

    assert node.intervals.ssh == timedelta(hours=2)
    assert node.intervals.ping == timedelta(seconds=30)
    assert node.intervals.tcp is None  # as often as all


def test_power_paths_keep_their_order_and_outlets(tmp_path: Path) -> None:
    paths = read_inventory([write(tmp_path, WHOLE)]).nodes[NodeKey("toml:n01")].paths

    apc = PcuKey("toml:apc1")
    assert paths[0].outlets == (Outlet(apc, "3"), Outlet(apc, "4"))
    assert [path.proven for path in paths] == [True, False]
    assert paths[1].outlets == (Outlet(PcuKey("toml:hands"), "n01"),)


def test_site_is_read_whole(tmp_path: Path) -> None:
    site = read_inventory([write(tmp_path, WHOLE)]).sites[SiteKey("princeton")]

    assert site.contacts[0].roles == {Role.TECH, Role.PI}
    assert site.witnesses == (Endpoint("127.1.0.1", 7001), Endpoint("::1", 22))
    assert site.exempt_until == datetime(2030, 1, 1, tzinfo=UTC)
    assert (site.timezone, site.min_up) == ("America/New_York", 3)


def test_pcu_is_read_whole(tmp_path: Path) -> None:
    pcus = read_inventory([write(tmp_path, WHOLE)]).pcus
    pcu = pcus[PcuKey("toml:apc1")]

    assert pcu.transports == (Transport("telnet", 2323), Transport("ssh", 22))
    assert (pcu.user, pcu.credential, pcu.quirks) == ("apc", "apc1", ("slow",))
    assert pcu.options == {"menu": "1"}
    assert (pcu.name, pcus[PcuKey("toml:hands")].name) == ("apc1", "Hands on site")


def test_shipped_profiles_are_there() -> None:
    profiles = read_inventory([]).profiles

    assert set(profiles) == {"linux", "planetlab"}
    assert profiles["linux"].facts["boot_id"] == "cat /proc/sys/kernel/random/boot_id"
    assert profiles["planetlab"].debug_fact in profiles["planetlab"].facts


def test_own_profile_replaces_the_shipped(tmp_path: Path) -> None:
    profile = read_inventory([write(tmp_path, WHOLE)]).profiles["linux"]

    assert profile.ssh_user == "watcher"
    assert profile.facts == {}
    assert profile.key_file == str(tmp_path / "keys" / "id")


def test_a_profile_has_a_key_of_the_agent_or_one_in_a_file(tmp_path: Path) -> None:
    text = "[profiles.x]\nagent_key = 'ops@here'\n"

    assert read_inventory([write(tmp_path, text)]).profiles["x"].agent_key == "ops@here"
    _, problems = inspect_inventory([write(tmp_path, text + "key_file = 'id'\n")])
    assert "`key_file` and `agent_key` exclude each other" in str(problems[0])


def test_a_fact_has_a_deadline_and_a_cap_where_it_says_so(tmp_path: Path) -> None:
    text = "[profiles.x.facts]\nkernel = 'uname -r'\ndf = {command='df', deadline='2s', cap=99}\n"
    profile = read_inventory([write(tmp_path, text)]).profiles["x"]

    assert profile.facts == {"kernel": "uname -r", "df": "df"}
    assert profile.bounds == {"df": FactBounds(timedelta(seconds=2), 99)}


def test_a_host_key_is_kept_without_its_comment(tmp_path: Path) -> None:
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0pmWEbPOLGcB6XoVXWVJiAEYqGzNvQG0aXhbJgQjWz"
    text = LEAST + f"host_key = '{key} root@a'\n"
    (node,) = read_inventory([write(tmp_path, text)]).nodes.values()

    assert node.host_key == key


def test_a_page_is_a_url_or_a_table(tmp_path: Path) -> None:
    table = "{url='https://a/b', status=401, verify=false}"
    text = LEAST + f"http = ['http://a.example.org/', {table}]\n"
    (node,) = read_inventory([write(tmp_path, text)]).nodes.values()

    assert node.http == (Page("http://a.example.org/"), Page("https://a/b", 401, verify=False))


@pytest.mark.parametrize(
    ("page", "says"),
    [
        ("'ftp://a/'", "is no page"),
        ("'/health'", "is no page"),
        ("'http://me:secret@a/'", "is no page"),
        ("'http://a:99999/'", "is no page"),
        ("'http://127.0.0.1/'", "has an address"),
        ("'http://[::1]/'", "has an address"),
        ("{url='http://a/', status=99}", "greater than or equal to 100"),
        ("{status=200}", "url: is missing"),
    ],
)
def test_mistakes_in_pages_are_told(tmp_path: Path, page: str, says: str) -> None:
    _, problems = inspect_inventory([write(tmp_path, LEAST + f"http = [{page}]\n")])

    assert says in str(problems[0])


def test_files_add_up(tmp_path: Path) -> None:
    sites = write(tmp_path, "[sites.s]", "sites.toml")
    nodes = write(tmp_path, LEAST.replace("[sites.s]", ""), "nodes.toml")

    assert list(read_inventory([sites, nodes]).nodes) == ["toml:a"]


def test_same_record_in_two_files_is_refused(tmp_path: Path) -> None:
    one, two = write(tmp_path, LEAST, "one.toml"), write(tmp_path, "[sites.s]", "two.toml")

    _, problems = inspect_inventory([one, two])

    assert str(problems[0]) == f"{two}:1: sites.s: stands also in {one}:2"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[nodes.b]\nsite = 's'\naddresses = ['127.0.0.2']", "nodes.b.hostname: is missing"),
        ("[nodes.b]\nhostname = 'b'\nsite = 's'", "nodes.b.addresses: is missing"),
        ("[sites.t]\ntimezone = 'Europe/Pariss'", "did you mean Europe/Paris?"),
        ("[sites.t]\ntimezone = '../etc'", "is no time zone"),
        ("[sites.t]\ncontacts = [{email = 'x', roles = ['tech']}]", "is not a mail address"),
        ("[sites.t]\ncontacts = [{email = 'x@y', roles = ['teck']}]", "did you mean tech?"),
        ("[sites.t]\ncontacts = [{email = 'x@y', roles = []}]", "is empty"),
        ("[sites.t]\nwitnesses = ['gw']", "is not HOST:PORT"),
        ("[sites.t]\nexempt_until = 2030-01-01", "a time with its zone"),
        ("[sites.t]\nmin_up = 0", "greater than or equal to 1"),
        ("[sites.t]\nnmae = 'x'", "did you mean name?"),
        ("[sites.'a b']", 'id "a b"'),
        ("[pcus.q]\nsite = 'ss'\nfamily = 'x'", 'unknown site "ss"; did you mean s?'),
        ("[pcus.q]\nsite = 's'\nfamily = 'x'\nhost = 'a b'", "neither a host name"),
        ("[pcus.q]\nsite = 's'\nfamily = 'x'\ntransports = ['telne']", "did you mean telnet?"),
        ("[pcus.q]\nsite = 's'\nfamily = 'x'\ntransports = ['ssh:0']", "not between 1 and 65535"),
        ("[pcus.q]\nsite = 's'\nfamily = 'x'\nname = 'p'", 'PCU name "p"'),
        ("[profiles.x]\ndebug_fact = 'dbg'\nfacts = {debug = 'ls'}", "did you mean debug?"),
        (
            "[nodes.b]\nhostname='b'\nsite='s'\naddresses=['127.0.0.2']\nhost_key='SHA256:abc'",
            "is no public key",
        ),
        ("[profiles.x]\nfacts = {end = 'ls'}", "is no name of a fact"),
        ("[profiles.x]\nfacts = {'a b' = 'ls'}", "is no name of a fact"),
        ("[profiles.x]\nfacts = {a = {command = 'ls', cap = 0}}", "greater than or equal to 1"),
        ("[profiles.x]\nfacts = {a = {command = 'ls', deadline = '10ms'}}", "whole seconds"),
        ("[profiles.x]\nfacts = {a = {}}", "command: is missing"),
        ("[profiles.x]\nfacts = {a = 7}", "facts.a"),
        ("[node.b]", "did you mean nodes?"),
        ("pcus = 3", "not a table"),
    ],
)
def test_mistakes_in_records_are_told(tmp_path: Path, text: str, says: str) -> None:
    base = LEAST if not text.startswith("pcus =") else ""

    problems = problems_of(tmp_path, f"{text}\n{base}")

    assert len(problems) == 1
    assert problems[0].startswith("monitor.toml:")
    assert says in problems[0]


NODE_B = "[nodes.b]\nhostname = 'b'\nsite = 's'\naddresses = ['127.0.0.2']\n"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("'s'", "'x1'", 'nodes.b.site: unknown site "x1"'),
        ("'127.0.0.2'", "'1.2.3'", "is not an address"),
        ("'127.0.0.2'", "'0.0.0.0'", "is not the address of one machine"),
        ("'127.0.0.2'", "'224.0.0.1'", "is not the address of one machine"),
        ("['127.0.0.2']", "[]", "is empty"),
        (
            "'127.0.0.2'",
            "'127.0.0.1'",
            'address "127.0.0.1" with SSH port 22; already stands in nodes.a',
        ),
        ("'b'", "'A'", 'hostname "a"; already stands in nodes.a'),
        ("'b'", "'b_ad!'", "neither a host name"),
        ("site", "ssh_port = 0\nsite", "greater than or equal to 1"),
        ("site", "ports = [70000]\nsite", "less than or equal to 65535"),
        ("site", "profile = 'linx'\nsite", 'unknown profile "linx"; did you mean linux?'),
        ("site", "boot_state = 'boots'\nsite", "did you mean boot?"),
        ("site", "intervals = { ssh = '5s' }\nsite", "between 10s and 1d"),
        ("site", "intervals = { shh = '5m' }\nsite", "did you mean ssh?"),
        ("site", "intervals = { ssh = 5 }\nsite", '"5" has no unit; write "5m"'),
        ("site", "power = [{outlets = ['q:1']}]\nsite", 'unknown PCU "q"'),
        ("site", "power = [{outlets = ['p']}]\nsite", "is not PCU:OUTLET"),
        ("site", "power = [{outlets = []}]\nsite", "is empty"),
        ("site", "power = [{outlets = ['p:1', 'p:1']}]\nsite", 'outlet "p:1"; already'),
    ],
)
def test_mistakes_in_nodes_are_told(tmp_path: Path, old: str, new: str, says: str) -> None:
    problems = problems_of(tmp_path, LEAST + NODE_B.replace(old, new, 1))

    assert len(problems) == 1
    assert says in problems[0]


def test_one_outlet_feeds_one_node(tmp_path: Path) -> None:
    power = "power = [{outlets = ['p:1']}]\n"

    problems = problems_of(tmp_path, LEAST + power + NODE_B + power)

    assert problems == ['monitor.toml:15: nodes.b.power: outlet "p:1"; already stands in nodes.a']


def test_one_node_may_use_an_outlet_in_two_paths(tmp_path: Path) -> None:
    power = "power = [{outlets = ['p:1', 'p:2']}, {outlets = ['p:1']}]"

    assert problems_of(tmp_path, LEAST + power) == []


def test_one_address_may_lead_to_two_machines_by_port(tmp_path: Path) -> None:
    other = NODE_B.replace("127.0.0.2", "127.0.0.1") + "ssh_port = 2222"

    assert problems_of(tmp_path, LEAST + other) == []


def test_references_of_broken_records_are_still_checked(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, LEAST + "[nodes.b]\nsite = 'z'\naddresses = ['x']")

    assert [says for says in ("is missing", "unknown site", "is not an address")
            if not any(says in problem for problem in problems)] == []  # fmt: skip


def test_read_raises_every_problem_in_order(tmp_path: Path) -> None:
    text = "[sites.s]\nnmae = 'x'\n[nodes.a]\nhostname = 'a'\nsite = 't'\naddresses = ['127.0.0.1']"

    with pytest.raises(ConfigError) as caught:
        read_inventory([write(tmp_path, text)])

    assert [problem.split(":")[1] for problem in caught.value.problems] == ["2", "5"]


def test_load_gives_settings_and_inventory(tmp_path: Path) -> None:
    settings, inventory = load(write(tmp_path, LEAST), {})

    assert settings.inventory == (tmp_path / "monitor.toml",)
    assert list(inventory.nodes) == ["toml:a"]


def test_load_tells_the_mistakes_of_both(tmp_path: Path) -> None:
    write(tmp_path, LEAST.replace("'s'", "'z'").replace('"s"', '"z"'), "fleet.toml")
    main = write(tmp_path, "[service]\nworkers = 0\n[inventory]\nfiles = ['fleet.toml']")

    with pytest.raises(ConfigError) as caught:
        load(main, {})

    assert "service.workers" in caught.value.problems[0]
    assert 'unknown site "z"' in caught.value.problems[1]


def test_settings_do_not_belong_into_inventory_files(tmp_path: Path) -> None:
    write(tmp_path, LEAST + "[service]\nworkers = 3", "fleet.toml")
    main = write(tmp_path, "[inventory]\nfiles = ['fleet.toml']")

    with pytest.raises(ConfigError, match="service: unknown key"):
        load(main, {})


def test_ten_thousand_nodes_are_read(tmp_path: Path) -> None:
    text = "[sites.s]\n" + "".join(
        f'[nodes.n{n}]\nhostname = "n{n}"\nsite = "s"\n'
        f'addresses = ["127.{n // 65536}.{n // 256 % 256}.{n % 256}"]\n'
        for n in range(1, 10_001)
    )

    assert len(read_inventory([write(tmp_path, text)]).nodes) == 10_000


def test_what_the_families_find_misspelt_is_told_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, LEAST)
    families = Families(misspelt=lambda pcu: [("family", f"{pcu.family} is no family")])

    _, problems = inspect_inventory([path], families=families)

    (problem,) = problems
    assert (problem.key, problem.found) == ("pcus.p.family", "apc is no family")
    assert problem.line


def test_a_pcu_stands_under_the_name_that_the_families_give_it(tmp_path: Path) -> None:
    families = Families(by_family=lambda pcu: replace(pcu, family="other"))

    inventory, _ = inspect_inventory([write(tmp_path, LEAST)], families=families)

    assert inventory is not None
    assert [pcu.family for pcu in inventory.pcus.values()] == ["other"]


def test_unknown_pcus_of_a_broken_node_are_told_too(tmp_path: Path) -> None:
    node = "[nodes.b]\nhostname = 'b'\nsite = 's'\naddresses = ['x']\n"

    problems = problems_of(tmp_path, LEAST + node + "power = [{ outlets = ['q:1'] }, 5]")

    assert any('unknown PCU "q"' in problem for problem in problems)
