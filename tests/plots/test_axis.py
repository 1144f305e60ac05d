"""Axes of hyperparameters."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretune.plots.axis import MISSING, NOT_SET, Axis, Scale, in_sentence, label_of, score_in_words, title_of

VALUES = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.integers(-(10**6), 10**6),
    st.booleans(),
    st.none(),
    st.text(max_size=5),
    st.just(MISSING),
)


@given(st.lists(VALUES, min_size=1, max_size=12))
def test_every_value_has_a_place_of_its_own_kind(values: list[object]) -> None:
    axis = Axis.of("name", values)
    places = [axis.place(value) for value in values]
    assert all(math.isfinite(place) for place in places)
    for value, place in zip(values, places, strict=True):
        if isinstance(value, int | float) and not isinstance(value, bool):
            assert place == float(value)
        elif axis.is_numeric:
            # Left of all numbers
            assert place < axis.low
            assert label_of(value) in axis.settings()["ticktext"]
    units = axis.unit(values)
    assert len(units) == len(values)
    assert np.isfinite(units).all()
    assert ((units >= 0) & (units <= 1)).all()


@given(st.floats(1e-9, 1e9), st.floats(1.01, 1e6), st.booleans())
def test_ticks_and_grids_stay_in_the_range(low: float, ratio: float, is_log: bool) -> None:
    axis = Axis.of("name", [], Scale(low, low * ratio, is_log=is_log))
    assert axis.type == ("log" if is_log else "linear")
    assert axis.ticks()
    slack = 0.011 * (low * ratio)
    assert all(low * 0.98 <= tick <= low * ratio + slack for tick in axis.ticks())
    grid = axis.grid(9)
    assert grid == sorted(grid)
    assert all(low * (1 - 1e-5) <= value <= low * ratio * (1 + 1e-5) for value in grid)


def test_a_log_space_is_a_log_axis_and_an_undeclared_one_is_told_by_its_values() -> None:
    assert Axis.of("a", [1, 2], Scale(1, 100, is_log=True)).type == "log"
    assert Axis.of("a", [0.001, 0.01, 0.1, 1.0]).type == "log"
    assert Axis.of("a", [1, 25, 50, 75, 100]).type == "linear"
    # A default of zero has no logarithm
    assert Axis.of("a", [0.0], Scale(1, 100, is_log=True)).type == "linear"


def test_whole_numbers_have_a_grid_of_whole_numbers() -> None:
    assert Axis.of("max_depth", [3], Scale(1, 5)).grid(20) == [1, 2, 3, 4, 5]
    assert Axis.of("max_depth", [3, 3]).grid(20) == [3.0]


def test_missing_is_last_and_no_value() -> None:
    axis = Axis.of("kernel", [MISSING, "rbf", None], Scale(choices=("linear", "rbf")))
    assert axis.labels == ("linear", "rbf", "None", NOT_SET)
    assert axis.values == ("linear", "rbf", None)
    assert axis.settings()["ticktext"] == list(axis.labels)
    assert [axis.place(value) for value in ("rbf", MISSING)] == [1.0, 3.0]


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("learning_rate", "Learning rate"),
        ("C", "C"),
        ("p", "p"),
        ("n_estimators", "n estimators"),
        ("clf__max_depth", "clf: max depth"),
        ("l1_ratio", "L1 ratio"),
        ("_", "_"),
    ],
)
def test_titles_are_words(name: str, title: str) -> None:
    assert title_of(name) == title


def test_scorers_are_words() -> None:
    assert score_in_words("neg_log_loss") == "Log loss, negated"
    assert score_in_words("roc_auc_ovr") == score_in_words("roc_auc") == "ROC AUC"
    assert in_sentence("Balanced accuracy") == "balanced accuracy"
    assert in_sentence("ROC AUC") == "ROC AUC"
    assert in_sentence("R²") == "R²"
