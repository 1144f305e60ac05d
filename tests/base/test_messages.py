from __future__ import annotations

import pickle

import numpy as np
import pytest

from foretune.base.errors import UserError
from foretune.base.messages import (
    close_matches,
    counted,
    describe_error,
    first_line,
    is_number,
    one_line,
    quoted,
    shortened,
    without_middle,
)


def test_long_lists_are_cut() -> None:
    assert quoted(["a", "b"]) == "'a', 'b'"
    assert quoted(range(7), limit=2) == "'0', '1' and 5 more"


def test_numbers_have_their_nouns() -> None:
    assert (counted(1, "row"), counted(2, "row")) == ("1 row", "2 rows")
    assert counted(0, "class", "classes") == "0 classes"


def test_close_matches_are_offered_only_when_close() -> None:
    assert close_matches("irsi", ["iris", "wine"]) == " (did you mean 'iris'?)"
    assert close_matches("irsi", ["iris", "wine", "iris"]) == " (did you mean 'iris'?)"
    assert close_matches("zzz", ["iris", "wine"]) == ""
    assert close_matches("IRIS", [" iris", "Iris", "wine"]) == " (did you mean ' iris', 'Iris'?)"


@pytest.mark.parametrize(
    "value", [1, 0.5, float("nan"), float("inf"), np.int8(1), np.float32(0.5), np.float64("nan")]
)
def test_numbers_of_python_and_of_numpy_are_numbers(value: object) -> None:
    assert is_number(value)


@pytest.mark.parametrize("value", [True, np.bool_(False), "1", None, 1j, np.array(1.0), [1]])
def test_truth_values_texts_and_arrays_are_no_numbers(value: object) -> None:
    assert not is_number(value)


class _MuteError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


@pytest.mark.parametrize(
    ("error", "described"),
    [
        (ValueError("first\nsecond"), "ValueError: first"),
        (ValueError("\n\n  third  \n"), "ValueError: third"),
        (
            ValueError("no numbers:\n\ncould not convert 'a'\nthird"),
            "ValueError: no numbers: could not convert 'a'",
        ),
        (ValueError("ends in:\n"), "ValueError: ends in:"),
        (KeyError("x"), "KeyError: 'x'"),
        (RuntimeError(), "RuntimeError:"),
        (ValueError("a\ud800b"), "ValueError: a?b"),
        (ValueError("x" * 5000), f"ValueError: {'x' * 485}..."),
        (_MuteError(), "_MuteError:"),
    ],
)
def test_an_error_is_one_line_of_five_hundred_characters(error: Exception, described: str) -> None:
    assert describe_error(error) == described
    assert len(described.encode()) <= 500


def test_several_lines_become_one() -> None:
    assert one_line("first:\n  second\n\nthird") == "first: second third"
    assert len(one_line("word " * 5_000)) == 500
    assert one_line("a\ud800") == "a?"


def test_texts_are_shortened_with_dots() -> None:
    assert shortened("abcdef", 6) == "abcdef"
    assert shortened("abcdefg", 6) == "abc..."
    assert len(first_line("y" * 501)) == 500


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("one\n two", "one two"),
        (1.5, "1.5"),
        ("x" * 130, "x" * 117 + "..."),
        ([3] * 1000, "[3, 3, 3, 3, 3, 3, ...]"),
    ],
)
def test_a_long_value_is_shortened_to_one_line(value: object, shown: str) -> None:
    assert shortened(value) == shown


def test_an_array_of_many_rows_is_short() -> None:
    assert len(shortened([(np.arange(10_000), np.ones((99, 99)))] * 3)) <= 120


def test_a_long_message_keeps_both_ends() -> None:
    assert without_middle("short") == "short"
    message = "what is wrong: " + "x" * 20_000 + ": what to do"
    assert len(without_middle(message)) == 500
    assert without_middle(message).startswith("what is wrong: xxx")
    assert without_middle(message).endswith("xxx: what to do")
    error = UserError(message, 3)
    assert str(pickle.loads(pickle.dumps(error)).args[0]) == without_middle(message)
