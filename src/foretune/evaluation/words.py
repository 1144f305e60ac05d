"""Counts, lists of words and figures in the sentences of a report."""

from __future__ import annotations

from collections.abc import Iterable


def count(number: int, noun: str) -> str:
    """Return a number with its noun in singular or plural."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def join_words(words: Iterable[object], last: str = "and") -> str:
    """Join words with commas and a last "and"."""
    written = [str(word) for word in words]
    return f" {last} ".join([", ".join(written[:-1]), written[-1]]) if len(written) > 1 else "".join(written)


def after_trials(*numbers: int) -> str:
    """Return ``after one trial``, or ``after 2 and 3 trials``."""
    return "after one trial" if numbers == (1,) else f"after {join_words(numbers)} trials"


def write_regret(value: float) -> str:
    """Return a regret, or a difference of two, with three decimals; below 0.01 with two figures."""
    if value and abs(value) < 0.01:
        return f"{value:.2g}" if abs(value) >= 1e-4 else f"{value:.0e}"
    return f"{value:.3f}"


def write_interval(low: float, high: float, confidence_level: float) -> str:
    """Return a confidence interval, such as ``95 % interval 0.010 to 0.020``."""
    return f"{100 * confidence_level:g} % interval {write_regret(low)} to {write_regret(high)}"
