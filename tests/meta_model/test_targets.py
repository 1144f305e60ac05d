from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from foretune.meta_model.parameters import TargetKind
from foretune.meta_model.targets import normalise_scores

KINDS: tuple[TargetKind, ...] = get_args(TargetKind)
# Rounded: scores closer than any metric resolves count as equal
SCORES = st.lists(st.floats(-1e3, 1e3).map(lambda score: round(score, 6)), min_size=1, max_size=40)


@given(SCORES, st.sampled_from(KINDS))
def test_the_order_is_kept_and_the_shape_too(scores: list[float], kind: TargetKind) -> None:
    targets, _, scale = normalise_scores(scores, kind)
    assert targets.shape == (len(scores),)
    assert np.isfinite(targets).all()
    if scale > 0:
        assert (np.diff(targets[np.argsort(scores, kind="stable")]) >= 0).all()


@given(SCORES, st.sampled_from(["raw", "minmax", "zscore"]))
def test_an_affine_target_maps_back_to_the_score(scores: list[float], kind: TargetKind) -> None:
    targets, location, scale = normalise_scores(scores, kind)
    np.testing.assert_allclose(location + scale * targets, scores, atol=1e-9)


def test_known_values() -> None:
    scores = [1.0, 2.0, 3.0]
    np.testing.assert_allclose(normalise_scores(scores, "minmax").targets, [0, 0.5, 1])
    np.testing.assert_allclose(normalise_scores(scores, "zscore").targets, [-(1.5**0.5), 0, 1.5**0.5])
    np.testing.assert_allclose(
        normalise_scores(scores, "copula").targets, [-0.967422, 0, 0.967422], atol=1e-6
    )
    np.testing.assert_allclose(normalise_scores(scores, "raw").targets, scores)


@given(SCORES)
def test_ties_share_a_rank_in_the_copula(scores: list[float]) -> None:
    targets = normalise_scores([*scores, *scores], "copula").targets
    np.testing.assert_array_equal(targets[: len(scores)], targets[len(scores) :])
    np.testing.assert_array_equal(rankdata(targets), rankdata([*scores, *scores]))


@pytest.mark.parametrize("kind", KINDS)
def test_failed_trials_stay_without_a_target(kind: TargetKind) -> None:
    targets = normalise_scores([1.0, np.nan, 3.0], kind).targets
    np.testing.assert_array_equal(np.isnan(targets), [False, True, False])
    np.testing.assert_allclose(targets[[0, 2]], normalise_scores([1.0, 3.0], kind).targets)


def test_a_task_without_a_score_is_an_error() -> None:
    with pytest.raises(ValueError, match="without a single finite score"):
        normalise_scores([np.nan, np.nan], "zscore")
