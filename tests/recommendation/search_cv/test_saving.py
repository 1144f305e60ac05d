"""Fitted searches are saved and loaded: by joblib in another process, and by skops without a pickle."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy.stats import loguniform
from sklearn.datasets import load_diabetes, load_wine
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from tests.pipelines.conftest import PROJECT

from foretune import MetaSearchCV

X, Y = load_wine(return_X_y=True, as_frame=True)
TABLE = X.iloc[:, :5].assign(
    kind=np.where(X.iloc[:, 0] > 13, "a", "b"), when=pd.date_range("2020-01-01", periods=len(X))
)
NUMBERS, VALUES = load_diabetes(return_X_y=True, as_frame=True)
LOADED = """
import sys
import joblib
search = joblib.load(sys.argv[1])
X = joblib.load(sys.argv[2])
print(search.predict(X).tolist())
print(search.best_score_)
print(len(search.results_frame()))
print(search.plot.history().layout.yaxis.title.text)
print(search.plot.surface("C", "kernel").layout.title.text)
print(len(search.to_code()))
"""
# Foretune's own types in `best_estimator_`, which docs/scikit-learn.md lists
OURS = {
    "foretune.learners.calibrated_svc.CalibratedSVC",
    "foretune.learners.category_codes.CategoryCodes",
    "foretune.learners.fast.quick_trees.QuickExtraTreesClassifier",
    "foretune.learners.fast.quick_trees.QuickExtraTreesRegressor",
    "foretune.learners.fast.quick_trees.QuickRandomForestClassifier",
    "foretune.learners.fast.quick_trees.QuickRandomForestRegressor",
    "foretune.learners.preprocessing._to_floats",
    "foretune.learners.scaled_mlp.ScaledMLPClassifier",
    "foretune.learners.scaled_mlp.ScaledMLPRegressor",
    "foretune.learners.weighted_neighbours.WeightedKNeighborsClassifier",
    "foretune.learners.weighted_neighbours.WeightedKNeighborsRegressor",
    "foretune.recommendation.search_cv.coded_classifier.CodedClassifier",
    "foretune.recommendation.search_cv.column_reader.ColumnReader",
    "foretune.recommendation.search_cv.scaled_target_regressor.ScaledTargetRegressor",
    "foretune.tables.column_formats.ColumnFormat",
    "foretune.tables.column_formats.TableFormat",
}


@pytest.mark.slow
def test_a_search_is_loaded_in_another_process_with_figures_and_program(
    memory_folder: Path, tmp_path: Path
) -> None:
    search = MetaSearchCV("svm", n_trials=2, random_state=0, memory=memory_folder).fit(TABLE, Y)
    joblib.dump(search, tmp_path / "search.joblib")
    joblib.dump(TABLE, tmp_path / "table.joblib")
    given = [tmp_path / "search.joblib", tmp_path / "table.joblib"]
    done = subprocess.run([sys.executable, "-c", LOADED, *given], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert lines[0] == str(search.predict(TABLE).tolist())
    assert lines[1:4] == [str(search.best_score_), str(search.n_trials_), "Balanced accuracy"]
    assert lines[4] == "Expected balanced accuracy of SVM"
    assert lines[5] == str(len(search.to_code()))


def test_a_saved_search_has_no_rows_and_no_memory(memory_folder: Path, tmp_path: Path) -> None:
    search = MetaSearchCV("k_nearest_neighbours", n_trials=0, refit=False, memory=memory_folder).fit(X, Y)
    joblib.dump(search, tmp_path / "search.joblib")
    assert (tmp_path / "search.joblib").stat().st_size < 40_000


def _load_by_skops(search: Any, table: pd.DataFrame) -> set[str]:
    """Save and load estimator and search; return the types of the former that have to be trusted."""
    skops = pytest.importorskip("skops.io", reason="the extra skops is not installed")
    types: list[str] = []
    for one in (search, search.best_estimator_):
        saved = skops.dumps(one)
        types = skops.get_untrusted_types(data=saved)
        loaded = skops.loads(saved, trusted=types)
        assert (loaded.predict(table) == search.predict(table)).all()
        if one is search:
            assert loaded.to_code() == search.to_code()
            assert loaded.plot.history().to_json() == search.plot.history().to_json()
            assert loaded.plot.importance(learner=search.best_learner_).data
    return set(types)


@pytest.mark.slow
@pytest.mark.parametrize("learner", ["svm", "random_forest", "xgboost", "k_nearest_neighbours"])
@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_skops_needs_no_more_than_the_types_of_the_guide(
    learner: str, kind: str, memory_folder: Path
) -> None:
    table, target = (TABLE, Y) if kind == "classification" else (NUMBERS, VALUES)
    search = MetaSearchCV(learner, n_trials=1, random_state=0, memory=memory_folder).fit(table, target)
    ours = {name for name in _load_by_skops(search, table) if name.startswith("foretune.")}
    assert ours <= OURS


def test_an_estimator_of_ones_own_needs_no_trust(memory_folder: Path) -> None:
    search = MetaSearchCV(
        make_pipeline(StandardScaler(), SVC()),
        n_trials=1,
        param_distributions={"svc__C": loguniform(0.1, 10)},
        random_state=0,
        memory=memory_folder,
        cv=3,
    ).fit(X, Y)
    assert _load_by_skops(search, X) == set()


def test_the_guide_lists_the_types() -> None:
    guide = (PROJECT / "docs/scikit-learn.md").read_text(encoding="utf-8")
    assert [name for name in sorted(OURS) if f'"{name}"' not in guide] == []
