from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import percentileofscore
from sklearn.datasets import load_iris

from foretune import Guard
from foretune.meta_model.provenance import tabulate_configurations
from foretune.metafeatures.registry import catalogue, registered_groups
from foretune.recommendation.core.drivers import (
    DRIVER_COLUMNS,
    MOST_CANDIDATES,
    Drivers,
    compared_candidates,
    find_drivers,
)
from foretune.recommendation.core.recommender import Recommender
from foretune.spaces.configuration import Configuration

# Trees predict in single precision
PRECISION = 1e-6


@pytest.fixture(scope="module")
def recommender(memory_folder: Path) -> Recommender:
    X, y = load_iris(return_X_y=True, as_frame=True)
    return Recommender.for_table(X, y, memory=memory_folder, guard=Guard(max_distance=100))


def _with_configurations(recommender: Recommender, kept: tuple[Configuration, ...]) -> Recommender:
    other = replace(recommender)
    # Where the property keeps it
    vars(other)["candidates"] = replace(recommender.candidates, configurations=kept)
    return other


def _predicted_advantage(recommender: Recommender, configuration: Configuration) -> float:
    compared = [configuration, *compared_candidates(recommender)]
    encoded = recommender.memory.surrogate.encoder.encode(tabulate_configurations(compared))
    predicted = recommender.memory.surrogate.predict_target(recommender.clipped_metafeatures, encoded)
    return float(predicted[0] - predicted[1:].mean())


def _assert_adds_up(drivers: Drivers, advantage: float) -> None:
    assert drivers.advantage == pytest.approx(advantage, abs=PRECISION)
    total = drivers.metafeatures["contribution"].sum() + drivers.configuration
    assert total == pytest.approx(drivers.advantage, abs=1e-12)


def test_contributions_add_up_to_the_difference_of_the_predictions(recommender: Recommender) -> None:
    advantages = []
    for configuration in recommender.candidates.configurations[::9]:
        drivers = find_drivers(recommender, configuration)
        _assert_adds_up(drivers, _predicted_advantage(recommender, configuration))
        advantages.append(drivers.advantage)
    # Not all zero, or nothing was shown
    assert np.ptp(advantages) > 0.1


def test_they_add_up_for_a_configuration_that_is_no_candidate(recommender: Recommender) -> None:
    other = Configuration("random_forest", {"max_features": 0.33, "min_samples_leaf": 7})
    assert other not in recommender.candidates.configurations
    drivers = find_drivers(recommender, other)
    _assert_adds_up(drivers, _predicted_advantage(recommender, other))
    assert drivers.advantage != 0


def test_what_is_compared_with_the_average_cancels_over_all_candidates(recommender: Recommender) -> None:
    few = recommender.candidates.configurations[::5]
    narrow = _with_configurations(recommender, few)
    found = [find_drivers(narrow, one) for one in few]
    by_name = pd.concat([one.metafeatures for one in found]).groupby("metafeature")["contribution"]
    assert by_name.sum().abs().max() < PRECISION
    assert by_name.max().max() > 1e-3
    assert sum(one.configuration for one in found) == pytest.approx(0, abs=PRECISION)
    assert sum(one.advantage for one in found) == pytest.approx(0, abs=PRECISION)


def test_every_metafeature_of_the_memory_is_named_once_and_is_of_the_catalogue(
    recommender: Recommender,
) -> None:
    drivers = find_drivers(recommender, recommender.candidates.configurations[0]).metafeatures
    assert drivers.columns.tolist() == DRIVER_COLUMNS
    assert sorted(drivers["metafeature"]) == sorted(recommender.memory.metafeatures)
    assert set(drivers["metafeature"]) <= set(catalogue(registered_groups())["name"])
    assert drivers["contribution"].abs().is_monotonic_decreasing
    described = recommender.metafeatures.reindex(drivers["metafeature"])
    np.testing.assert_array_equal(drivers["value"], described)


def test_the_percentile_is_the_place_of_the_value_among_the_known_tasks(recommender: Recommender) -> None:
    known = pd.DataFrame(
        recommender.memory.training_set.metafeatures.astype(float),
        columns=list(recommender.memory.metafeatures),
    )
    # A known task, so that values are equal, but one outside of all that is known, one below and one missing
    described = known.iloc[1].copy()
    above, below, missing = "simple.log_n_rows", "simple.log_n_features", "simple.log_n_classes"
    described[above], described[below], described[missing] = known[above].max() + 5, -5.0, np.nan
    shifted = replace(recommender, metafeatures=described)
    drivers = find_drivers(shifted, shifted.candidates.configurations[0]).metafeatures
    percentiles = drivers.set_index("metafeature")["percentile"]
    for name, value in described.dropna().items():
        column = known[str(name)].dropna()
        assert percentiles[str(name)] == pytest.approx(percentileofscore(column, value, kind="mean")), name
    assert percentiles[above] == 100
    assert percentiles[below] == 0
    assert percentiles.index[percentiles.isna()].tolist() == [missing]


def test_of_many_candidates_some_are_compared_evenly_spread(memory_folder: Path) -> None:
    X, y = load_iris(return_X_y=True, as_frame=True)
    guard = Guard(max_distance=100)
    many = Recommender.for_table(X, y, "xgboost", memory=memory_folder, n_more=90, guard=guard)
    candidates = list(many.candidates.configurations)
    positions = [candidates.index(one) for one in compared_candidates(many)]
    assert len(candidates) > len(positions) == MOST_CANDIDATES
    assert positions[0] == 0
    assert positions[-1] == len(candidates) - 1
    assert set(np.diff(positions)) <= {1, 2}
    _assert_adds_up(find_drivers(many, candidates[-1]), _predicted_advantage(many, candidates[-1]))
    few = _with_configurations(many, tuple(candidates[:5]))
    assert compared_candidates(few) == candidates[:5]


def test_a_strange_table_has_no_drivers(recommender: Recommender) -> None:
    strange = replace(recommender, guard=Guard(max_distance=1e-6))
    assert strange.is_out_of_distribution
    drivers = find_drivers(strange, strange.candidates.configurations[-1])
    assert drivers.metafeatures.empty
    assert drivers.metafeatures.columns.tolist() == DRIVER_COLUMNS
    assert (drivers.configuration, drivers.advantage) == (0, 0)
    # The very same table has some where it is believed
    assert not find_drivers(recommender, recommender.candidates.configurations[-1]).metafeatures.empty
