"""When has the whole fleet been attempted once?"""

from plcmon.model.events import ScanCompleted
from plcmon.model.subjects import node_subject, site_subject
from plcmon.scanner.agenda import Check, Question
from plcmon.scanner.rounds import Rounds


def make_rounds(*nodes: str, share: float = 1.0) -> Rounds:
    rounds = Rounds(100.0)
    rounds.update(nodes, share)
    return rounds


def attempt(rounds: Rounds, node: str, now: float = 110.0) -> ScanCompleted | None:
    """Both probes of a node."""
    first = rounds.note(Check(node_subject(node), Question.TCP), now)
    return first or rounds.note(Check(node_subject(node), Question.SSH), now)


def test_one_probe_of_a_node_is_not_enough() -> None:
    rounds = make_rounds("a")
    check = Check(node_subject("a"), Question.TCP)

    assert rounds.note(check, 101.0) is None
    assert rounds.note(check, 102.0) is None


def test_the_last_missing_probe_completes_the_round() -> None:
    rounds = make_rounds("a", "b")
    assert attempt(rounds, "a") is None

    assert attempt(rounds, "b", now=142.0) == ScanCompleted(2, 2, took_s=42.0)


def test_a_share_of_the_nodes_is_enough() -> None:
    rounds = make_rounds(*(f"n{n}" for n in range(20)), share=0.95)
    news = [attempt(rounds, f"n{n}") for n in range(19)]

    assert news[:-1] == [None] * 18
    assert news[-1] == ScanCompleted(19, 20, took_s=10.0)


def test_the_share_is_rounded_up() -> None:
    rounds = make_rounds("a", "b", share=0.95)

    assert attempt(rounds, "a") is None


def test_each_round_starts_anew() -> None:
    rounds = make_rounds("a", "b")
    attempt(rounds, "a")
    attempt(rounds, "b", now=110.0)

    assert attempt(rounds, "a", now=115.0) is None
    assert attempt(rounds, "b", now=130.0) == ScanCompleted(2, 2, took_s=20.0)


def test_other_subjects_do_not_count() -> None:
    rounds = make_rounds("a")

    assert rounds.note(Check(site_subject("a"), Question.WITNESSES), 101.0) is None
    assert attempt(rounds, "stranger") is None
    assert attempt(rounds, "a") is not None


def test_a_node_that_joins_has_to_be_attempted() -> None:
    rounds = make_rounds("a", "b")
    attempt(rounds, "a")
    rounds.update(("a", "b", "c"), 1.0)
    assert attempt(rounds, "b") is None

    assert attempt(rounds, "c") == ScanCompleted(3, 3, took_s=10.0)


def test_what_was_attempted_stays_so_over_an_update() -> None:
    rounds = make_rounds("a", "b")
    attempt(rounds, "a")
    rounds.update(("a", "b"), 1.0)

    assert attempt(rounds, "b") is not None


def test_a_node_that_left_is_not_waited_for() -> None:
    rounds = make_rounds("a", "gone")
    rounds.update(("a",), 1.0)

    assert attempt(rounds, "a") == ScanCompleted(1, 1, took_s=10.0)


def test_a_round_whose_last_missing_node_left_ends_with_the_next_attempt() -> None:
    rounds = make_rounds("a", "gone")
    attempt(rounds, "a")
    rounds.update(("a",), 1.0)

    assert attempt(rounds, "a") is not None


SLOW = {Check(node_subject("slow"), Question.SSH): 60.0}


def test_a_slow_check_is_waited_for_only_when_its_own_interval_is_over() -> None:
    rounds = Rounds(0.0)
    rounds.update(("a", "slow"), 1.0, slow=SLOW)
    attempt(rounds, "slow", now=1.0)
    assert attempt(rounds, "a", now=2.0) is not None
    rounds.note(Check(node_subject("slow"), Question.TCP), 10.0)

    assert attempt(rounds, "a", now=12.0) == ScanCompleted(2, 2, took_s=10.0)

    rounds.note(Check(node_subject("slow"), Question.TCP), 100.0)
    assert attempt(rounds, "a", now=102.0) is not None
    rounds.note(Check(node_subject("slow"), Question.TCP), 110.0)
    assert attempt(rounds, "a", now=112.0) is None  # not attempted for longer than 60 s


def test_a_round_with_nothing_to_wait_for_takes_its_time() -> None:
    slow = SLOW | {Check(node_subject("slow"), Question.TCP): 60.0}
    rounds = Rounds(0.0)
    rounds.update(("slow",), 1.0, slow=slow, pace=30.0)
    assert attempt(rounds, "slow", now=1.0) is not None

    assert attempt(rounds, "slow", now=11.0) is None
    assert attempt(rounds, "slow", now=31.0) == ScanCompleted(1, 1, took_s=30.0)


def test_an_empty_fleet_completes_nothing() -> None:
    assert attempt(make_rounds(), "a") is None
