"""The second argument of a search."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from scipy.stats import randint
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import RandomizedSearchCV
from sklearn.tree import DecisionTreeClassifier

from foretune import MetaSearchClassifier, MetaSearchCV
from foretune.base import UserError
from foretune.recommendation.search_cv.second_argument import is_space

TREE = DecisionTreeClassifier(random_state=0)
SPACE = {"max_depth": randint(1, 9), "criterion": ["gini", "entropy"]}


@pytest.mark.parametrize("space", [SPACE, [SPACE, {"min_samples_leaf": [1, 2]}]])
@pytest.mark.parametrize("kind", [MetaSearchCV, MetaSearchClassifier])
def test_a_space_is_the_second_argument_as_in_scikit_learn(kind: Any, space: Any) -> None:
    search, random = kind(TREE, space, n_trials=7), RandomizedSearchCV(TREE, space)
    assert search.get_params(deep=False)["param_distributions"] is random.param_distributions is space
    assert search.n_trials == 7
    assert kind(TREE, space).n_trials == 20
    assert clone(search).get_params(deep=False).keys() == search.get_params(deep=False).keys()
    assert clone(search).n_trials == 7


def test_a_number_stays_the_number_of_trials() -> None:
    for given in (20, 0, None):
        assert MetaSearchCV("xgboost", given).n_trials is given
    assert MetaSearchCV("xgboost", 5, param_distributions=SPACE).param_distributions is SPACE
    assert list(MetaSearchCV().get_params(deep=False)) == list(MetaSearchClassifier().get_params(deep=False))


def test_what_is_given_twice_is_an_error() -> None:
    with pytest.raises(TypeError, match="MetaSearchCV was given param_distributions twice"):
        MetaSearchCV(TREE, SPACE, param_distributions=SPACE)
    with pytest.raises(TypeError, match="more than two arguments without their names"):
        MetaSearchCV(TREE, SPACE, 5)
    with pytest.raises(TypeError):
        MetaSearchCV("xgboost", 5, SPACE)


def test_a_search_of_the_space_runs(memory_folder: Path) -> None:
    search = MetaSearchCV(TREE, SPACE, n_trials=3, memory=str(memory_folder), random_state=0, cv=3)
    assert search.fit(*load_iris(return_X_y=True)).best_params_.keys() <= SPACE.keys()


@pytest.mark.parametrize("given", [[], [1], "a", 3, None, [SPACE, 1]])
def test_what_is_no_space(given: Any) -> None:
    assert not is_space(given)


def test_a_space_by_the_name_of_the_number_is_an_error(memory_folder: Path) -> None:
    search = MetaSearchCV(TREE, n_trials=SPACE, memory=str(memory_folder))
    with pytest.raises(UserError, match="n_trials"):
        search.fit(*load_iris(return_X_y=True))
