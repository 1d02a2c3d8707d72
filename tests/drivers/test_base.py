"""What a session is given."""

from dataclasses import replace

from plcmon.drivers.base import Call, RememberedKeys
from plcmon.drivers.mask import Mask
from plcmon.model.subjects import Pcu, PcuKey, SiteKey, Transport


def call() -> Call:
    pcu = Pcu(
        PcuKey("toml:pcu-1"),
        SiteKey("s"),
        "pcu-1",
        "127.0.0.1",
        "apc",
        quirks=("crlf",),
        options={"cipher": "3"},
    )
    lines: list[str] = []
    given = RememberedKeys(), lines.append, "hunter2", Mask("hunter2")
    return Call(pcu, Transport("telnet", 23), *given)


def test_a_call_never_shows_its_password() -> None:
    assert "hunter2" not in repr(call())


def test_options_and_quirks_come_from_the_record() -> None:
    assert call().option("cipher", "17") == "3"
    assert call().option("level", "OPERATOR") == "OPERATOR"
    assert call().quirk("crlf")
    assert not call().quirk("legacy-ssh")


def test_nobody_is_committed_at_first() -> None:
    assert not call().point.passed


def test_keys_are_remembered_by_name() -> None:
    keys = RememberedKeys()
    keys.set("toml:pcu-1", "ssh-ed25519 AAAA")

    assert keys.get("toml:pcu-1") == "ssh-ed25519 AAAA"
    assert keys.get("toml:pcu-2") == ""


def test_what_is_learned_of_one_unit_is_not_its_host_key() -> None:
    keys = RememberedKeys()
    here = replace(call(), keys=keys)
    here.learn("cipher", "3")

    assert here.learned("cipher") == "3"
    assert keys.get(here.pcu.key) == ""
