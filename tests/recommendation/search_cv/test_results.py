from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foretune.logs import import_logs
from foretune.recommendation.search_cv.results import (
    describe_configurations,
    rank_scores,
    results_frame,
    tabulate_results,
    with_unevaluated,
)
from foretune.recommendation.search_cv.trial_evaluator import ScoredTrial
from foretune.spaces.configuration import DEFAULT, Configuration

NAN = float("nan")
CONFIGURATIONS = [
    Configuration("svm", {"C": 1.0, "gamma": 0.1}, DEFAULT),
    Configuration("linear", {"C": 2.0}, "sobol"),
    Configuration("svm", {"C": 3.0, "class_weight": None}, "sobol"),
]
TRIALS = [
    ScoredTrial(np.array([0.5, 0.7]), np.array([1.0, 3.0]), np.array([0.5, 0.5]), "ok", "careful"),
    ScoredTrial(np.array([NAN, NAN]), np.array([0.5, 0.5]), np.zeros(2), "failed", "ValueError: no"),
    ScoredTrial(np.array([0.9, 0.7]), np.array([2.0, 2.0]), np.array([0.0, 1.0]), "ok", ""),
]


def test_columns_are_those_of_a_search_of_scikit_learn() -> None:
    results = tabulate_results(CONFIGURATIONS, TRIALS, np.array([0.6, 0.5, 0.7]))
    np.testing.assert_allclose(results["mean_fit_time"], [2.0, 0.5, 2.0])
    np.testing.assert_allclose(results["std_fit_time"], [1.0, 0.0, 0.0])
    np.testing.assert_allclose(results["mean_score_time"], [0.5, 0.0, 0.5])
    np.testing.assert_allclose(results["std_score_time"], [0.0, 0.0, 0.5])
    np.testing.assert_allclose(results["split0_test_score"], [0.5, NAN, 0.9])
    np.testing.assert_allclose(results["split1_test_score"], [0.7, NAN, 0.7])
    np.testing.assert_allclose(results["mean_test_score"], [0.6, NAN, 0.8])
    np.testing.assert_allclose(results["std_test_score"], [0.1, NAN, 0.1])
    assert results["rank_test_score"].tolist() == [2, 3, 1]
    assert results["status"].tolist() == ["ok", "failed", "ok"]
    assert results["error"].tolist() == ["careful", "ValueError: no", ""]
    assert results["predicted_score"].tolist() == [0.6, 0.5, 0.7]


def test_a_configuration_without_a_trial_is_the_last_row_also_of_none() -> None:
    last = Configuration("linear", {"C": 4.0}, "sobol")
    only = with_unevaluated(tabulate_results([], [], np.array([])), last)
    assert only["status"].tolist() == ["not evaluated"]
    assert only["error"].tolist() == [""]
    assert only["learner"].tolist() == ["linear"]
    assert only["params"] == [{"C": 4.0}]
    assert only["param_C"].tolist() == [4.0]
    assert np.isnan(only["predicted_score"]).tolist() == [True]
    assert "mean_test_score" not in only
    four = with_unevaluated(tabulate_results(CONFIGURATIONS, TRIALS, np.array([0.6, 0.5, 0.7])), last)
    assert four["status"].tolist() == ["ok", "failed", "ok", "not evaluated"]
    assert four["rank_test_score"].tolist() == [2, 3, 1, 3]


def test_a_failed_trial_has_the_score_that_is_asked_for() -> None:
    results = tabulate_results(CONFIGURATIONS, TRIALS, np.zeros(3), error_score=-1.0)
    np.testing.assert_allclose(results["mean_test_score"], [0.6, -1.0, 0.8])
    assert results["std_test_score"][1] == 0
    assert np.isnan(TRIALS[1].fold_scores).all()


def test_hyperparameters_that_are_not_active_are_masked() -> None:
    described = describe_configurations(CONFIGURATIONS, np.zeros(3))
    names = [name for name in described if name.startswith("param_")]
    assert names == ["param_C", "param_class_weight", "param_gamma"]
    assert described["param_C"].tolist() == [1.0, 2.0, 3.0]
    assert described["param_gamma"].mask.tolist() == [False, True, True]
    # None is a value
    assert described["param_class_weight"].mask.tolist() == [True, True, False]
    assert described["is_default"].tolist() == [True, False, False]
    assert described["learner"].tolist() == ["svm", "linear", "svm"]
    assert described["params"] == [one.params for one in CONFIGURATIONS]
    assert described["params"][0] is not CONFIGURATIONS[0].params


@pytest.mark.parametrize(
    ("scores", "ranks"),
    [
        ([0.2, 0.9, 0.9, 0.1], [3, 1, 1, 4]),
        ([NAN, -5.0, NAN, -4.0], [3, 2, 3, 1]),
        ([NAN, NAN], [1, 1]),
        ([-1e308, NAN, 1e308], [2, 3, 1]),
    ],
)
def test_equal_scores_share_a_rank_and_failures_come_last(scores: list[float], ranks: list[int]) -> None:
    assert rank_scores(np.array(scores)).tolist() == ranks


def test_the_largest_scores_do_not_overflow() -> None:
    large = np.array([1e308, 1.5e308])
    trial = ScoredTrial(large, np.ones(2), np.zeros(2), "ok", "")
    assert trial.score == pytest.approx(1.25e308)
    results = tabulate_results(CONFIGURATIONS[:1], [trial], np.zeros(1))
    assert results["mean_test_score"][0] == trial.score
    assert results["std_test_score"][0] == pytest.approx(0.25e308)


def test_the_table_of_trials_has_a_type_for_each_column() -> None:
    boosted = Configuration("xgboost", {"n_estimators": 7, "max_depth": 3, "learning_rate": 0.5})
    configurations = [*CONFIGURATIONS, boosted]
    more = ScoredTrial(np.array([0.6, NAN]), np.array([1.0, NAN]), np.array([0.1, NAN]), "stopped", "behind")
    frame = results_frame(tabulate_results(configurations, [*TRIALS, more], np.array([0.6, 0.5, 0.7, NAN])))
    assert frame["trial"].tolist() == [1, 2, 3, 4]
    assert frame["param_max_depth"].dtype == "Int64"
    assert frame["param_C"].dtype == "float64"
    assert frame["param_class_weight"].dropna().tolist() == ["None"]
    assert frame["n_rounds"].tolist()[3] == 7
    assert frame["n_rounds"].isna().sum() == 3
    assert frame["n_folds"].tolist() == [2, 0, 2, 1]
    assert frame["status"].tolist() == ["ok", "failed", "ok", "stopped"]
    np.testing.assert_allclose(frame["score"], [0.6, NAN, 0.8, NAN])
    assert frame["is_default"].tolist() == [True, False, False, False]


def test_the_table_of_a_search_without_trials_has_its_row() -> None:
    frame = results_frame(describe_configurations(CONFIGURATIONS[:1], np.array([0.6])))
    assert frame["status"].tolist() == ["not evaluated"]
    assert np.isnan(frame["score"]).all()
    assert results_frame(tabulate_results([], [], np.array([]))).empty


def test_the_table_is_a_log() -> None:
    frame = results_frame(tabulate_results(CONFIGURATIONS, TRIALS, np.array([0.6, 0.5, 0.7])))
    log = import_logs(frame.assign(task_id="mine"))
    assert len(log.trials) == 3
    assert isinstance(log.trials, pd.DataFrame)
    assert set(log.trials["learner"]) == {"svm", "linear"}
