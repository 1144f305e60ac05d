"""Classes of zero-shot estimators beside those of the libraries."""

from __future__ import annotations

import inspect
import subprocess
import sys
from typing import Any

import pytest
from sklearn.utils.estimator_checks import check_estimator

from foretune import zero_shot
from foretune.recommendation.core import LIBRARY_CLASSES
from foretune.zero_shot.classes import MODULES, make_class


def test_there_is_one_for_each_class_that_a_memory_may_know() -> None:
    assert sorted(zero_shot.__all__) == sorted(name for names in LIBRARY_CLASSES.values() for name in names)
    assert MODULES.keys() == LIBRARY_CLASSES.keys()
    assert set(zero_shot.__all__) <= set(dir(zero_shot))


@pytest.mark.parametrize("name", zero_shot.__all__)
def test_it_is_a_subclass_with_the_same_arguments(name: str) -> None:
    made = getattr(zero_shot, name)
    assert made is getattr(zero_shot, name)
    library = made.library
    assert issubclass(made, library)
    assert (library.__name__, made.__module__, made.__qualname__) == (name, "foretune.zero_shot", name)
    own = set(inspect.signature(made).parameters)
    assert own == {*inspect.signature(library).parameters, "memory", "memory_scoring"}
    assert str(inspect.signature(made.fit)) == str(inspect.signature(library.fit))
    expected = "classification" if "Classifier" in name or name in ("SVC", "LogisticRegression") else None
    assert made.only_task_type == (expected or "regression")
    assert {**library().get_params(), "memory": None, "memory_scoring": None} == made().get_params()


def test_an_unknown_name_is_none() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'NuSVC'"):
        _ = zero_shot.NuSVC


def test_no_library_is_imported_before_a_class_is_used() -> None:
    program = (
        "import sys\n"
        "import foretune.zero_shot as one\n"
        "libraries = {'xgboost', 'lightgbm', 'catboost', 'sklearn', 'pandas'}\n"
        "assert not libraries & set(sys.modules), libraries & set(sys.modules)\n"
        "import foretune\n"
        "assert foretune.zero_shot is one\n"
        "one.SVC\n"
        "assert not {'catboost'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_missing_library_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "catboost", None)
    with pytest.raises(ModuleNotFoundError, match=r"CatBoostClassifier needs an optional package: pip"):
        make_class("CatBoostClassifier")


def _failures(estimator: Any) -> dict[str, str]:
    results = check_estimator(estimator, on_fail=None, on_skip=None)
    return {one["check_name"]: str(one["exception"]) for one in results if one["status"] == "failed"}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "name",
    [
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in ("SVR", "SVC", "ElasticNet", "KNeighborsClassifier", "RandomForestClassifier")
        ),
        *(
            pytest.param(name, marks=pytest.mark.thorough)
            for name in ("LGBMClassifier", "XGBRegressor", "GradientBoostingRegressor", "LogisticRegression")
        ),
    ],
)
def test_scikit_learns_checks_fail_where_those_of_the_library_do(name: str) -> None:
    made = getattr(zero_shot, name)
    given = {"n_jobs": 1} if "n_jobs" in made().get_params() else {}
    failures = _failures(made(**given))
    # Most pass, so the library's own are seldom needed
    if failures:
        assert failures.keys() <= _failures(made.library(**given)).keys(), failures
