"""Steps of a pipeline that no trial changes, and that fail."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from foretune import MetaSearchCV, UserError
from foretune.recommendation.search_cv.fixed_steps import why_every_trial_fails
from foretune.recommendation.search_cv.folds import GivenData, Splits
from foretune.recommendation.search_cv.own_metadata import NO_METADATA, Metadata

X = pd.DataFrame({"a": list("xyz") * 10, "b": np.arange(30.0)})
Y = np.arange(30.0)
SPLITS = Splits([(np.arange(20), np.arange(20, 30))])


def _why(estimator: Any, *searched: str, metadata: Metadata = NO_METADATA) -> str:
    return why_every_trial_fails(estimator, searched, GivenData(X, Y, Y), SPLITS, metadata)


def test_steps_that_fail_are_told_with_their_error() -> None:
    said = _why(make_pipeline(StandardScaler(), Ridge()), "ridge__alpha")
    assert "the steps before ridge, of which nothing is searched, fail with ValueError: could not" in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("estimator", "searched"),
    [
        (Ridge(), ("alpha",)),
        (make_pipeline(Ridge()), ("ridge__alpha",)),
        (make_pipeline(FunctionTransformer(), Ridge()), ("ridge__alpha",)),
        (make_pipeline(StandardScaler(), Ridge()), ("standardscaler__with_mean",)),
        (make_pipeline(StandardScaler(), Ridge()), ("standardscaler",)),
        (make_pipeline(StandardScaler(), Ridge()), ("steps",)),
    ],
)
def test_what_a_trial_may_mend_is_not_sure(estimator: Any, searched: tuple[str, ...]) -> None:
    assert not _why(estimator, *searched)


def test_steps_that_get_arguments_are_not_tried() -> None:
    pipeline = make_pipeline(StandardScaler(), Ridge())
    weighted = Metadata({"standardscaler__sample_weight": np.ones(30)})
    assert not _why(pipeline, "ridge__alpha", metadata=weighted)
    assert _why(pipeline, "ridge__alpha", metadata=Metadata({"ridge__sample_weight": np.ones(30)}))
    with config_context(enable_metadata_routing=True):
        assert not _why(pipeline, "ridge__alpha")


def test_a_search_whose_preprocessing_fails_says_so_at_once(memory_folder: Path) -> None:
    calls: list[int] = []

    def refuse(rows: Any) -> Any:
        calls.append(len(rows))
        raise RuntimeError("no such rows")

    pipeline = Pipeline([("read", FunctionTransformer(refuse)), ("model", Ridge())])
    given = {"n_trials": 20, "cv": 3, "random_state": 0, "memory": str(memory_folder)}
    search = MetaSearchCV(pipeline, {"model__alpha": [0.1 * n for n in range(1, 30)]}, **given)
    with pytest.raises(UserError, match=r"the steps before model, .* fail with RuntimeError: no such rows"):
        search.fit(X[["b"]], Y)
    # Three folds of the trials that are planned together, and the steps alone
    assert len(calls) <= 5 * 3 + 1


def _refuse(rows: Any) -> Any:
    raise RuntimeError("no such rows")


def test_a_parameter_of_the_preprocessing_may_mend_it(memory_folder: Path) -> None:
    pipeline = Pipeline([("read", FunctionTransformer(_refuse)), ("model", Ridge())])
    given = {"n_trials": 2, "cv": 3, "random_state": 0, "min_gain": 0, "memory": str(memory_folder)}
    search = MetaSearchCV(pipeline, {"read__func": [_refuse, None], "model__alpha": [1.0]}, **given)
    with pytest.warns(FitFailedWarning):
        search.fit(X[["b"]], Y)
    assert search.best_params_["read__func"] is None
