"""Gain of knowing more tasks, estimated from the learning curve of the starting list."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.evaluation.advice.pairs import families_to_tell
from foretune.evaluation.leaderboard import TIE, bootstrap_means
from foretune.evaluation.parameters import EvaluationParameters
from foretune.evaluation.statistics.comparisons import signed_rank_test

# Sizes that the trend is read off, and how far it is prolonged: to twice as many tasks
SIZES_OF_TREND = 3
LONGEST_PROLONGED = 2.0


@dataclass(frozen=True)
class GainOfTasks:
    """Regret with all tasks and with half of them known, and what more are expected to bring.

    Attributes
    ----------
    n_tasks, n_half
        Tasks known while one family is held out, and the mean number of the tasks of half the families.
    regret, regret_of_half
        Mean regret with them.
    difference, difference_low, difference_high
        Regret with half of them minus regret with all, with a bootstrap interval over held-out families.
    p_value
        Signed-rank test of the difference, with families as units.
    exponent, exponent_low, exponent_high
        Power of the number of tasks with which regret falls. NaN without a trend.
    is_clear
        Whether the difference is positive and more than noise.
    """

    n_tasks: float
    n_half: float
    regret: float
    regret_of_half: float
    difference: float
    difference_low: float
    difference_high: float
    p_value: float
    exponent: float
    exponent_low: float
    exponent_high: float
    is_clear: bool

    def regret_with(self, factor: float) -> tuple[float, float, float]:
        """Return the regret with so many times as many tasks, and its interval, if the trend goes on."""
        best, worst = factor**-self.exponent_high, factor**-self.exponent_low
        return self.regret * factor**-self.exponent, self.regret * best, self.regret * worst

    @property
    def factor_to_halve(self) -> float | None:
        """How many times as many tasks halve the regret; None beyond twice as many, or without a gain."""
        if not self.is_clear or not self.exponent > 0:
            return None
        factor = float(2 ** min(1 / self.exponent, 64.0))
        return factor if factor <= LONGEST_PROLONGED + TIE else None


def estimate_gain(
    learning_curve: pd.DataFrame, n_trials: int, parameters: EvaluationParameters, seed: int
) -> GainOfTasks | None:
    """Estimate what more tasks bring.

    Regret is taken to fall with a power of the number of tasks: the smaller one of the trend over the last
    three sizes and of the last doubling, since learning curves flatten.

    Parameters
    ----------
    learning_curve
        Rows of one task type of :func:`measure_learning_curve`.
    n_trials
        Number of trials.
    parameters
        ``n_bootstrap`` and ``confidence_level`` define intervals and the level of significance.
    seed
        Seed of the bootstrap.

    Returns
    -------
    GainOfTasks or None
        None with fewer than two sizes, or with so few held-out families that no test can be significant.
    """
    rows = learning_curve[learning_curve["n_trials"] == n_trials]
    by_size = rows.pivot_table(index=["family", "task_id"], columns="n_known_families", values="regret")
    by_size = by_size.dropna()
    families = by_size.index.get_level_values("family")
    if by_size.shape[1] < 2 or families.nunique() < families_to_tell(parameters.confidence_level):
        return None
    n_tasks = rows.groupby("n_known_families")["n_known_tasks"].mean().to_numpy(dtype=np.float64)
    values = by_size.to_numpy(dtype=np.float64)
    samples = bootstrap_means(values, families, parameters.n_bootstrap, np.random.default_rng(seed))
    tail = (1 - parameters.confidence_level) / 2
    lost = samples[:, -2] - samples[:, -1]
    low, high = np.quantile(lost, [tail, 1 - tail])
    by_family = by_size.groupby(level="family").mean().round(9).to_numpy(dtype=np.float64)
    p_value, effect = signed_rank_test(by_family[:, -2] - by_family[:, -1])
    means = values.mean(axis=0)
    exponent_low, exponent_high = np.quantile(_exponents(samples, n_tasks), [tail, 1 - tail])
    is_clear = p_value < 1 - parameters.confidence_level and effect > 0 and low > 0
    return GainOfTasks(
        n_tasks=float(n_tasks[-1]),
        n_half=float(n_tasks[-2]),
        regret=float(means[-1]),
        regret_of_half=float(means[-2]),
        difference=float(means[-2] - means[-1]),
        difference_low=float(low),
        difference_high=float(high),
        p_value=p_value,
        exponent=float(_exponents(means[None, :], n_tasks)[0]),
        exponent_low=float(exponent_low),
        exponent_high=float(exponent_high),
        is_clear=bool(is_clear),
    )


def _exponents(regrets: npt.NDArray[np.float64], n_tasks: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the power with which each row of regrets, shape (n_rows, n_sizes), falls; not negative."""
    logs = np.log(np.maximum(regrets[:, -SIZES_OF_TREND:], TIE))
    sizes = np.log(n_tasks[-SIZES_OF_TREND:])
    centred = sizes - sizes.mean()
    trend = -(logs - logs.mean(axis=1, keepdims=True)) @ centred / (centred @ centred)
    last = (logs[:, -2] - logs[:, -1]) / (sizes[-1] - sizes[-2])
    smaller: npt.NDArray[np.float64] = np.maximum(np.minimum(trend, last), 0.0)
    return smaller
