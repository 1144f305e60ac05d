from __future__ import annotations

import numpy as np
import pandas as pd

from foretune.spaces.candidate_features import CandidateFeatures, scale_to_unit

NAN = float("nan")


def test_distinct_values_stand_at_equal_steps() -> None:
    np.testing.assert_allclose(
        scale_to_unit(np.array([1e-3, NAN, 10.0, 0.1, 1e-3])), [0, NAN, 1, 0.5, 0], equal_nan=True
    )
    assert scale_to_unit(np.array([7.0, 7.0])).tolist() == [0.5, 0.5]
    assert np.isnan(scale_to_unit(np.array([NAN, NAN]))).all()


def test_structure_is_learner_and_activity_each_said_once() -> None:
    candidates = pd.DataFrame(
        {
            "learner=forest": [1.0, 1.0, 0.0, 0.0],
            "learner=svm": [0.0, 0.0, 1.0, 1.0],
            "C": [NAN, NAN, 1.0, 100.0],
            "gamma": [NAN, NAN, NAN, 0.1],
            "kernel=rbf": [0.0, 0.0, 0.0, 1.0],
            "n_trees": [10.0, 20.0, NAN, NAN],
            "constant": [3.0, 3.0, 3.0, 3.0],
        }
    )
    features = CandidateFeatures.of(candidates)
    # C is active where the learner is svm, n_trees where it is forest
    np.testing.assert_allclose(features.structure, [[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 1]])
    np.testing.assert_allclose(features.settings, [[0.5, 0, 0], [0.5, 0, 1], [0, 0, 0.5], [1, 1, 0.5]])


def test_equal_candidates_have_no_distance() -> None:
    features = CandidateFeatures.of(pd.DataFrame({"a": [1.0, 1.0], "learner=x": [1.0, 1.0]}))
    np.testing.assert_array_equal(features.structure, [[0], [0]])
    np.testing.assert_array_equal(features.settings, [[0], [0]])
