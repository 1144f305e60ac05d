from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_iris

from foretune import Guard
from foretune.recommendation import Recommender


@pytest.fixture(scope="module")
def recommender(memory_folder: Path) -> Recommender:
    X, y = load_iris(return_X_y=True, as_frame=True)
    return Recommender.for_table(X, y, ["xgboost", "svm"], memory=memory_folder)


def test_every_candidate_comes_once_and_the_default_among_the_first(recommender: Recommender) -> None:
    search = recommender.start_search()
    asked = [search.ask() for _ in range(len(recommender.candidates.configurations))]
    assert sorted(asked) == list(range(len(asked)))
    assert search.default in asked[:2]
    assert search.default < recommender.candidates.n_defaults == 2
    with pytest.raises(IndexError, match="every candidate was tried"):
        search.ask()


def test_a_tiny_table_begins_with_the_default(memory_folder: Path) -> None:
    X, y = load_iris(return_X_y=True, as_frame=True)
    few = Recommender.for_table(X[45:55], y[45:55], "svm", memory=memory_folder)
    assert few.has_few_rows
    assert few.rank(3)["is_default"].tolist() == [True, False, False]
    assert any("the library default comes first" in note for note in few.notes())


def test_without_risk_the_default_comes_first_and_later_if_it_may(recommender: Recommender) -> None:
    careful = recommender.start_search()
    careful._guard = Guard(max_risk=1e-9)
    assert careful.ask() == careful.default
    patient = recommender.start_search()
    patient._guard = Guard(max_risk=1, default_within=4)
    assert [patient.ask() for _ in range(4)].index(patient.default) <= 3


def test_a_failed_trial_is_not_repeated_and_tells_nothing(recommender: Recommender) -> None:
    search, other = recommender.start_search(), recommender.start_search()
    first = search.ask()
    search.tell(first, float("nan"))
    assert other.ask() == first
    gains = search.expected_gains()
    assert np.isfinite(gains).all()
    assert first not in [search.ask() for _ in range(5)]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(0.01, 1_000), st.floats(-1_000, 1_000), st.integers(0, 100))
def test_the_unit_of_an_unknown_metric_does_not_matter(
    recommender: Recommender, scale: float, shift: float, seed: int
) -> None:
    scores = np.random.default_rng(seed).random(len(recommender.candidates.configurations))
    orders = []
    for values in (scores, scale * scores + shift):
        search = recommender.start_search(knows_metric=False)
        order = []
        for _ in range(7):
            order.append(search.ask())
            search.tell(order[-1], values[order[-1]])
        orders.append(order)
    assert orders[0] == orders[1]
