"""Searches whose memory prepares tables by learner."""

from __future__ import annotations

import pickle
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.metrics import get_scorer
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score

from foretune import MetaSearchCV
from foretune.base import TASK_TYPES, TaskType
from foretune.learners import EarlyStopping, FoldSet, PreprocessingParameters
from foretune.recommendation import load_memory
from foretune.recommendation.search_cv.estimator import build_pipeline
from foretune.recommendation.search_cv.folds import GivenData, make_search_folds, split_rows
from foretune.recommendation.search_cv.timed_evaluator import evaluate_on
from foretune.recommendation.search_cv.trial_evaluator import TrialEvaluator
from foretune.spaces import Configuration
from foretune.tables import Table

BY_LEARNER = PreprocessingParameters(max_categories=4, by_learner=True, many_categories="target")
RNG = np.random.default_rng(0)
N_ROWS = 200
CITY = RNG.integers(0, 30, N_ROWS)
X = pd.DataFrame(
    {
        "city": pd.Series([f"c{at}" for at in CITY], dtype=object).where(RNG.random(N_ROWS) > 0.1),
        "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(RNG.integers(0, 900, N_ROWS), unit="D"),
        "size": np.where(RNG.random(N_ROWS) < 0.2, np.nan, RNG.normal(size=N_ROWS)),
        "kind": RNG.choice(["a", "b", "c"], N_ROWS),
        "wide": RNG.random(N_ROWS) < 0.3,
    }
)
VALUES = 10.0 + (CITY % 3) + RNG.normal(0, 0.3, N_ROWS)
CITIES: list[Any] = ["nowhere", None, "c1", "c2", "elsewhere"]
NEW = X.head(5).assign(city=CITIES, kind="new", size=np.nan)
LABELS = np.where(VALUES > 11, "high", "low")
CONFIGURATIONS = [
    Configuration("xgboost", {"n_estimators": 5}),
    Configuration("xgboost", {"n_estimators": 8}),
    Configuration("lightgbm", {"n_estimators": 5, "min_child_samples": 5}),
    Configuration("hist_gradient_boosting", {"max_iter": 5}),
    *([Configuration("catboost", {"iterations": 5})] if find_spec("catboost") else []),
    Configuration("linear", {"C": 1.0}),
    Configuration("random_forest", {"n_estimators": 5}),
]


@pytest.mark.quick("classification")
@pytest.mark.parametrize("task_type", TASK_TYPES)
def test_folds_of_each_form_score_as_pipelines_on_the_users_rows(task_type: TaskType) -> None:
    classifies = task_type == "classification"
    y: Any = LABELS if classifies else VALUES
    splitter = StratifiedKFold if classifies else KFold
    parts = list(splitter(3, shuffle=True, random_state=0).split(X, y))
    splits = split_rows(parts, X, y, task_type, 0)
    table = Table.read(X, pd.Series(y), task_type)
    make = partial(make_search_folds, table, GivenData(X, y, y), splits, BY_LEARNER)
    scoring = "roc_auc" if classifies else "r2"
    evaluator = TrialEvaluator(FoldSet(make, 3, BY_LEARNER), task_type, 0, get_scorer(scoring))
    configurations = [one for one in CONFIGURATIONS if classifies or one.learner != "linear"]
    for configuration, trial in evaluator.evaluate(configurations):
        assert trial.is_ok, trial.error
        pipeline = build_pipeline(configuration, task_type, BY_LEARNER, 0, table.format.columns)
        expected = cross_val_score(pipeline, X, y, cv=parts, scoring=scoring)
        np.testing.assert_allclose(trial.fold_scores, expected, rtol=0, atol=1e-9)
        assert len(pipeline.fit(X, y).predict(NEW)) == len(NEW)
    # A worker process gets the folds in the forms that were made
    sent = pickle.loads(pickle.dumps(evaluator))
    trial = evaluate_on(sent, CONFIGURATIONS[0], [0, 2])
    expected = evaluate_on(evaluator, CONFIGURATIONS[0], [0, 2])
    np.testing.assert_array_equal(trial.fold_scores, expected.fold_scores)


@pytest.mark.quick("random_forest-None")
@pytest.mark.parametrize(
    ("learner", "early_stopping"),
    [("xgboost", None), ("xgboost", EarlyStopping(3, 20)), ("random_forest", None)],
    ids=str,
)
def test_a_search_follows_its_memory(
    learner: str, early_stopping: EarlyStopping | None, memory_folder: Path
) -> None:
    known = load_memory("classification", str(memory_folder))
    assert known.provenance is not None
    memory = replace(known, provenance=replace(known.provenance, preprocessing=BY_LEARNER))
    splits = StratifiedKFold(3, shuffle=True, random_state=0)
    search = MetaSearchCV(
        learner, 2, cv=splits, memory=memory, random_state=0, early_stopping=early_stopping
    ).fit(X, LABELS)
    best = search.best_estimator_
    if early_stopping:
        rounds = search.best_params_["n_estimators"]
        best = clone(best).set_params(learner__classifier__n_estimators=rounds)
    again = cross_val_score(clone(best), X, LABELS, cv=splits, scoring=search.scorer_)
    assert again.mean() == pytest.approx(search.best_score_, abs=1e-9)
    assert len(search.predict(NEW)) == len(NEW)
    # What is said of the library stays what can be given to it elsewhere
    assert "feature_types" not in search.best_params_


def test_a_pipeline_in_native_form_needs_formats() -> None:
    with pytest.raises(ValueError, match="formats"):
        build_pipeline(CONFIGURATIONS[0], "regression", BY_LEARNER, 0)
