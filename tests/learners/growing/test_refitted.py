from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from foretune.base.parameters import TaskType
from foretune.learners import Fold, Learner, NestedAxis, NotNestedError
from foretune.learners.growing.refitted import RefittedBooster


class _Counting:
    """Estimator that predicts its number of rounds."""

    fitted: list[int] = []  # noqa: RUF012

    def __init__(self, iterations: int) -> None:
        self.iterations = iterations

    def fit(self, _: Any, __: Any) -> _Counting:
        self.fitted.append(self.iterations)
        return self

    def predict(self, X: Any) -> Any:
        return np.full(len(X), self.iterations)


def _predict(estimator: Any, X: Any, params: Sequence[dict[str, Any]], _: TaskType) -> Iterator[Any]:
    for one in params:
        yield np.full(len(X), one["iterations"])


def _predict_too_late(estimator: Any, X: Any, params: Sequence[dict[str, Any]], _: TaskType) -> Iterator[Any]:
    yield np.full(len(X), params[0]["iterations"])
    raise NotNestedError


def _refuse(*_: Any) -> Iterator[Any]:
    raise NotNestedError


def _make(predict: Any, most: int = 300) -> RefittedBooster:
    _Counting.fitted.clear()
    axis = NestedAxis("iterations", 100, predict, is_rounds=True)
    learner = Learner("counting", lambda params, *_: _Counting(**params), lambda _: {}, nested_axis=axis)
    fold = Fold(np.zeros((3, 1)), np.zeros(3), np.zeros((2, 1)), np.zeros(2))
    return RefittedBooster(learner, axis, {}, "regression", 0, fold, most)


def test_it_is_fitted_with_twice_as_many_rounds_each_time() -> None:
    model = _make(_predict)
    outputs = [output for _ in range(40) for output in model.grow(10)]
    assert [n for n, _ in outputs] == list(range(1, 301))
    assert all((values == n).all() for n, values in outputs)
    assert _Counting.fitted == [80, 160, 300]
    assert model.n_rounds == 300
    model.close()
    assert model.grow(10) == []


def test_where_fits_are_not_nested_only_their_own_numbers_are_given() -> None:
    model = _make(_refuse)
    outputs = [output for _ in range(40) for output in model.grow(10)]
    assert [n for n, _ in outputs] == [80, 160, 300]
    assert all((values == n).all() for n, values in outputs)


def test_an_axis_that_refuses_too_late_is_an_error() -> None:
    with pytest.raises(NotNestedError):
        _make(_predict_too_late).grow(10)
