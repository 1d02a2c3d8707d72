"""Keys, passwords and certificates: made once, kept, readable by their owner alone."""

import stat
from pathlib import Path

import asyncssh
import pytest

from plcmon.sim.kit import CALLER, KEYS, SECRETS, UNITS, Kit, key_of, open_kit, write_secret
from plcmon.sim.layout import Layout, plan_layout


@pytest.fixture
def plan() -> Layout:
    return plan_layout(5, nodes=14, sites=7)


@pytest.fixture
def kit(plan: Layout, tmp_path: Path) -> Kit:
    return open_kit(plan, tmp_path)


def test_every_pcu_has_a_password_in_a_file_of_its_name(
    plan: Layout, kit: Kit, tmp_path: Path
) -> None:
    for pcu in plan.pcus:
        stands = (tmp_path / SECRETS / pcu.name).read_text("ascii").strip()
        assert stands == kit.passwords[pcu.name]


def test_passwords_differ(kit: Kit) -> None:
    assert len(set(kit.passwords.values())) == len(kit.passwords)


def test_secrets_are_readable_by_their_owner_alone(kit: Kit, tmp_path: Path) -> None:
    files = [*(tmp_path / SECRETS).iterdir(), tmp_path / KEYS / CALLER]
    files += (tmp_path / UNITS).glob("*.pem")

    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_opened_again_everything_is_as_it_was(plan: Layout, kit: Kit, tmp_path: Path) -> None:
    again = open_kit(plan, tmp_path)

    assert again.passwords == kit.passwords
    assert again.certificates == kit.certificates
    assert again.caller.public_data == kit.caller.public_data


def test_units_with_tls_have_a_certificate(plan: Layout, kit: Kit) -> None:
    assert set(kit.certificates) == {pcu.name for pcu in plan.pcus if pcu.transport == "https"}
    assert all(len(item.fingerprint) == 64 for item in kit.certificates.values())


def test_host_keys_follow_from_seed_and_name(kit: Kit) -> None:
    assert kit.host_key("n01").public_data == key_of(5, "n01", 0).public_data
    assert kit.host_key("n01").public_data != kit.host_key("n02").public_data
    assert key_of(5, "n01", 0).public_data != key_of(6, "n01", 0).public_data


def test_a_later_generation_is_another_key(kit: Kit) -> None:
    assert kit.host_key("n01", 1).public_data != kit.host_key("n01").public_data


def test_a_fleet_may_share_one_host_key(plan: Layout, tmp_path: Path) -> None:
    kit = open_kit(plan, tmp_path, shared_key=True)

    assert kit.host_key("n01").public_data == kit.host_key("n02").public_data


def test_the_callers_key_can_be_read_by_a_client(kit: Kit, tmp_path: Path) -> None:
    read = asyncssh.read_private_key(tmp_path / KEYS / CALLER)

    assert read.public_data == kit.caller.public_data


def test_a_secret_is_never_written_over(tmp_path: Path) -> None:
    write_secret(tmp_path / "apc1", b"first")

    with pytest.raises(FileExistsError):
        write_secret(tmp_path / "apc1", b"second")


def test_the_kit_shows_no_password(kit: Kit) -> None:
    text = repr(kit)

    assert not any(password in text for password in kit.passwords.values())
