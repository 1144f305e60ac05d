"""Points of a search space as rows of quantiles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import randint
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from foretune.recommendation.search_cv.own_space import read_space
from foretune.recommendation.search_cv.quantile_space import QuantileBranch

PIPE = Pipeline([("scale", StandardScaler()), ("clf", SVC())])
GIVEN: dict[str, Any] = {
    "clf__C": {"type": "float", "low": 0.01, "high": 100.0, "log": True},
    "clf__kernel": ["rbf", "poly", "linear"],
    "clf__degree": {"type": "integer", "low": 2, "high": 5, "when": {"kernel": ["poly"]}},
    "clf__max_iter": randint(10, 13),
    "clf__tol": [1e-3],
    "scale": ["passthrough", StandardScaler()],
}
SPACE = read_space(PIPE, GIVEN)
BRANCH = QuantileBranch(SPACE.branches[0])
ROWS = np.random.default_rng(0).random((200, len(GIVEN)))


def test_equal_points_have_equal_rows() -> None:
    snapped = BRANCH.snap(ROWS)
    np.testing.assert_array_equal(BRANCH.snap(snapped), snapped)
    points = [BRANCH.branch.at(row) for row in snapped]
    assert [BRANCH.branch.at(row).keys() for row in ROWS] == [one.keys() for one in points]
    texts = {repr(sorted(one.items(), key=str)) for one in points}
    assert len({row.tobytes() for row in snapped}) == len(texts)


def test_values_are_found_where_they_are() -> None:
    for row in BRANCH.snap(ROWS[:20]):
        params = BRANCH.branch.at(row)
        np.testing.assert_allclose(BRANCH.find(params), row, atol=1e-4)


def test_coordinates_are_those_of_the_space() -> None:
    snapped = BRANCH.snap(ROWS[:20])
    points = [BRANCH.branch.at(row) for row in snapped]
    expected = SPACE.coordinates(points, [0] * 20)
    # Axes of conditions may come in another order than the user's
    np.testing.assert_allclose(BRANCH.coordinates(snapped), expected, atol=1e-4)


def test_a_finite_branch_lists_every_point_once() -> None:
    space = read_space(PIPE, {"clf__kernel": GIVEN["clf__kernel"], "clf__degree": GIVEN["clf__degree"]})
    rows = QuantileBranch(space.branches[0]).all()
    points = [space.branches[0].at(row) for row in rows]
    assert sorted(one.get("clf__degree", 0) for one in points) == [0, 0, 2, 3, 4, 5]
    with pytest.raises(ValueError, match="without end"):
        BRANCH.all()
