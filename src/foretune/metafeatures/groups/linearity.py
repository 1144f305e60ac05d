"""Complexity measures of linearity: errors of a linear fit on its rows and between them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foretune.metafeatures.description import TaskDescription
from foretune.metafeatures.group import summarise
from foretune.metafeatures.groups.encoding import encode_all
from foretune.metafeatures.groups.neighbourhood import pairs_within_classes
from foretune.metafeatures.groups.overlap import class_pairs

# For standardised columns: makes the solution unique, almost without bias
_PENALTY = 1e-3


class LinearFunction:
    """Linear least squares with intercept and a slight ridge penalty, solved in primal or dual form.

    Parameters
    ----------
    rows
        Shape (n, p).
    target
        Shape (n,).
    """

    def __init__(self, rows: NDArray[np.float64], target: NDArray[np.float64]) -> None:
        self._centre, self._level = rows.mean(axis=0), float(target.mean())
        design, response = rows - self._centre, target - self._level
        n, p = design.shape
        penalty = _PENALTY * n
        if p <= n:
            gram = design.T @ design
            gram[np.diag_indices(p)] += penalty
            self._slopes = np.linalg.solve(gram, design.T @ response)
        else:
            kernel = design @ design.T
            kernel[np.diag_indices(n)] += penalty
            self._slopes = design.T @ np.linalg.solve(kernel, response)

    def __call__(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Evaluate the function at rows of shape (m, p); returns shape (m,)."""
        values: NDArray[np.float64] = (rows - self._centre) @ self._slopes + self._level
        return values


def measure_class_linearity(task: TaskDescription) -> dict[str, float]:
    """Compute L1 to L3 of Lorena et al. (2019) over pairs of classes, by least squares."""
    rows = encode_all(task)
    first, second = pairs_within_classes(task)
    weight = task.generator("linear interpolation").random((task.n_rows, 1))
    between = rows[first] + weight * (rows[second] - rows[first])
    measured = [_separate(rows, between, task.classes, pair) for pair in class_pairs(task)]
    distance, error, nonlinearity = np.array(measured).T
    return {
        **summarise("linear_error_distance", distance, "mean", "max"),
        **summarise("linear_error", error, "mean", "max"),
        **summarise("linear_nonlinearity", nonlinearity, "mean", "max"),
    }


def _separate(
    rows: NDArray[np.float64],
    between: NDArray[np.float64],
    classes: NDArray[np.int64],
    pair: tuple[int, int],
) -> tuple[float, float, float]:
    """Separate two classes, coded as -1 and 1, by the sign of a linear fit; return L1, L2 and L3."""
    own = np.isin(classes, pair)
    sides = np.where(classes[own] == pair[0], 1.0, -1.0)
    line = LinearFunction(rows[own], sides)
    values = line(rows[own])
    is_wrong = (values > 0) != (sides > 0)
    distance = float(np.abs(values[is_wrong]).sum()) / sides.size
    wrong_between = (line(between[own]) > 0) != (sides > 0)
    return distance / (1 + distance), float(is_wrong.mean()), float(wrong_between.mean())


def measure_target_linearity(task: TaskDescription) -> dict[str, float]:
    """Compute L1 to L3 of Lorena et al. (2018), with the target in standard deviations."""
    rows = encode_all(task)
    y = task.target_moments.standardised[:, 0]
    line = LinearFunction(rows, y)
    residuals = y - line(rows)
    order = np.argsort(y, kind="stable")
    weight = task.generator("linear interpolation").random(task.n_rows - 1)
    below, above = order[:-1], order[1:]
    between = rows[below] + weight[:, None] * (rows[above] - rows[below])
    truth = y[below] + weight * (y[above] - y[below])
    return {
        "linear_residual": float(np.abs(residuals).mean()),
        "linear_squared_residual": float((residuals**2).mean()),
        "linear_nonlinearity": float(((truth - line(between)) ** 2).mean()),
    }
