"""Numbers of boosting rounds that early stopping chose and looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

N_CURVE = 12
# Every number is measured below it, then sixteen evenly spaced ones between two powers of two
ALL_BELOW = 32


@dataclass(frozen=True)
class Rounds:
    """What early stopping found for a trial.

    Attributes
    ----------
    chosen
        Number of rounds of the trial's metrics: that of the best mean of the metric asked.
    metric
        The metric asked.
    n_grown
        Number of rounds after which growing ended.
    best
        By metric its best mean over the folds, in its own direction and unit, and the smallest number of
        rounds that has it, among those that :func:`is_measured` names and the chosen one.
    curve
        By metric its mean over the folds at the numbers of rounds of :func:`curve_rounds` that were grown.
    is_cut
        Whether a limit of time ended the growing, so that more rounds may be better.
    """

    chosen: int
    metric: str
    n_grown: int
    best: Mapping[str, tuple[float, int]] = field(default_factory=dict)
    curve: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    is_cut: bool = False


def curve_rounds(max_rounds: int) -> tuple[int, ...]:
    """Return at most twelve numbers of rounds: 1, 2, 4, ... and the largest; more steeply above 2,048."""
    ratio = max(2.0, max_rounds ** (1 / (N_CURVE - 1)))
    powers = {round(ratio**power) for power in range(N_CURVE - 1)}
    return (*sorted(power for power in powers if power < max_rounds), max_rounds)


def is_measured(n_rounds: int) -> bool:
    """Whether all metrics are measured at a number of rounds, because they take longer than the one asked.

    So many of a curve change little between neighbours: all below 32, then sixteen evenly spaced ones between
    two powers of two.
    """
    step = 1
    while n_rounds >= ALL_BELOW * step:
        step *= 2
    return n_rounds % step == 0
