"""A day at the command line, against one running service without any fleet."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.running import NODES, Service, serving, until, write_config

pytestmark = pytest.mark.timeout(120)  # many processes begin here, each a second of work

MORE = """
[pcus.pdu]
site = "here"
family = "apc"
host = "127.0.0.1"
transports = ["telnet:1"]
user = "apc"
credential = "pdu"
[nodes.second]
hostname = "second.example.org"
site = "here"
addresses = ["127.0.0.2"]
ssh_port = 1
power = [{ outlets = ["pdu:1"], proven = true }]
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    file = write_config(tmp_path_factory.mktemp("day"), nodes=NODES + MORE)
    with serving(file) as service:
        yield service


def test_rows_are_json_for_scripts_and_lines_for_people(service: Service) -> None:
    assert [row["name"] for row in service.json("nodes")] == [
        "first.example.org",
        "second.example.org",
    ]
    lines = service.run("nodes", "second").out.splitlines()
    assert len(lines) == 2
    assert lines[0].split()[:3] == ["STATUS", "NODE", "SITE"]


def test_nothing_found_is_said_beside_the_result(service: Service) -> None:
    said = service.run("issues", "princetn")

    assert (said.code, said.out) == (0, "")
    assert said.first == 'no open issue matches "princetn"'


def test_wrong_name_gives_the_nearest(service: Service) -> None:
    said = service.run("why", "frst")

    assert said.code == 4
    assert said.first.startswith("frst: looking it up: ")
    assert said.first.endswith("; did you mean first?")


def test_wrong_command_gives_the_nearest(service: Service) -> None:
    said = service.run("isues")

    assert said.code == 2
    assert 'there is no command "isues"; did you mean `' in said.err


def test_why_says_one_true_sentence_first(service: Service) -> None:
    said = service.run("why", "first")

    assert said.code == 0
    assert said.out.startswith("first.example.org (node/toml:first): ")


def test_handover_has_its_five_heads(service: Service) -> None:
    said = service.run("since", "1h")

    assert said.code == 0
    for head in ("done", "healed", "worse", "held", "waiting for me"):
        assert f"\n{head}, " in said.out


def test_time_that_is_none_is_declined(service: Service) -> None:
    said = service.run("since", "yesterdayish")

    assert said.code == 2
    assert '"yesterdayish" is no time; write for example "18:00"' in said.err


def test_freezing_never_asks_and_unfreezing_does(service: Service) -> None:
    assert service.run("freeze", "site/here").code == 0
    said = service.run("unfreeze", "site/here")
    assert said.code == 2
    assert "needs --yes and --reason" in said.err

    assert service.run("unfreeze", "site/here", "--yes", "--reason", "checked").code == 0


def test_cycle_of_a_node_without_a_path_is_declined(service: Service) -> None:
    said = service.run("power", "cycle", "first", "--yes", "--reason", "test")

    assert said.code == 4
    assert said.first == "first.example.org: power-cycle: the node has no power path"


def test_unit_that_does_not_answer_is_a_device_error(service: Service) -> None:
    said = service.run("pcu", "test", "pdu")

    assert said.code == 5
    assert "Traceback" not in said.err
    assert "pdu" in said.out + said.err


def test_broken_file_is_refused_and_the_service_goes_on(tmp_path: Path) -> None:
    file = write_config(tmp_path)
    with serving(file) as service:
        good = file.read_text()
        file.write_text(good + "nonsense = = 1\n")
        service.process.send_signal(signal.SIGHUP)
        refused = service.said("reload refused")
        assert f"{file}:" in refused["why"]
        assert len(service.get("nodes")) == 1

        file.write_text(good + MORE)
        service.process.send_signal(signal.SIGHUP)
        until("the second node", lambda: len(service.get("nodes")) == 2)

        assert service.stop() == 0
        assert service.said("stopped")
    assert not service.socket.exists()
