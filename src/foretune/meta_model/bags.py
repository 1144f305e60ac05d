"""Bags of training tasks for the members of an ensemble."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.base import derive_seed, in_processes

Fitted = TypeVar("Fitted")

# One to train on, and two to leave out together
FEWEST_FAMILIES = 3
MAX_GROUPS = 20
PROPOSALS_PER_BAG = 20


def draw_bags(families: pd.Series, n_members: int, share: float, seed: int) -> npt.NDArray[np.bool_]:
    """Draw a bag of training tasks for every member, with held-out predictions for all pairs of tasks.

    Families are divided into at most 20 groups, and a member leaves out whole groups. Every pair of groups is
    left out together by some member: for any two tasks a member is trained on neither's family.

    Parameters
    ----------
    families
        Family of each task.
    n_members
        Number of members; more are added if needed to leave out every pair of groups.
    share
        Share of the groups in a bag.
    seed
        Seed of groups and bags.

    Returns
    -------
    numpy.ndarray
        Shape (at least n_members, n_tasks), True where a member is trained on a task.

    Raises
    ------
    ValueError
        If there are fewer than three families, so that none would be left to train on.
    """
    names, family = np.unique(families.to_numpy(dtype=str), return_inverse=True)
    if len(names) < FEWEST_FAMILIES:
        raise ValueError(
            f"held-out predictions need at least {FEWEST_FAMILIES} families of tasks, not {len(names)}"
        )
    rng = np.random.default_rng(seed)
    n_groups = min(len(names), MAX_GROUPS)
    group = (rng.permutation(len(names)) % n_groups)[family]
    n_left_out = int(np.clip(round((1 - share) * n_groups), 2, n_groups - 1))
    times = np.zeros((n_groups, n_groups))
    bags: list[npt.NDArray[np.intp]] = []
    while len(bags) < n_members or times.min() == 0:
        proposals = [
            np.sort(rng.choice(n_groups, n_left_out, replace=False)) for _ in range(PROPOSALS_PER_BAG)
        ]
        # Prefer groups that other members have left out together least often
        crowding = [np.exp2(-times[np.ix_(proposal, proposal)]).sum() for proposal in proposals]
        chosen = proposals[int(np.argmax(crowding))]
        missing = np.argwhere(times == 0)
        if len(bags) >= n_members and len(missing):
            rest = np.setdiff1d(np.arange(n_groups), missing[0])
            extra = rng.choice(rest, max(n_left_out - len(set(missing[0])), 0), replace=False)
            chosen = np.sort(np.union1d(missing[0], extra))
        for first, second in combinations(chosen, 2):
            times[first, second] += 1
            times[second, first] += 1
        times[chosen, chosen] += 1
        bags.append(chosen)
    return np.array([~np.isin(group, bag) for bag in bags])


def fit_in_bags(
    fit: Callable[[npt.NDArray[np.bool_], int], Fitted],
    bags: npt.NDArray[np.bool_],
    seed: int,
    n_workers: int = 1,
    on_progress: Callable[[int, int], None] | None = None,
) -> list[Fitted]:
    """Fit one member per bag in parallel.

    Parameters
    ----------
    fit
        Picklable function of a bag, shape (n_tasks,), and the member's seed.
    bags
        Shape (n_members, n_tasks), True where a member is trained on a task.
    seed
        Seed, from which each member's seed is derived.
    n_workers
        Number of members fitted in parallel; results do not depend on it.
    on_progress
        Called with the number of members done and their total.
    """
    # Processes, because the Python code around the trees holds the GIL
    calls = ((bag, derive_seed(seed, "member", number)) for number, bag in enumerate(bags))
    fitted: list[Fitted] = []
    for one in in_processes(fit, calls, n_workers):
        fitted.append(one)
        if on_progress:
            on_progress(len(fitted), len(bags))
    return fitted
