"""Hyperparameters of one learner and their conditions, inferred from encoded configurations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


LEARNER_COLUMN = "learner"
NOT_SET = "not set"

# Repetitions needed to infer a condition: a choice set at random half of the time would agree by chance with
# a probability of two to the power of minus this number
FEWEST_REPETITIONS_OF_A_CONDITION = 10
MOST_LEVELS_OF_A_PARENT = 12

LEAST_RATIO_OF_LOG_AXIS = 20


@dataclass(frozen=True)
class Condition:
    """Condition under which a hyperparameter is active.

    Attributes
    ----------
    parent
        Position of the parent hyperparameter.
    active_levels
        Whether the child is active at each level of the parent, shape (n_levels of the parent,).
    """

    parent: int
    active_levels: Bools


@dataclass(frozen=True)
class Hyperparameter:
    """One hyperparameter with the levels at which curves are evaluated.

    Attributes
    ----------
    name
        Name without prefix.
    columns
        Its columns in :attr:`Space.values`: one if it is numeric, one per value if it is nominal.
    is_nominal
        Whether its values are unordered.
    levels
        Values as coded in :attr:`Space.values`, shape (n_levels, n_columns). Numeric ones are quantiles of
        the design; "not set" is a level unless a condition explains it.
    labels
        Label of each level.
    weights
        Share of the design at each level, shape (n_levels,), with sum 1.
    missing
        Code of "not set", shape (n_columns,): a number below all others, or zeros.
    condition
        Condition of its activity; None if always active or unexplained.
    is_integral
        Whether all values are integers.
    """

    name: str
    columns: slice
    is_nominal: bool
    levels: Floats
    labels: tuple[str, ...]
    weights: Floats
    missing: Floats
    condition: Condition | None
    is_integral: bool

    @property
    def looks_logarithmic(self) -> bool:
        """Whether its values are positive, span orders of magnitude and are uniform on a log scale."""
        values = self.levels[self.is_set, 0]
        if self.is_nominal or len(values) < 3 or values.min() <= 0:
            return False
        if values.max() / values.min() < LEAST_RATIO_OF_LOG_AXIS:
            return False
        middle, low, high = np.median(values), values.min(), values.max()
        at_linear = (middle - low) / (high - low)
        at_log = np.log(middle / low) / np.log(high / low)
        return bool(abs(at_log - 0.5) < abs(at_linear - 0.5))

    @cached_property
    def is_set(self) -> Bools:
        """Whether each level is a value, not "not set"."""
        is_missing: Bools = np.all(self.levels == self.missing, axis=1)
        return ~is_missing


@dataclass(frozen=True)
class Space:
    """Hyperparameters of one learner, and its configurations as numbers without missing values.

    Attributes
    ----------
    hyperparameters
        Hyperparameters that vary in the design, in the order of their columns.
    values
        Shape (n_configurations, n_columns); for the code of "not set" see :attr:`Hyperparameter.missing`.
    """

    hyperparameters: tuple[Hyperparameter, ...]
    values: Floats

    @property
    def names(self) -> list[str]:
        """Names of the hyperparameters."""
        return [hyperparameter.name for hyperparameter in self.hyperparameters]

    def level_of(self, position: int, values: Floats) -> npt.NDArray[np.intp]:
        """Return the position of the level nearest to each row of values, shape (n_rows,)."""
        hyperparameter = self.hyperparameters[position]
        distance = np.abs(values[:, None, hyperparameter.columns] - hyperparameter.levels).sum(axis=2)
        nearest: npt.NDArray[np.intp] = np.argmin(distance, axis=1)
        return nearest

    def sweep(self, reference: Floats, position: int) -> Floats:
        """Vary one hyperparameter over its levels with the others at a reference.

        A hyperparameter that becomes active takes its median level, one that becomes inactive is not set.

        The reference has shape (n_columns,), the result (n_levels, n_columns); it is only the reference if
        the hyperparameter is inactive in it.
        """
        swept = self.hyperparameters[position]
        if not self._is_active(position, reference[None, :])[0]:
            return reference[None, :].copy()
        rows = np.tile(reference, (len(swept.levels), 1))
        rows[:, swept.columns] = swept.levels
        # Parents come before children, so that grandchildren depend on updated parents
        for child, hyperparameter in self._children():
            was_active = self._is_active(child, reference[None, :])[0]
            is_active = self._is_active(child, rows)
            rows[~is_active, hyperparameter.columns] = hyperparameter.missing
            if not was_active and child != position:
                middle = hyperparameter.levels[(len(hyperparameter.levels) - 1) // 2]
                rows[is_active, hyperparameter.columns] = middle
        return rows

    def _is_active(self, position: int, values: Floats) -> Bools:
        condition = self.hyperparameters[position].condition
        if condition is None:
            return np.ones(len(values), dtype=bool)
        active: Bools = condition.active_levels[self.level_of(condition.parent, values)]
        return active

    def _children(self) -> list[tuple[int, Hyperparameter]]:
        children = [(at, each) for at, each in enumerate(self.hyperparameters) if each.condition is not None]
        return sorted(children, key=lambda child: self.depth(child[0]))

    def descendants(self, position: int) -> list[int]:
        """Return the positions of the hyperparameters that are inactive wherever this one is."""
        children = [
            at
            for at, each in enumerate(self.hyperparameters)
            if each.condition is not None and each.condition.parent == position
        ]
        return children + [below for child in children for below in self.descendants(child)]

    def depth(self, position: int) -> int:
        """Return the number of ancestors of a hyperparameter."""
        condition = self.hyperparameters[position].condition
        return 0 if condition is None else 1 + self.depth(condition.parent)


def describe_space(configurations: pd.DataFrame, is_default: Bools, n_levels: int) -> Space:
    """Infer the varying hyperparameters of one learner, their values and conditions.

    Parameters
    ----------
    configurations
        Encoded configurations of the learner, with columns of
        :class:`foretune.spaces.encoding.ConfigurationEncoder`.
    is_default
        Whether each is the library default, shape (n_configurations,). Values missing there are left to the
        library, not inactive, so defaults are ignored for conditions and levels.
    n_levels
        Maximum number of levels of numeric hyperparameters.
    """
    design = ~is_default if (~is_default).any() else np.ones(len(is_default), dtype=bool)
    raw = [_Raw.read(name, configurations[columns]) for name, columns in _columns_by_name(configurations)]
    varied = [one for one in raw if len(np.unique(one.codes[design], equal_nan=True)) > 1]
    conditions = _find_conditions(
        [one.codes[design] for one in varied], [one.is_nominal for one in varied], n_levels
    )
    hyperparameters: list[Hyperparameter] = []
    blocks: list[Floats] = []
    start = 0
    for position, one in enumerate(varied):
        coded, missing = one.coded()
        columns = slice(start, start + coded.shape[1])
        start = columns.stop
        is_inactive = np.isnan(one.codes[design]) & (conditions[position] is not None)
        levels, weights = _levels(coded[design][~is_inactive], one.is_nominal, missing, n_levels)
        labels = tuple(one.label(level, missing) for level in levels)
        hyperparameters.append(
            Hyperparameter(
                one.name, columns, one.is_nominal, levels, labels, weights, missing, None, one.is_integral
            )
        )
        blocks.append(coded)
    values = np.hstack(blocks) if blocks else np.zeros((len(configurations), 0))
    return _with_conditions(Space(tuple(hyperparameters), values), varied, conditions, design)


@dataclass(frozen=True)
class _Raw:
    """Encoded hyperparameter: one code per configuration, NaN where it is not set."""

    name: str
    is_nominal: bool
    codes: Floats
    choices: tuple[str, ...]

    @classmethod
    def read(cls, name: str, encoded: pd.DataFrame) -> _Raw:
        values = encoded.to_numpy(dtype=np.float64)
        values = np.where(np.isfinite(values), values, np.nan)
        if list(encoded.columns) == [name]:
            return cls(name, False, values[:, 0], ())
        is_set = values.max(axis=1) > 0
        choices = tuple(str(column).partition("=")[2] for column in encoded.columns)
        return cls(name, True, np.where(is_set, values.argmax(axis=1), np.nan), choices)

    @property
    def is_integral(self) -> bool:
        known = self.codes[~np.isnan(self.codes)]
        return not self.is_nominal and bool(np.all(known == np.round(known)))

    def coded(self) -> tuple[Floats, Floats]:
        """Return the columns without missing values, and the code of "not set"."""
        if self.is_nominal:
            columns = np.equal(self.codes[:, None], np.arange(len(self.choices))).astype(np.float64)
            return columns, np.zeros(len(self.choices))
        known = self.codes[~np.isnan(self.codes)]
        missing = known.min() - max(np.ptp(known), 1.0)
        return np.where(np.isnan(self.codes), missing, self.codes)[:, None], np.array([missing])

    def label(self, level: Floats, missing: Floats) -> str:
        if np.array_equal(level, missing):
            return NOT_SET
        return self.choices[int(level.argmax())] if self.is_nominal else f"{level[0]:.4g}"


def _columns_by_name(configurations: pd.DataFrame) -> Iterable[tuple[str, list[str]]]:
    groups: dict[str, list[str]] = {}
    for column in configurations.columns:
        groups.setdefault(str(column).partition("=")[0], []).append(column)
    groups.pop(LEARNER_COLUMN, None)
    return groups.items()


def _levels(coded: Floats, is_nominal: bool, missing: Floats, n_levels: int) -> tuple[Floats, Floats]:
    levels, counts = np.unique(coded, axis=0, return_counts=True)
    if is_nominal:  # in the order of the choices, "not set" last
        levels, counts = levels[::-1], counts[::-1]
    if is_nominal or len(levels) <= n_levels:
        return levels, counts / counts.sum()
    known = coded[coded[:, 0] != missing[0], 0]
    middles = (np.arange(n_levels) + 0.5) / n_levels
    values, counts = np.unique(np.quantile(known, middles, method="inverted_cdf"), return_counts=True)
    weights = counts / n_levels * (len(known) / len(coded))
    if len(known) < len(coded):
        values, weights = np.append(missing, values), np.append(1 - weights.sum(), weights)
    return values[:, None], weights


def _find_conditions(codes: list[Floats], is_nominal: list[bool], n_levels: int) -> list[int | None]:
    """Find the parent of every hyperparameter that is sometimes not set.

    A parent is a hyperparameter with few values that determine exactly when the other is set. Candidates are
    those that are always set, then those whose own parent is found.
    """
    parents: list[int | None] = [None] * len(codes)
    points = _independent_points(codes)
    codes = [code[points] for code in codes]
    settled = [at for at, code in enumerate(codes) if not np.isnan(code).any()]
    open_ones = [at for at in range(len(codes)) if at not in settled]
    while True:
        found: list[int] = []
        for at in open_ones:
            is_set = ~np.isnan(codes[at])
            explaining = [parent for parent in settled if _explains(codes[parent], is_set, n_levels)]
            if explaining:
                # Prefer a nominal parent
                parents[at] = min(explaining, key=lambda parent: (not is_nominal[parent], parent))
                found.append(at)
        if not found:
            return parents
        settled += found
        open_ones = [at for at in open_ones if at not in found]


def _independent_points(codes: list[Floats]) -> npt.NDArray[np.intp]:
    """Return the positions of independently drawn configurations.

    Designs often repeat each point at several values of one hyperparameter, such as the number of trees. This
    is the case if all points without it occur equally often; one of each is kept.
    """
    n_rows = len(codes[0]) if codes else 0
    if len(codes) < 2:
        return np.arange(n_rows)
    most_varied = int(np.argmax([len(np.unique(code)) for code in codes]))
    others = np.column_stack([code for at, code in enumerate(codes) if at != most_varied])
    # NaN does not equal itself
    others = np.nan_to_num(others, nan=-np.inf)
    _, first, counts = np.unique(others, axis=0, return_index=True, return_counts=True)
    is_repeated = counts.min() == counts.max()
    return np.sort(first) if is_repeated else np.arange(n_rows)


def _explains(parent: Floats, is_set: Bools, n_levels: int) -> bool:
    values, level, counts = np.unique(parent, return_inverse=True, return_counts=True, equal_nan=True)
    n_repetitions = len(parent) - len(values)
    is_choice = 2 <= len(values) <= min(MOST_LEVELS_OF_A_PARENT, n_levels)
    if not is_choice or n_repetitions < FEWEST_REPETITIONS_OF_A_CONDITION:
        return False
    n_set = np.bincount(level, weights=is_set, minlength=len(values))
    return bool(np.all((n_set == 0) | (n_set == counts)))


def _with_conditions(space: Space, varied: list[_Raw], parents: list[int | None], design: Bools) -> Space:
    hyperparameters = list(space.hyperparameters)
    for position, parent in enumerate(parents):
        if parent is None:
            continue
        is_set = ~np.isnan(varied[position].codes[design])
        level = space.level_of(parent, space.values[design])
        active = np.zeros(len(space.hyperparameters[parent].levels), dtype=bool)
        active[level[is_set]] = True
        hyperparameters[position] = replace(hyperparameters[position], condition=Condition(parent, active))
    return Space(tuple(hyperparameters), space.values)
