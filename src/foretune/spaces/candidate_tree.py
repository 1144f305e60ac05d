"""Search space of a candidate pool as a tree of nominal choices, inferred from the candidates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.spaces.candidate_features import is_nominal, scale_to_unit
from foretune.spaces.encoding import LEARNER

INACTIVE = "inactive"


@dataclass(frozen=True)
class Leaf:
    """Candidates that differ only in numeric hyperparameters.

    Attributes
    ----------
    rows
        Positions of the candidates, shape (n_rows,).
    numbers
        Names of the active numeric hyperparameters that vary in the pool.
    values
        Numbers scaled to the unit interval by :func:`scale_to_unit`, shape (n_rows, n_numbers).
    """

    rows: npt.NDArray[np.intp]
    numbers: tuple[str, ...]
    values: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Branch:
    """A nominal choice with a subtree for each of its values.

    Attributes
    ----------
    name
        Name of the hyperparameter and its choices here, which may differ between branches.
    children
        Subtrees by choice.
    """

    name: str
    children: dict[str, Branch | Leaf]


class CandidateTree:
    """Tree of a candidate pool: learner, nominal values, activity of hyperparameters, then numbers.

    A choice is a branch only where candidates with the same earlier choices differ in it, so the conditions
    of the search space need not be known.

    Parameters
    ----------
    candidates
        Encoded configurations, NaN where inactive.

    Attributes
    ----------
    root
        The first branch, or the only leaf.
    """

    def __init__(self, candidates: pd.DataFrame) -> None:
        names = [str(name) for name in candidates.columns]
        nominal = _nominal_values(candidates)
        raw = {name: candidates[name].to_numpy(dtype=np.float64) for name in names if not is_nominal(name)}
        activity = {
            f"{name} is": np.where(np.isnan(values), INACTIVE, "active") for name, values in raw.items()
        }
        self._choices = nominal | activity
        self._numbers = {name: scale_to_unit(values) for name, values in raw.items()}
        self.root = self._grow(np.arange(len(candidates), dtype=np.intp), list(self._choices))

    def _grow(self, rows: npt.NDArray[np.intp], names: list[str]) -> Branch | Leaf:
        for at, name in enumerate(names):
            values = self._choices[name][rows]
            present = sorted(set(values.tolist()))
            if len(present) > 1:
                children = {value: self._grow(rows[values == value], names[at + 1 :]) for value in present}
                return Branch(f"{name} {' | '.join(present)}", children)
        numbers = tuple(
            name
            for name, values in self._numbers.items()
            if np.isfinite(values[rows[0]]) and np.nanmax(values) > np.nanmin(values)
        )
        columns = [self._numbers[name][rows] for name in numbers]
        return Leaf(rows, numbers, np.column_stack(columns) if columns else np.zeros((len(rows), 0)))

    def descend(self, choose: Callable[[Branch], str]) -> Leaf:
        """Walk from the root to a leaf.

        Parameters
        ----------
        choose
            Returns the key of one child of a branch.
        """
        node = self.root
        while isinstance(node, Branch):
            node = node.children[choose(node)]
        return node

    def paths(self) -> list[tuple[list[tuple[Branch, str]], Leaf]]:
        """Return every leaf with its path of branches and choices."""
        done: list[tuple[list[tuple[Branch, str]], Leaf]] = []
        waiting: list[tuple[list[tuple[Branch, str]], Branch | Leaf]] = [([], self.root)]
        while waiting:
            path, node = waiting.pop()
            if isinstance(node, Leaf):
                done.append((path, node))
            else:
                waiting += [([*path, (node, choice)], child) for choice, child in node.children.items()]
        return done


def _nominal_values(candidates: pd.DataFrame) -> dict[str, npt.NDArray[np.str_]]:
    """Values of nominal hyperparameters by name, the learner first."""
    groups: dict[str, list[str]] = {}
    for column in map(str, candidates.columns):
        if is_nominal(column):
            groups.setdefault(column.partition("=")[0], []).append(column)
    values: dict[str, npt.NDArray[np.str_]] = {}
    for name in sorted(groups, key=lambda name: (name != LEARNER, name)):
        one_hot = candidates[groups[name]].to_numpy(dtype=np.float64)
        labels = np.array([INACTIVE, *(column.partition("=")[2] for column in groups[name])])
        values[name] = labels[np.where(one_hot.any(axis=1), one_hot.argmax(axis=1) + 1, 0)]
    return values
