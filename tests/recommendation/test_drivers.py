from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_iris

from foretune.meta_model.search_setting import tabulate_configurations
from foretune.recommendation.drivers import compared_candidates, find_drivers
from foretune.recommendation.parameters import GuardParameters
from foretune.recommendation.recommender import Recommender


def test_contributions_add_up_to_the_advantage_in_the_prediction(memory_folder: Path) -> None:
    X, y = load_iris(return_X_y=True, as_frame=True)
    recommender = Recommender.for_table(X, y, memory=memory_folder, guard=GuardParameters(strangeness=100))
    configuration = recommender.candidates.configurations[-1]
    drivers = find_drivers(recommender, configuration)
    compared = [configuration, *compared_candidates(recommender)]
    encoded = recommender.surrogate.encoder.encode(tabulate_configurations(compared))
    predicted = recommender.surrogate.predict_target(recommender.clipped_metafeatures, encoded)
    total = drivers.metafeatures["contribution"].sum() + drivers.configuration
    assert total == pytest.approx(predicted[0] - predicted[1:].mean(), abs=1e-4)
    assert drivers.advantage == pytest.approx(total)
    assert np.abs(drivers.metafeatures["contribution"]).is_monotonic_decreasing
    assert drivers.metafeatures["percentile"].dropna().between(0, 100).all()


def test_a_strange_table_has_no_drivers(memory_folder: Path) -> None:
    X, y = load_iris(return_X_y=True, as_frame=True)
    recommender = Recommender.for_table(X, y, memory=memory_folder, guard=GuardParameters(strangeness=1e-6))
    assert find_drivers(recommender, recommender.candidates.configurations[0]).metafeatures.empty
