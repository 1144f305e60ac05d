from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.dummy import DummyRegressor
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score

from foretune.learners import TimeFolds, make_splitter
from foretune.learners.splitters import name_splitter


@given(st.permutations(range(23)), st.integers(2, 6))
def test_folds_of_different_times_are_those_of_scikit_learn(times: list[int], n_splits: int) -> None:
    found = list(TimeFolds(n_splits).split(times, groups=times))
    order = np.argsort(times)
    expected = list(TimeSeriesSplit(n_splits).split(order))
    assert len(found) == n_splits == TimeFolds(n_splits).get_n_splits()
    for (train, test), (earlier, later) in zip(found, expected, strict=True):
        assert train.tolist() == sorted(order[earlier])
        assert test.tolist() == sorted(order[later])


@given(st.lists(st.sampled_from("abcdefgh"), min_size=5, max_size=60), st.integers(2, 4))
def test_a_training_part_is_earlier_than_its_test_part(times: list[str], n_splits: int) -> None:
    if len(set(times)) <= n_splits:
        times = [*times, *"vwxyz"]
    tested: list[int] = []
    for train, test in TimeFolds(n_splits).split(times, groups=times):
        assert max(np.array(times)[train]) < min(np.array(times)[test])
        tested += test.tolist()
    assert len(tested) == len(set(tested)) < len(times)


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (None, "needs the times of the rows"),
        ([1, 2, 3], "must be the times of 4 rows"),
        ([1.0, np.nan, 2.0, 3.0], "missing"),
        (pd.to_datetime(["2024-01-01", None, "2024-01-02", "2024-01-03"]), "missing"),
        ([1, 1, 2, 2], "2 different times for 2 folds by time"),
    ],
)
def test_times_that_cannot_split_are_said(groups: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        list(TimeFolds(2).split(np.zeros((4, 1)), groups=groups))


def test_scikit_learn_hands_the_times_on() -> None:
    X, y = np.zeros((12, 1)), np.arange(12.0)
    scores = cross_val_score(
        DummyRegressor(), X, y, groups=-y, cv=TimeFolds(2), scoring="neg_mean_absolute_error"
    )
    # Trained on the largest values, tested on smaller ones
    assert scores.tolist() == [-4.0, -6.0]
    search = GridSearchCV(DummyRegressor(), {"quantile": [None]}, cv=TimeFolds(2))
    assert search.fit(X, y, groups=y).n_splits_ == 2
    with config_context(enable_metadata_routing=True):
        assert search.fit(X, y, groups=y).n_splits_ == 2


def test_groups_stay_together_and_the_seed_decides() -> None:
    rng = np.random.default_rng(0)
    groups, y = rng.integers(0, 12, 90), rng.integers(0, 2, 90)
    for kind, name in (("classification", "StratifiedGroupKFold"), ("regression", "GroupKFold")):
        assert name_splitter(kind, "groups") == name
        splitter = make_splitter(kind, 4, 7, "groups")
        first, again = [list(splitter.split(y, y, groups)) for _ in range(2)]
        for (train, test), (same, _) in zip(first, again, strict=True):
            assert not set(groups[train]) & set(groups[test])
            assert train.tolist() == same.tolist()
    assert name_splitter("classification", "time") == name_splitter("regression", "time") == "TimeFolds"
    assert (name_splitter("classification"), name_splitter("regression")) == ("StratifiedKFold", "KFold")
