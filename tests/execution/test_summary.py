from __future__ import annotations

from collections import Counter

from foretune.execution.summary import CutOff, Summary, describe_cut_off, shorten

CUT_OFF = [
    CutOff("b", "seconds_total", 3),
    CutOff("a", "seconds_total", 4),
    CutOff("a", "interrupted", 1),
    CutOff("b", "seconds_total", 2),
]


def test_a_summary_counts_by_status() -> None:
    summary = Summary(Counter(ok=3, failed=2, crashed=1), CUT_OFF, seconds=1.25)
    assert str(summary) == "6 trials in 1.2 s (1 crashed, 2 failed, 3 ok)"
    assert summary.n_cut_off == 10
    assert str(Summary()) == "0 trials in 0.0 s (none)"


def test_what_was_cut_off_is_told_by_reason() -> None:
    assert describe_cut_off(CUT_OFF) == (
        "1 trials not started (interrupted) on 1 tasks: a; "
        "9 trials not started (seconds_total) on 2 tasks: a, b"
    )
    assert describe_cut_off([]) == ""


def test_long_lists_of_names_are_shortened() -> None:
    assert shorten([*"abcde"]) == "a, b, c, d, e"
    assert shorten([*"abcdefg"]) == "a, b, c, d, e and 2 more"
    assert shorten([*"abc"], most=1) == "a and 2 more"
