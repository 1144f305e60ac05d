"""Pages of fitted searches."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from sklearn.datasets import load_wine
from sklearn.tree import DecisionTreeClassifier
from tests.browser import are_drawn, column_of, open_page, table_of, text_of

from foretune import MetaSearchCV, UserError
from foretune.recommendation.search_cv.search_page import build_search_page

X, Y = load_wine(return_X_y=True, as_frame=True)


@pytest.fixture(scope="module")
def search(memory_folder: Path) -> MetaSearchCV:
    given = {"random_state": 0, "memory": memory_folder, "min_gain": 0, "cv": 3}
    return MetaSearchCV(["svm", "k_nearest_neighbours"], n_trials=4, **given).fit(X, Y.rename("<b>grape"))


def _sections(page: str) -> list[str]:
    return re.findall(r"<h2>(.*?)</h2>", page)


@pytest.mark.slow
def test_the_page_has_the_trials_the_program_and_the_memory(search: MetaSearchCV, tmp_path: Path) -> None:
    page = build_search_page(search)
    assert _sections(page) == [
        *("What to do now", "Search", "Hyperparameters", "Measured against predicted"),
        *("What the memory recommended", "Expected gain", "Nearest known tasks", "What drove it"),
        *("What was changed or left out", "Settings"),
    ]
    assert f"{search.best_score_:.4f}" in page
    text = text_of(page)
    # What to use, with its program, is what a reader sees first
    assert text.index(f"Use {search.best_learner_} with") < text.index("cross_val_score")
    assert text.index("cross_val_score") < text.index('aria-label="Contents"')
    assert f"{len(Y)} rows in 3 folds" in text
    assert len(page.encode("utf-8")) < 3_000_000
    assert "<b>grape" not in page
    search.report(tmp_path / "new" / "page.html")
    assert (tmp_path / "new" / "page.html").read_text(encoding="utf-8") == page


def test_an_estimator_without_a_memory_has_a_page_too(memory_folder: Path) -> None:
    search = MetaSearchCV(
        DecisionTreeClassifier(random_state=0),
        n_trials=2,
        param_distributions={"max_depth": [1, 2, 3]},
        random_state=0,
        memory=memory_folder,
    ).fit(X, Y)
    page = build_search_page(search)
    assert _sections(page) == [
        *("What to do now", "Search", "Hyperparameters", "What was changed or left out", "Settings"),
    ]
    assert "importance needs at least 8 trials" in text_of(page)


@pytest.mark.slow
def test_a_page_that_cannot_be_written_is_one_line(search: MetaSearchCV, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="file"):
        search.report(tmp_path / "file" / "page.html")
    with pytest.raises(UserError, match="file = 3 must be the path"):
        search.report(3)


@pytest.mark.slow
def test_the_page_in_a_browser(browser: Any, search: MetaSearchCV, tmp_path: Path) -> None:
    search.report(tmp_path / "page.html")
    for dark in (False, True):
        with open_page(browser, (tmp_path / "page.html").as_uri(), dark=dark) as (page, trouble):
            assert all(are_drawn(page))
            assert len(column_of(table_of(page, "Trials"), "score")) == search.n_trials_
            assert trouble == []
