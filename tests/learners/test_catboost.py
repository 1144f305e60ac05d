from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foretune.base.parameters import TASK_TYPES, TaskType
from foretune.learners import get_learner
from foretune.learners.nested_axis import NotNestedError

pytest.importorskip("catboost", reason="needs the extra catboost")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3))
Y = X @ [1.0, -2.0, 0.5]
FIXED = {"learning_rate": 0.3, "leaf_estimation_iterations": 2}


@pytest.mark.parametrize("task_type", TASK_TYPES)
def test_without_the_package_the_error_names_the_extra(
    task_type: TaskType, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = builtins.__import__

    def without_catboost(name: str, *args: Any) -> Any:
        if name == "catboost":
            raise ModuleNotFoundError("No module named 'catboost'", name="catboost")
        return plain(name, *args)

    monkeypatch.setattr(builtins, "__import__", without_catboost)
    with pytest.raises(ModuleNotFoundError, match=r"learner 'catboost' needs .*pip install '.\[catboost\]'"):
        get_learner("catboost").build({}, task_type, 0)


def test_it_prints_and_writes_nothing(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for params in ({}, {"verbose": False}):
        get_learner("catboost").build({"iterations": 2, **params}, "regression", 0).fit(X, Y)
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []


def test_a_constant_target_is_learned() -> None:
    fitted = get_learner("catboost").build({"iterations": 2}, "regression", 0).fit(X, np.full(60, 3.0))
    np.testing.assert_allclose(fitted.predict(X), 3)


def path(params: dict[str, Any], *numbers: int) -> list[Any]:
    learner = get_learner("catboost")
    fitted = learner.build({**params, "iterations": numbers[-1]}, "regression", 0).fit(X, Y)
    assert learner.nested_axis is not None
    return list(learner.nested_axis.predict(fitted, X, [{"iterations": n} for n in numbers], "regression"))


def test_the_first_iterations_are_the_smaller_ensemble() -> None:
    for number, found in zip((1, 4, 7), path(FIXED, 1, 4, 7), strict=True):
        alone = get_learner("catboost").build({**FIXED, "iterations": number}, "regression", 0).fit(X, Y)
        np.testing.assert_array_equal(found, alone.predict(X))


@pytest.mark.parametrize(
    "params",
    [
        *({}, {"learning_rate": 0.3}, {"leaf_estimation_iterations": 2}),
        *({**FIXED, "learning_rate": None}, {**FIXED, "model_shrink_rate": 0.1}),
    ],
)
def test_what_depends_on_the_number_of_iterations_is_not_nested(params: dict[str, Any]) -> None:
    with pytest.raises(NotNestedError):
        path(params, 2, 5)
