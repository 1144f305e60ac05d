from __future__ import annotations

import builtins
from typing import Any

import numpy as np
import pytest

from foretune.base.parameters import TASK_TYPES, TaskType
from foretune.learners import get_learner


@pytest.mark.parametrize("task_type", TASK_TYPES)
def test_without_the_package_the_error_names_the_extra(
    task_type: TaskType, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = builtins.__import__

    def without_pytabkit(name: str, *args: Any) -> Any:
        if name in {"pytabkit", "foretune.learners.quiet_realmlp"}:
            raise ModuleNotFoundError("No module named 'pytabkit'", name="pytabkit")
        return plain(name, *args)

    monkeypatch.setattr(builtins, "__import__", without_pytabkit)
    with pytest.raises(ModuleNotFoundError, match=r"learner 'realmlp' needs .*pip install '.\[realmlp\]'"):
        get_learner("realmlp").build({}, task_type, 0)


def test_the_default_is_that_of_pytabkit_with_one_thread() -> None:
    pytabkit = pytest.importorskip("pytabkit", reason="needs the extra realmlp")
    X = np.random.default_rng(0).normal(size=(60, 3))
    y = X @ [1.0, -2.0, 0.5]
    built = get_learner("realmlp").build({"n_epochs": 4}, "regression", 3).fit(X, y)
    plain = pytabkit.RealMLP_TD_Regressor(n_epochs=4, device="cpu", n_threads=1, random_state=3)
    with pytest.warns(FutureWarning):
        expected = plain.fit(X, y).predict(X)
    np.testing.assert_array_equal(built.predict(X), expected)


def test_it_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("pytabkit", reason="needs the extra realmlp")
    X = np.random.default_rng(0).normal(size=(60, 3))
    get_learner("realmlp").build({"n_epochs": 2}, "regression", 0).fit(X, X[:, 0]).predict(X)
    assert capfd.readouterr() == ("", "")
