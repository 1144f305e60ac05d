"""A search in HTML."""

from __future__ import annotations

from pathlib import Path

import pytest
from sklearn.datasets import load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from foretune import MetaSearchCV
from foretune.recommendation.search_cv import search_block
from foretune.recommendation.search_cv.search_block import show_search

pytestmark = pytest.mark.filterwarnings(
    "ignore::foretune.recommendation.core.suggestions.RecommendationWarning"
)
X, Y = load_iris(return_X_y=True)


def _html(search: MetaSearchCV) -> str:
    return str(search._repr_html_())


def test_html_has_the_estimator_before_and_the_best_after_fit(memory_folder: Path) -> None:
    pipe = make_pipeline(StandardScaler(), SVC(C=3.0))
    search = MetaSearchCV(pipe, 1, memory=str(memory_folder), cv=3, random_state=0)
    assert "learner: Pipeline" in _html(search)
    assert "StandardScaler" in _html(search)
    assert "best_estimator_: Pipeline" in _html(search.fit(X, Y))
    named = MetaSearchCV("k_nearest_neighbours", 1, memory=str(memory_folder), cv=3, random_state=0)
    assert "best_estimator_" not in _html(named)
    assert "ColumnReader" in _html(named.fit(X, Y))


def test_another_scikit_learn_shows_the_search_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_block, "MODULES", ("sklearn.no_such_module",))
    search = MetaSearchCV(SVC(C=3.0))
    with pytest.raises(AttributeError, match="no blocks"):
        show_search(search)
    assert "MetaSearchCV" in _html(search)
