"""Searches as figures show them."""

from __future__ import annotations

import pytest
from tests.plots.conftest import make_search

from foretune.plots.errors import PlotError
from foretune.plots.shown_search import ShownSearch, name_learner


def test_the_learner_of_the_best_trial_is_first(search: ShownSearch) -> None:
    best = search.best_of(search.scored)
    assert best is not None
    assert search.learners[0] == best.learner
    worst = make_search(higher_is_better=False)
    lowest = worst.best_of(worst.scored)
    assert lowest is not None
    assert lowest.score == min(trial.score for trial in worst.scored)
    assert "lower is better" in worst.score_title


def test_a_wrong_name_is_told_those_that_exist(search: ShownSearch) -> None:
    with pytest.raises(PlotError, match=r"'learning_rat' \(did you mean 'learning_rate'\?\).*'max_depth'"):
        search.check_names(["learning_rat"], ["xgboost"])
    with pytest.raises(PlotError, match=r"learner = 'xgbost' .*'xgboost'"):
        search.choose_learner("xgbost")
    with pytest.raises(PlotError, match="no trial yet"):
        ShownSearch((), "Score").choose_learner(None)


def test_learners_are_written_as_people_write_them() -> None:
    names = [name_learner(name) for name in ("xgboost", "random_forest", "svm", "XGBClassifier", "")]
    assert names == ["XGBoost", "Random forest", "SVM", "XGBClassifier", "Trials"]
