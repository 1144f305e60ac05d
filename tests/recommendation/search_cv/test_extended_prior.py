"""Prior over candidates that differ in what the memory does not know."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from foretune.meta_model import Policy, SurfacePrior
from foretune.recommendation import load_memory
from foretune.recommendation.core import provenance_of
from foretune.recommendation.search_cv.extended_prior import EFFECTS, extend_prior


def _twice(memory_folder: Path) -> tuple[SurfacePrior, SurfacePrior, int]:
    """A prior over the same configurations twice, with another parameter at 0 and at 1."""
    memory = load_memory("classification", memory_folder)
    known = list(provenance_of(memory).configurations.values())[:8]
    prior = memory.prior(None, memory.encode([*known, *known]), 0)
    other = np.repeat([0.0, 1.0], 8)
    extended = extend_prior(prior, other[:, None], other > 0, np.random.default_rng(0))
    return prior, extended, 8


def test_candidates_that_differ_only_in_the_other_parameter_are_two(memory_folder: Path) -> None:
    prior, extended, n = _twice(memory_folder)
    before = np.abs(prior.basis[:n] @ prior.basis[:n].T - prior.basis[:n] @ prior.basis[n:].T).max()
    assert before < 0.3 * np.mean(np.sum(prior.basis**2, axis=1))
    for one in (extended, *extended.alternatives):
        difference = one.basis[:n] - one.basis[n:]
        assert (np.sum(difference**2, axis=1) > 0.01).all()
        assert one.surfaces.shape == prior.surfaces.shape
        assert one.known.shape == prior.known.shape
        assert one.coordinates.shape[1] == prior.coordinates.shape[1] + 1


def test_there_is_an_alternative_with_a_large_effect(memory_folder: Path) -> None:
    prior, extended, _ = _twice(memory_folder)
    assert len(extended.alternatives) == len(prior.alternatives) + 1
    spread = [np.mean(np.sum(one.basis**2, axis=1)) for one in (prior, extended, extended.alternatives[-1])]
    np.testing.assert_allclose(spread[1:] / spread[0], [1 + effect**2 for effect in EFFECTS], rtol=0.01)


def test_what_the_user_has_is_planned_first(memory_folder: Path) -> None:
    prior, extended, n = _twice(memory_folder)
    memory = load_memory("classification", memory_folder)
    policy = Policy(extended, memory.policy, np.random.default_rng(0))
    assert policy.propose() < n
    assert prior.mean[:n].max() == prior.mean[n:].max()
