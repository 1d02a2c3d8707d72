from dataclasses import dataclass
from types import SimpleNamespace

from plcmon.config.problems import Problem
from plcmon.inventory.twice import find_twice


@dataclass
class Stub:
    record: SimpleNamespace

    def problem(self, table: str, name: str, field: str, found: str, allowed: str = "") -> Problem:
        return Problem("f", f"{table}.{name}.{field}", found, allowed)


def a_node(hostname: str, *addresses: str) -> Stub:
    return Stub(SimpleNamespace(hostname=hostname, addresses=addresses, ssh_port=22, power=()))


def test_nothing_twice_is_no_problem() -> None:
    nodes = {"a": a_node("a", "10.0.0.1"), "b": a_node("b", "10.0.0.2")}

    assert find_twice({"pcus": {}, "nodes": nodes}) == []


def test_second_claim_names_the_first() -> None:
    nodes = {"a": a_node("Host", "10.0.0.1"), "b": a_node("host", "10.0.0.2")}

    found = find_twice({"pcus": {}, "nodes": nodes})

    assert [str(p) for p in found] == [
        'f: nodes.b.hostname: hostname "host"; already stands in nodes.a'
    ]


def test_address_twice_in_one_record_is_told() -> None:
    nodes = {"a": a_node("a", "10.0.0.1", "10.0.0.1")}

    assert len(find_twice({"pcus": {}, "nodes": nodes})) == 1


def test_name_of_a_pcu_clashes_with_the_id_of_another() -> None:
    pcus = {"p": Stub(SimpleNamespace(name="")), "q": Stub(SimpleNamespace(name="p"))}

    assert find_twice({"pcus": pcus, "nodes": {}})[0].key == "pcus.q.name"
