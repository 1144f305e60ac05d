"""Memories without some families of tasks, for one recommendation."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Collection
from typing import Any

import numpy as np

from foretune.base import ArgumentError, UserError, counted, quoted, shortened
from foretune.meta_model import Memory, check_known, with_members_without

logger = logging.getLogger(__name__)

# Of an ensemble with fewer members the mean is too uncertain: more are trained
FEWEST_MEMBERS = 4
MOST_KEPT = 4
# A memory cannot be hashed: those that were trained anew by its identity, which is kept alive with them
_trained: OrderedDict[tuple[int, tuple[str, ...]], tuple[Memory, Memory]] = OrderedDict()


def check_families(families: Any) -> tuple[str, ...]:
    """Check the argument ``exclude_families``, and return the names sorted.

    Raises
    ------
    ArgumentError
        If it is neither None, nor a name, nor several names.
    """
    if families is None:
        return ()
    if isinstance(families, str):
        return (families,)
    is_list = isinstance(families, Collection) and not isinstance(families, (bytes, dict))
    if not is_list or not all(isinstance(name, str) for name in families):
        raise ArgumentError(
            f"exclude_families = {shortened(repr(families))} must be names of families, such as ['iris']"
        )
    return tuple(sorted(set(families)))


def without_families(memory: Memory, families: Collection[str]) -> Memory:
    """Return a memory without some families of tasks.

    Members that were trained on them are left out. If few are left, others are trained without the families,
    which takes seconds and is logged; it is done once in a process.

    Parameters
    ----------
    memory
        As :func:`foretune.load_memory` returns it.
    families
        Names of families, as ``foretune memory tasks`` lists them.

    Raises
    ------
    UserError
        If the memory has no such family, or no other.
    """
    if not families:
        return memory
    check_known("family", families, memory.training_set.families, "exclude_families")
    excluded = np.isin(np.array(memory.training_set.families), list(families))
    n_members = int((~memory.training_set.seen[:, excluded].any(axis=1)).sum())
    if excluded.all():
        raise UserError("exclude_families: the memory has no other family")
    if n_members >= FEWEST_MEMBERS:
        return memory.without(families)
    key = id(memory), tuple(sorted(families))
    if key not in _trained:
        _trained[key] = memory, _train(memory, families, FEWEST_MEMBERS - n_members)
        if len(_trained) > MOST_KEPT:
            _trained.popitem(last=False)
    return _trained[key][1]


def _train(memory: Memory, families: Collection[str], n_members: int) -> Memory:
    start = time.perf_counter()
    trained = with_members_without(memory, families, n_members).without(families)
    # A warning, to be seen without any set-up: it explains a wait
    logger.warning(
        "trained %s of the memory without %s (%s) in %.0f s: too few had not seen them",
        counted(n_members, "member"),
        counted(len(set(families)), "family", "families"),
        quoted(sorted(families)),
        time.perf_counter() - start,
    )
    return trained
