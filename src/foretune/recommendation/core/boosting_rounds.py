"""Numbers of boosting rounds: candidates that leave them to early stopping, and those of the last fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from foretune.learners import (
    axis_of_rounds,
    get_learner,
    has_open_rounds,
    known_learners,
    with_rounds,
    without_rounds,
)
from foretune.meta_model import Provenance
from foretune.recommendation.core.candidates import Candidates
from foretune.spaces import DEFAULT, Configuration

LARGEST_FACTOR = 2.0
# Of all boosters
LEARNING_RATE = "learning_rate"


def open_rounds(configuration: Configuration) -> Configuration:
    """Return a configuration without its number of boosting rounds; a library default stays what it is."""
    if configuration.strategy == DEFAULT or configuration.learner not in known_learners():
        return configuration
    return without_rounds(configuration)


def merge_rounds(candidates: Candidates) -> Candidates:
    """Keep one of the candidates that differ only in the number of boosting rounds: that with most rounds.

    Which is not opened: for the memory it stands for what early stopping may reach.
    """
    defaults = candidates.configurations[: candidates.n_defaults]
    tried = {one.config_id for one in defaults}
    kept: dict[str, Configuration] = {}
    for one in candidates.configurations[candidates.n_defaults :]:
        opened = open_rounds(one).config_id
        if opened not in tried and (opened not in kept or _rounds_of(one) > _rounds_of(kept[opened])):
            kept[opened] = one
    return replace(candidates, configurations=(*defaults, *kept.values()))


def _rounds_of(configuration: Configuration) -> float:
    axis = axis_of_rounds(get_learner(configuration.learner))
    return axis.value(configuration.params) if axis and axis.holds(configuration.params) else 0


def with_typical_rounds(configuration: Configuration, provenance: Provenance) -> Configuration:
    """Return a configuration whose number of boosting rounds is open with the one that is usual for it.

    That is the median number that early stopping chose on the known tasks. For one that the memory does not
    know it is inversely proportional to the learning rate, by the median product of both.
    """
    if configuration.learner not in known_learners() or not has_open_rounds(configuration):
        return configuration
    n_rounds = provenance.rounds_of(configuration) or _expect_rounds(configuration, provenance)
    return configuration if n_rounds is None else with_rounds(configuration, n_rounds)


def _expect_rounds(configuration: Configuration, provenance: Provenance) -> int | None:
    rate = configuration.params.get(LEARNING_RATE)
    known = [
        (provenance.configurations.get(at), n_rounds) for at, n_rounds in provenance.typical_rounds.items()
    ]
    products = [
        n_rounds * float(one.params[LEARNING_RATE])
        for one, n_rounds in known
        if one is not None and one.learner == configuration.learner and LEARNING_RATE in one.params
    ]
    stopping = provenance.early_stopping
    if not products or not rate or stopping is None:
        return None
    return int(np.clip(round(float(np.median(products)) / float(rate)), 1, stopping.max_rounds))


def scale_to_all_rows(n_rounds: int, n_trained: float, n_rows: int) -> int:
    """Return the number of rounds for a fit to all rows, at most twice the number that was chosen.

    Parameters
    ----------
    n_rounds
        Number chosen by cross-validation.
    n_trained
        Mean number of rows that a fold trained on.
    n_rows
        Number of all rows.
    """
    return round(n_rounds * growth_of_rounds(n_trained, n_rows))


def growth_of_rounds(n_trained: float, n_rows: int) -> float:
    """Return how many times as many rounds a fit to all rows has: twice as many at most."""
    return min(n_rows / n_trained, LARGEST_FACTOR)
