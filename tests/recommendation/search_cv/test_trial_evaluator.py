from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from joblib import parallel_config
from sklearn.metrics import get_scorer
from tests.conftest import make_mixed_task

from foretune.learners import Learner, get_learner, registry
from foretune.learners.fit import evaluate_configuration
from foretune.learners.folds import make_folds
from foretune.learners.parameters import PreprocessingParameters
from foretune.recommendation.search_cv.scoring import SearchFold
from foretune.recommendation.search_cv.trial_evaluator import ScoredTrial, TrialEvaluator
from foretune.spaces.configuration import Configuration

TASK = make_mixed_task("regression")
FOLDS = [
    SearchFold(**vars(fold), rows=fold.X_test, truth=fold.y_test)
    for fold in make_folds(TASK, 3, PreprocessingParameters(), seed=0)
]
KNN = [Configuration("k_nearest_neighbours", {"n_neighbors": k}) for k in (7, 2)]
LINEAR = Configuration("linear", {"alpha": 0.1})


def evaluator(scorer: Any = None, **rest: Any) -> TrialEvaluator:
    scorer = scorer or get_scorer("neg_mean_absolute_error")
    return TrialEvaluator(FOLDS, "regression", seed=0, scorer=scorer, **rest)


@pytest.mark.parametrize("rest", [{}, {"metric": "mae"}, {"n_jobs": 2}], ids=str)
def test_each_configuration_has_the_scores_of_its_folds(rest: dict[str, Any]) -> None:
    # Processes would take seconds to start
    with parallel_config("threading"):
        trials = evaluator(**rest).evaluate([KNN[0], LINEAR, KNN[1]])
        found = {configuration.config_id: trial for configuration, trial in trials}
    assert set(found) == {one.config_id for one in (*KNN, LINEAR)}
    for configuration in (*KNN, LINEAR):
        trial = found[configuration.config_id]
        expected = evaluate_configuration(configuration, FOLDS, "regression", 0).fold_metrics
        np.testing.assert_allclose(trial.fold_scores, [-one["mae"] for one in expected], rtol=1e-10)
        assert trial.score == pytest.approx(trial.fold_scores.mean())
        assert trial.is_ok
        for seconds in (trial.fit_seconds, trial.score_seconds):
            assert seconds.shape == (3,)
            assert (seconds > 0).all()


def register(monkeypatch: pytest.MonkeyPatch, act: Any) -> Configuration:
    def build(*arguments: Any) -> Any:
        act()
        return get_learner("linear").build({}, "regression", 0)

    learner = Learner("mine", build, lambda _: {})
    monkeypatch.setattr(registry, "_LEARNERS", {**registry._LEARNERS, "mine": learner})
    return Configuration("mine", {})


def test_one_failed_fold_fails_the_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def fail_on_the_second() -> None:
        calls.append(1)
        if len(calls) == 2:
            raise ValueError("no such kernel")

    mine = register(monkeypatch, fail_on_the_second)
    trials = {one.learner: trial for one, trial in evaluator().evaluate([mine, LINEAR])}
    assert (trials["mine"].status, trials["mine"].error) == ("failed", "ValueError: no such kernel")
    assert np.isnan(trials["mine"].fold_scores).all()
    assert np.isnan(trials["mine"].score)
    assert len(calls) == 3
    assert trials["linear"].is_ok


def test_a_score_that_is_not_finite_fails_the_trial() -> None:
    scores = iter([0.5, float("inf"), 0.25])
    ((_, trial),) = evaluator(lambda *_: next(scores)).evaluate([LINEAR])
    assert (trial.status, trial.error) == ("failed", "the score is not finite on every fold: 0.5, inf, 0.25")
    assert np.isnan(trial.fold_scores).all()


def test_warnings_of_the_folds_are_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = register(monkeypatch, lambda: warnings.warn("careful", UserWarning, stacklevel=1))
    ((_, trial),) = evaluator().evaluate([mine])
    assert (trial.status, trial.error) == ("ok", "UserWarning: careful")


def test_a_scored_trial_is_ok_by_its_status() -> None:
    scores = np.array([0.5, 1.0])
    assert ScoredTrial(scores, scores, scores, "ok", "").is_ok
    assert not ScoredTrial(scores, scores, scores, "failed", "").is_ok
    assert ScoredTrial(scores, scores, scores, "ok", "").score == 0.75
