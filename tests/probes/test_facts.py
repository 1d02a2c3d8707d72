"""The command, its frames, and the strict reading of what comes back."""

import os
import shutil
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plcmon.inventory.toml import read_inventory
from plcmon.model.subjects import USUAL, FactBounds, Profile
from plcmon.probes.facts import (
    end_mark,
    is_older,
    line_of,
    printable,
    read_facts,
    script,
    split,
)
from tests.fakes.peers import BOOT_ID, FACTS, frames

NONCE = "5a" * 16
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ASKED = {name: f"cat /{name}" for name in FACTS}


def read(answers: dict[str, str], profile: Profile | None = None) -> tuple[object, str]:
    return read_facts(answers, profile or Profile("linux"), answered_at=NOW)


def test_the_command_frames_every_fact_and_its_own_end() -> None:
    bounds = {"kernel": FactBounds(timedelta(seconds=1.5), 80)}
    lines = script({"uptime": "cat /proc/uptime", "kernel": "uname -r"}, "N", bounds).splitlines()

    assert lines[0] == "n=N"
    assert lines[-3:] == [
        "f uptime 5 4096 'cat /proc/uptime'",
        "f kernel 2 80 'uname -r'",
        "printf '\\n%s end\\n' \"$n\"",
    ]


def test_a_real_shell_answers_the_command() -> None:
    facts = {
        "one": "printf 'no newline'",
        "two": "false",
        "three": "echo a; echo b",
        "four": "echo it\\'s 'two  blanks' # and a comment",
        "five": "exit 3",
        "six": "cat; echo $0 >&2",
    }

    assert shell(facts) == {
        "one": "no newline",
        "two": "",
        "three": "a\nb",
        "four": "it's two  blanks",
        "five": "",
        "six": "",
    }


def shell(
    facts: dict[str, str], bounds: dict[str, FactBounds] | None = None, *, path: str | None = None
) -> dict[str, str]:
    """What a real shell answers; `path`: where it finds its programs."""
    command = script(facts, NONCE, bounds)
    env = {**os.environ, **({"PATH": path} if path else {})}
    run = subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=True, env=env)
    assert run.stdout.endswith(end_mark(NONCE))
    return split(run.stdout, tuple(facts), NONCE)


BRIEF = FactBounds(timedelta(seconds=1), 100)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        pytest.param("echo begun; sleep 60", "", id="sleeps"),
        pytest.param("echo begun; trap '' TERM HUP; while :; do :; done", "", id="spins"),
        pytest.param("echo begun; sleep 60 & exit", "", id="leaves a child with the pipe"),
        pytest.param("echo begun; (sleep 60 &) ; (sleep 60 &)", "", id="forks"),
        pytest.param("yes", "y\n" * 49 + "y", id="says something for ever"),
        pytest.param("tr '\\0' x </dev/zero", "x" * 100, id="megabytes without a newline"),
        pytest.param("read answer; echo got $answer", "got", id="prompts"),
    ],
)
def test_a_fact_cut_at_its_deadline_is_empty_and_the_next_is_told(command: str, said: str) -> None:
    found = shell({"bad": command, "good": "echo well"}, {"bad": BRIEF})

    assert found == {"bad": said, "good": "well"}


def test_a_child_in_a_session_of_its_own_holds_nothing_up() -> None:
    began = time.monotonic()
    found = shell({"bad": "setsid sleep 5 & echo begun", "good": "echo well"}, {"bad": BRIEF})

    assert found == {"bad": "", "good": "well"}
    assert time.monotonic() - began < 4


def test_a_node_without_a_program_for_deadlines_answers_all_the_same(tmp_path: Path) -> None:
    for name in ("sh", "head", "cat"):
        (tmp_path / name).symlink_to(shutil.which(name) or name)
    found = shell({"kernel": "cat /proc/sys/kernel/osrelease"}, path=str(tmp_path))

    assert found == {"kernel": os.uname().release}


def test_commands_know_the_nodes_name_in_the_inventory() -> None:
    facts = {"name": 'echo "$hostname"'}
    command = script(facts, NONCE, hostname="n1.example.org'; echo x; '")
    run = subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=True)

    assert split(run.stdout, tuple(facts), NONCE) == {"name": "n1.example.org'; echo x; '"}


GETENT = """#!/bin/sh
# Stands in for the C library's: `files` knows localhost, `dns` only what it is given.
[ "$1$2$3" = "-sfileshosts" ] && [ "$4" = localhost ] && { echo 127.0.0.1; exit; }
[ "$1$2$3" = "-sdnshosts" ] && [ "$4" = "$KNOWS" ] && { echo "192.0.2.1 $4"; exit; }
exit 2
"""


@pytest.mark.parametrize("profile", ["linux", "planetlab"])
@pytest.mark.parametrize(
    ("getent", "knows", "said"),
    [
        (GETENT, "n1.example.org.", "192.0.2.1 n1.example.org."),
        (GETENT, "a.root-servers.net.", "192.0.2.1 a.root-servers.net."),
        (GETENT, "", ""),
        ("#!/bin/sh\nexit 1\n", "", "unknown"),
    ],
    ids=["its name", "a name of the Internet", "a dead resolver", "a getent that takes no -s"],
)
def test_shipped_profiles_ask_the_nodes_own_resolver(
    tmp_path: Path, profile: str, getent: str, knows: str, said: str
) -> None:
    kind = read_inventory([]).profiles[profile]
    program = tmp_path / "getent"
    program.write_text(getent)
    program.chmod(0o755)
    facts = {kind.resolver_fact: kind.facts[kind.resolver_fact]}
    command = script(facts, NONCE, kind.bounds, "n1.example.org")
    env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "KNOWS": knows}
    run = subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=True, env=env)

    assert split(run.stdout, tuple(facts), NONCE) == {"resolver": said}


def test_a_fact_cannot_close_its_own_frame() -> None:
    found = shell(
        {"bad": f"printf '\\n%s good\\n' {'6b' * 16}; echo }}; echo $n", "good": "echo well"}
    )

    assert found["good"] == "well"
    assert NONCE not in found["bad"]


def test_a_wrong_charset_is_text_all_the_same() -> None:
    found = shell({"latin": "printf 'caf\\351 \\000\\377'", "good": "echo well"})

    assert found == {"latin": "caf\ufffd \0\ufffd", "good": "well"}


def test_an_honest_answer_is_split() -> None:
    assert split(frames(script(ASKED, NONCE), FACTS), tuple(ASKED), NONCE) == FACTS


def test_what_a_shell_says_before_the_first_frame_is_left_out() -> None:
    answer = b"Welcome to PlanetLab!\n$ \n" + frames(script(ASKED, NONCE), FACTS)

    assert split(answer, tuple(ASKED), NONCE) == FACTS


def test_carriage_returns_of_a_terminal_do_no_harm() -> None:
    answer = frames(script(ASKED, NONCE), FACTS).replace(b"\n", b"\r\n")

    assert split(answer, tuple(ASKED), NONCE) == FACTS


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param("", id="nothing"),
        pytest.param("\nN a\n1\n", id="cut in the first fact"),
        pytest.param("\nN a\n1\n\nN b\n2\n", id="no end"),
        pytest.param("\nN b\n2\n\nN a\n1\n\nN end\n", id="out of order"),
        pytest.param("\nN a\n1\n\nN a\n2\n\nN b\n3\n\nN end\n", id="a fact twice"),
        pytest.param("\nN a\n1\n\nN b\n2\n\nN c\n3\n\nN end\n", id="a fact not asked for"),
        pytest.param("\nN a\n1\n\nN b\n2\n\nN end\n\nN end\n", id="two ends"),
        pytest.param("\nN a \n1\n\nN b\n2\n\nN end\n", id="a frame with a blank more"),
    ],
)
def test_frames_other_than_those_asked_for_are_refused(answer: str) -> None:
    with pytest.raises(ValueError, match="answer"):
        split(answer.encode(), ("a", "b"), "N")


@given(st.integers(0, 200))
def test_an_answer_cut_anywhere_broke_off(kept: int) -> None:
    whole = frames(script(ASKED, NONCE), FACTS)
    with pytest.raises(ValueError, match=r"broke off after \d of 4 frames"):
        split(whole[: min(kept, len(whole) - 1)], tuple(ASKED), NONCE)


def test_a_frame_of_another_number_is_only_text() -> None:
    answer = b"\nN a\nX b\nX end\n\nN end\n"

    assert split(answer, ("a",), "N") == {"a": "X b\nX end"}


@given(st.binary(max_size=2000))
def test_no_bytes_of_a_node_do_worse_than_a_refusal(noise: bytes) -> None:
    try:
        found = split(noise, tuple(ASKED), NONCE)
    except ValueError as error:
        assert str(error)
    else:
        assert set(found) == set(ASKED)


@given(st.text(max_size=500).filter(lambda text: NONCE not in text))
def test_no_text_inside_a_fact_reaches_another(text: str) -> None:
    said = {**FACTS, "kernel": text}
    found = split(frames(script(ASKED, NONCE), said), tuple(ASKED), NONCE)

    assert found["boot_id"] == BOOT_ID
    assert found["uptime"] == FACTS["uptime"]


def test_known_facts_are_read() -> None:
    facts, complaint = read_facts(FACTS, Profile("linux"), answered_at=NOW)

    assert facts.boot_id == BOOT_ID
    assert facts.booted_at == NOW - timedelta(hours=2, milliseconds=250)
    assert facts.kernel == "6.1.0-18-amd64"
    assert not facts.debug
    assert complaint == ""


@pytest.mark.parametrize(
    "boot_id",
    ["", "no such file", BOOT_ID + "0", BOOT_ID[:-1] + "g", f"{BOOT_ID}\n{BOOT_ID}", "٣" * 36],
)
def test_a_boot_id_is_a_uuid_or_nothing(boot_id: str) -> None:
    facts, complaint = read_facts({"boot_id": boot_id}, Profile("linux"), answered_at=NOW)

    assert facts.boot_id == ""
    assert complaint == "not understood: boot_id"


@pytest.mark.parametrize("uptime", ["", "-5.0 1.0", "1e9", "nan", "12,5", "9" * 40, "1 2 3", "٣"])
def test_an_uptime_is_a_plain_number_or_nothing(uptime: str) -> None:
    facts, complaint = read_facts({"uptime": uptime}, Profile("linux"), answered_at=NOW)

    assert facts.booted_at is None
    assert complaint == "not understood: uptime"


def test_an_uptime_older_than_time_is_nothing() -> None:
    facts, _ = read_facts({"uptime": "9999999999.0"}, Profile("linux"), answered_at=NOW)

    assert facts.booted_at is None or facts.booted_at.year > 1


def test_a_kernel_with_blanks_is_not_a_kernel() -> None:
    facts, _ = read_facts({"kernel": "6.1 $(reboot)"}, Profile("linux"), answered_at=NOW)

    assert facts.kernel == ""


def test_the_debug_fact_says_debug_when_it_is_not_empty() -> None:
    profile = Profile("planetlab", debug_fact="bm_log")

    assert read_facts({"bm_log": "/tmp/bm.log"}, profile, answered_at=NOW)[0].debug
    assert not read_facts({"bm_log": ""}, profile, answered_at=NOW)[0].debug


def test_a_kernel_older_than_the_least_is_an_old_boot_cd_in_debug() -> None:
    profile = Profile("planetlab", min_kernel="2.6.12")
    facts, _ = read_facts({"kernel": "2.4.22-1.2199"}, profile, answered_at=NOW)

    assert facts.debug
    assert facts.old_boot_cd


@pytest.mark.parametrize(
    ("kernel", "least", "older"),
    [
        ("2.6.9", "2.6.12", True),
        ("2.6.32-36.onelab", "2.6.12", False),
        ("2.6.12", "2.6.12", False),
        ("10.0", "9.9", False),
        ("5", "5.10", True),
        ("", "2.6", False),
        ("2.4", "", False),
    ],
)
def test_versions_are_compared_by_number(kernel: str, least: str, *, older: bool) -> None:
    assert is_older(kernel, least) is older


def test_other_facts_are_kept_without_what_steers_a_terminal() -> None:
    facts, _ = read_facts(
        {"df": "a\x1b[31mb\x07\tc\nd\u202e\x9b"}, Profile("linux"), answered_at=NOW
    )

    assert facts.more == {"df": "a[31mb\tc\nd"}


def test_other_facts_are_cut() -> None:
    facts, _ = read_facts({"df": "x" * 60_000}, Profile("linux"), answered_at=NOW)

    assert len(facts.more["df"]) == USUAL.cap


@given(st.text(max_size=300))
def test_printable_text_has_no_control_codes(text: str) -> None:
    assert not any(ord(c) < 32 and c not in "\n\t" for c in printable(text))
    assert "\n" not in line_of(text)


def test_a_line_is_one_line_of_bounded_length() -> None:
    assert line_of("a\r\n  b\tc") == "a b c"
    assert len(line_of("x" * 10_000)) == 255
