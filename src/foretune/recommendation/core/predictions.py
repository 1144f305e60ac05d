"""Predicted scores of any configurations, with their intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from foretune.meta_model import Memory, SurfacePrior
from foretune.recommendation.core.recommender import COVERAGE, Recommender
from foretune.recommendation.core.vocabulary import key_of
from foretune.spaces import Configuration

Floats = npt.NDArray[np.float64]


def predict_scores(
    memory: Memory,
    recommender: Recommender | None,
    configurations: Sequence[Configuration | None],
    seed: int = 0,
) -> tuple[Floats, Floats, Floats]:
    """Predict the scores of configurations on a table.

    Parameters
    ----------
    memory
        The memory.
    recommender
        Of the table, with this memory; None for what is usual on all known tasks.
    configurations
        Known ones or others; None where there is none.
    seed
        Seed of the prior without a recommender.

    Returns
    -------
    predicted, low, high : numpy.ndarray
        Scores and the ends of their intervals of 80 %, shape (n_configurations,) each; NaN where the memory
        does not know a value of the configuration.
    """
    predicted, low, high = (np.full(len(configurations), np.nan) for _ in range(3))
    usable = _find_usable(memory, configurations)
    if not usable:
        return predicted, low, high
    asked = [one for at in usable if (one := configurations[at]) is not None]
    if recommender is None:
        prior, bounds = memory.prior(None, memory.encode(asked), seed), (-np.inf, np.inf)
        at = list(range(len(asked)))
    else:
        prior, at = _prior_with_candidates(recommender, asked)
        bounds = recommender.score_bounds
    predicted[usable] = np.clip(prior.predict_scores()[at], *bounds)
    low[usable], high[usable] = (np.clip(end[at], *bounds) for end in prior.interval(COVERAGE))
    return predicted, low, high


def _prior_with_candidates(
    recommender: Recommender, asked: Sequence[Configuration]
) -> tuple[SurfacePrior, list[int]]:
    """Return a prior and the positions of configurations in it.

    What metafeatures are worth is weighed by all configurations of a prior. With the candidates among them
    predictions are those of the search.
    """
    candidates = recommender.candidates.configurations
    place = {key_of(one): at for at, one in enumerate(candidates)}
    new = [one for one in {key_of(one): one for one in asked}.values() if key_of(one) not in place]
    place |= {key_of(one): len(candidates) + at for at, one in enumerate(new)}
    prior = recommender.prior_at([*candidates, *new]) if new else recommender.prior
    return prior, [place[key_of(one)] for one in asked]


def _find_usable(memory: Memory, configurations: Sequence[Configuration | None]) -> list[int]:
    """Return the positions of configurations that a memory can encode."""
    given = [at for at, one in enumerate(configurations) if one is not None]
    if _can_encode(memory, [configurations[at] for at in given]):
        return given
    return [at for at in given if _can_encode(memory, [configurations[at]])]


def _can_encode(memory: Memory, configurations: Sequence[Configuration | None]) -> bool:
    try:
        memory.encode([one for one in configurations if one is not None])
    except ValueError:
        return False
    return True
