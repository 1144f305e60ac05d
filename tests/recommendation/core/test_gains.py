from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_diabetes, load_iris

from foretune import Guard
from foretune.recommendation.core.gains import GAIN_COLUMNS, expected_gains
from foretune.recommendation.core.recommender import COVERAGE, Recommender

NAMES = ("iris", "diabetes")


@pytest.fixture(scope="module")
def recommenders(memory_folder: Path) -> dict[str, Recommender]:
    guard = Guard(max_distance=100)
    return {
        name: Recommender.for_table(*load(return_X_y=True, as_frame=True), memory=memory_folder, guard=guard)
        for name, load in zip(NAMES, (load_iris, load_diabetes), strict=True)
    }


def _ids(recommender: Recommender) -> list[str]:
    return [one.config_id for one in recommender.candidates.configurations]


def _with_prior(recommender: Recommender, **changed: Any) -> Recommender:
    """Return one that finds something else plausible of the same table."""
    other = replace(recommender)
    # Where the property keeps it
    vars(other)["prior"] = replace(recommender.prior, **changed)
    return other


def _assert_consistent(gains: pd.DataFrame) -> None:
    assert (gains["gain_low"] <= gains["gain"]).all()
    assert (gains["gain"] <= gains["gain_high"]).all()
    worse = gains["probability_worse"]
    assert worse.between(0, 1).all()
    assert (worse[gains["gain"] < 0] >= 0.5).all()
    assert (worse[gains["gain"] > 0] <= 0.5).all()
    tail = (1 - COVERAGE) / 2
    assert (worse[gains["gain_low"] >= 0] <= tail).all()
    assert (worse[gains["gain_high"] < 0] >= 1 - tail).all()


@settings(max_examples=30, deadline=None)
@given(data=st.data(), shift=st.floats(-3, 3), log_scale=st.floats(-5, 3))
def test_gains_stay_within_what_the_score_allows(
    recommenders: dict[str, Recommender], data: st.DataObject, shift: float, log_scale: float
) -> None:
    recommender = recommenders["iris"]
    ids = data.draw(st.lists(st.sampled_from(_ids(recommender)), min_size=1, unique=True))
    prior = recommender.prior
    moved = _with_prior(
        recommender, locations=prior.locations + shift, log_scales=prior.log_scales + log_scale
    )
    gains, default = expected_gains(moved, ids)
    assert gains.columns.tolist() == GAIN_COLUMNS
    assert len(gains) == len(ids) + 1
    # Balanced accuracy lies between 0 and 1
    assert gains[["gain", "gain_low", "gain_high"]].abs().to_numpy().max() <= 1
    _assert_consistent(gains)
    if default in ids:
        assert gains.iloc[ids.index(default)].tolist() == [0, 0, 0, 0]
        assert gains.iloc[-1]["gain_low"] >= 0


@pytest.mark.parametrize("name", NAMES)
def test_another_trial_never_lowers_the_gain_of_all(recommenders: dict[str, Recommender], name: str) -> None:
    ids = recommenders[name].rank(10)["config_id"].tolist()
    of_all = pd.DataFrame(
        [expected_gains(recommenders[name], ids[:k])[0].iloc[-1] for k in range(1, len(ids) + 1)]
    )
    for column in ("gain", "gain_low", "gain_high"):
        assert of_all[column].is_monotonic_increasing, column
    assert of_all["probability_worse"].is_monotonic_decreasing
    assert of_all["gain"].iloc[-1] > of_all["gain"].iloc[0]
    # The best of all is at least as good as each of them
    alone = expected_gains(recommenders[name], ids)[0]
    assert (alone["gain"].iloc[:-1] <= alone["gain"].iloc[-1]).all()
    _assert_consistent(alone)


def test_the_order_does_not_matter(recommenders: dict[str, Recommender]) -> None:
    ids = _ids(recommenders["iris"])
    forward, _ = expected_gains(recommenders["iris"], ids)
    backward, _ = expected_gains(recommenders["iris"], ids[::-1])
    np.testing.assert_array_equal(forward.iloc[:-1], backward.iloc[:-1][::-1])
    np.testing.assert_array_equal(forward.iloc[-1], backward.iloc[-1])


@pytest.mark.parametrize("name", NAMES)
def test_the_default_that_is_ranked_is_the_one_that_gains_are_over(
    recommenders: dict[str, Recommender], name: str
) -> None:
    ranked = recommenders[name].rank(8)
    gains, default = expected_gains(recommenders[name], ranked["config_id"].tolist())
    first_default = ranked[ranked["is_default"]].iloc[0]
    assert first_default["config_id"] == default
    assert gains.iloc[int(first_default["rank"]) - 1].tolist() == [0, 0, 0, 0]
    assert gains["gain"].iloc[:-1].ne(0).any()


@pytest.mark.parametrize("name", NAMES)
def test_over_a_default_whose_score_is_known_gains_are_the_ranked_scores_minus_it(
    recommenders: dict[str, Recommender], name: str
) -> None:
    prior = recommenders[name].prior
    surfaces = prior.surfaces.copy()
    n_defaults = recommenders[name].candidates.n_defaults
    surfaces[:, :n_defaults] = np.median(surfaces)
    known = _with_prior(
        recommenders[name],
        surfaces=surfaces,
        # One shape, location and scale of all surfaces: the default's score is the same on each
        shapes=prior.shapes.select(np.zeros(len(surfaces), dtype=int)),
        locations=np.full(len(surfaces), 0.4),
        log_scales=np.full(len(surfaces), np.log(0.05)),
    )
    of_default = known.prior.predict_scores()[0]
    assert 0.1 < of_default < 0.9
    ranked = known.rank(12)
    gains, _ = expected_gains(known, ranked["config_id"].tolist())
    for gain, score in zip(GAIN_COLUMNS, ("predicted_score", "score_low", "score_high"), strict=False):
        np.testing.assert_allclose(gains[gain].iloc[:-1], ranked[score] - of_default, atol=1e-12)
    assert gains["gain"].abs().max() > 1e-3


def test_without_bounds_a_gain_may_be_anything(recommenders: dict[str, Recommender]) -> None:
    # An R² has no lower bound, an unknown metric none at all
    r2 = recommenders["diabetes"]
    wide = _with_prior(r2, log_scales=r2.prior.log_scales + 5)
    assert expected_gains(wide, _ids(wide))[0]["gain_low"].min() < -2
    iris = recommenders["iris"]
    provenance = replace(iris.provenance, score=None)
    unknown = replace(iris, memory=replace(iris.memory, provenance=provenance))
    unknown = _with_prior(unknown, log_scales=iris.prior.log_scales + 5)
    gains = expected_gains(unknown, _ids(unknown))[0]
    assert gains["gain_low"].min() < -1
    assert gains["gain_high"].max() > 1


def test_without_a_default_there_is_nothing_to_gain_over(recommenders: dict[str, Recommender]) -> None:
    iris = recommenders["iris"]
    without = replace(iris)
    vars(without)["candidates"] = replace(iris.candidates, n_defaults=0)
    gains, default = expected_gains(without, _ids(iris)[:3])
    assert default is None
    assert gains.columns.tolist() == GAIN_COLUMNS
    assert len(gains) == 4
    assert gains.isna().all(axis=None)
