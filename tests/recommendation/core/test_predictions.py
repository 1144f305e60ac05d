"""Predictions at any configurations."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_wine

from foretune.recommendation.core.predictions import predict_scores
from foretune.recommendation.core.recommender import Recommender
from foretune.spaces import Configuration

X, Y = load_wine(return_X_y=True, as_frame=True)


def test_predictions_are_those_of_the_search_in_any_order(memory_folder: Path) -> None:
    recommender = Recommender.for_table(X, Y, "svm", memory=memory_folder)
    candidates = recommender.candidates.configurations
    asked = [candidates[at] for at in (3, 0, 3)]
    predicted, low, high = predict_scores(recommender.memory, recommender, asked)
    assert predicted == pytest.approx(recommender.prior.predict_scores()[[3, 0, 3]])
    assert (low <= predicted).all()
    assert (predicted <= high).all()


def test_what_the_memory_does_not_know_has_no_prediction(memory_folder: Path) -> None:
    recommender = Recommender.for_table(X, Y, "svm", memory=memory_folder)
    known = Configuration("svm", {"C": 0.7, "kernel": "linear"})
    asked = [None, Configuration("svm", {"kernel": "sigmoid", "C": 1.0}), known]
    predicted, low, high = predict_scores(recommender.memory, recommender, asked)
    assert np.isnan(predicted[:2]).all()
    assert low[2] <= predicted[2] <= high[2] <= 1.0
    alone, _, _ = predict_scores(recommender.memory, None, asked)
    assert np.isfinite(alone[2])
    assert np.isnan(predict_scores(recommender.memory, recommender, [None])[0]).all()
