from plcmon.config.problems import Problem, did_you_mean, in_order, one_of


def test_problem_says_file_line_key_found_and_allowed() -> None:
    problem = Problem("a.toml", "service.workers", "found 0", "at least 1", 7)

    assert str(problem) == "a.toml:7: service.workers: found 0; at least 1"


def test_problem_without_line_or_key_leaves_them_out() -> None:
    assert str(Problem("a.toml", "", "cannot be read")) == "a.toml: cannot be read"


def test_near_word_is_offered() -> None:
    assert did_you_mean("Workrs", ["workers", "state_dir"]) == "did you mean workers?"


def test_far_word_is_not_guessed() -> None:
    assert did_you_mean("zebra", ["workers"]) == ""


def test_few_words_are_all_listed() -> None:
    assert one_of("x", ["b", "a"]) == "allowed: a, b"


def test_many_words_are_not_listed() -> None:
    assert one_of("zzz", [f"word{n}" for n in range(50)]) == ""


def test_order_is_by_file_then_line_and_each_once() -> None:
    late, early = Problem("a", "k", "x", line=9), Problem("a", "j", "x", line=2)
    other = Problem("b", "k", "x", line=1)

    assert in_order([late, other, early, late]) == [early, late, other]
