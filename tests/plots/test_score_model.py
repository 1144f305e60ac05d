"""The model behind importance and surfaces."""

from __future__ import annotations

import numpy as np
import pytest
from tests.plots.conftest import SPACES, FormulaMemory, make_search, true_score

from foretune.plots import PlotError, ShownSearch
from foretune.plots.score_model import ScoreModel
from foretune.spaces import configuration_at

NEW = [configuration_at(point, SPACES["xgboost"]) for point in np.random.default_rng(1).random((40, 2))]
TRUE = np.array([true_score(one) for one in NEW])


def test_trials_correct_what_the_memory_gets_wrong(led_search: ShownSearch) -> None:
    model = ScoreModel.of(led_search, "xgboost")
    memory, _, _ = FormulaMemory().predict("xgboost", NEW)
    assert np.abs(model.predict(NEW) - TRUE).max() < 1e-6 < np.abs(memory - TRUE).min()
    assert "corrected by a Gaussian process of 11 trials" in model.source


def test_without_a_memory_the_trials_are_learnt_from(search: ShownSearch) -> None:
    model = ScoreModel.of(search, "xgboost")
    assert np.corrcoef(model.predict(NEW), TRUE)[0, 1] > 0.95
    assert model.source == "a Gaussian process of 11 trials with a score"


def test_few_trials_leave_the_prediction_as_it_is_and_need_a_memory() -> None:
    led = ScoreModel.of(make_search(2, FormulaMemory()), "xgboost")
    assert led.source == "the memory's prediction"
    assert led.predict(NEW) == pytest.approx(TRUE + 0.02)
    with pytest.raises(PlotError, match="at least 3 trials with a score, and XGBoost has 1"):
        ScoreModel.of(make_search(2), "xgboost")


def test_a_memory_of_another_score_leads_until_there_are_trials() -> None:
    few = ScoreModel.of(make_search(6, FormulaMemory(knows_metric=False)), "svm")
    assert few.score_name == "ROC AUC"
    assert "prediction of ROC AUC, which is not the score" in few.source
    many = ScoreModel.of(make_search(24, FormulaMemory(knows_metric=False)), "svm")
    assert many.score_name == "Balanced accuracy"
    assert many.memory is None


def test_of_very_many_trials_some_are_enough() -> None:
    model = ScoreModel.of(make_search(700), "xgboost")
    assert np.abs(model.predict(NEW) - TRUE).max() < 0.02
