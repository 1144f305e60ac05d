from __future__ import annotations

import builtins
import math
from typing import Any

import numpy as np
import optuna
import pandas as pd
import pytest
from hyperopt import fmin, hp, rand, space_eval
from sklearn.svm import SVC

from foretune.recommendation.optuna.exports import (
    MissingHyperoptError,
    to_dicts,
    to_enqueued,
    to_points_to_evaluate,
)

# Of NumPy 2.5, when Hyperopt 0.3 draws
pytestmark = pytest.mark.filterwarnings("ignore:Setting the shape on a NumPy array:DeprecationWarning")

SUGGESTIONS = pd.DataFrame(
    {
        "rank": [1, 2, 3],
        "learner": ["svm", "svm", "random_forest"],
        "params": [
            {"C": 1.0, "kernel": "rbf", "gamma": 0.1, "class_weight": None},
            {"C": 10.0, "kernel": "poly", "degree": 2, "coef0": 0.5},
            {"n_estimators": 50, "max_depth": 3},
        ],
    }
)
SVM = SUGGESTIONS.head(2)


def test_plain_dicts_build_estimators() -> None:
    models = [SVC(**params) for params in to_dicts(SVM)]
    assert [model.kernel for model in models] == ["rbf", "poly"]
    assert to_dicts(SUGGESTIONS, "model")[2] == {"model": "random_forest", "n_estimators": 50, "max_depth": 3}


def test_enqueued_suggestions_are_the_next_trials_of_any_study() -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    names = {"cost": "svm__C", "svc": "svm"}
    assert to_enqueued(study, SUGGESTIONS, names, learner_parameter="model") == 3
    assert to_enqueued(study, SUGGESTIONS, names, learner_parameter="model") == 0

    def objective(trial: optuna.Trial) -> float:
        if trial.suggest_categorical("model", ["svc", "random_forest"]) == "random_forest":
            return float(trial.suggest_int("n_estimators", 1, 90) + trial.suggest_int("max_depth", 1, 9))
        kernel = trial.suggest_categorical("kernel", ["rbf", "poly"])
        trial.suggest_float("gamma" if kernel == "rbf" else "coef0", 0, 1)
        return trial.suggest_float("cost", 0.1, 100)

    study.optimize(objective, n_trials=3)
    assert study.trials[0].params == {"model": "svc", "kernel": "rbf", "gamma": 0.1, "cost": 1.0}
    assert study.trials[1].params == {"model": "svc", "kernel": "poly", "coef0": 0.5, "cost": 10.0}
    assert study.trials[2].params == {"model": "random_forest", "n_estimators": 50, "max_depth": 3}
    assert [trial.user_attrs["foretune:rank"] for trial in study.trials] == [1, 2, 3]
    assert to_enqueued(study, SUGGESTIONS.head(1), {"cost": "C"}) == 1


def _evaluated(space: Any, points: list[dict[str, Any]]) -> list[Any]:
    """What Hyperopt really evaluates."""
    seen: list[Any] = []

    def objective(given: Any) -> float:
        seen.append(given)
        return 0.0

    fmin(
        objective,
        space,
        algo=rand.suggest,
        max_evals=len(points) + 1,
        points_to_evaluate=points,
        rstate=np.random.default_rng(0),
        show_progressbar=False,
        verbose=False,
    )
    return seen


def test_hyperopt_evaluates_a_nested_space_first_at_these_points() -> None:
    space = hp.choice(
        "which",
        [
            {
                "type": "random_forest",
                "n_estimators": hp.uniformint("trees", 10, 100),
                "max_depth": hp.choice("depth", [1, 2, 3, None]),
            },
            {
                "type": "svm",
                "C": hp.loguniform("C", math.log(0.01), math.log(100)),
                "shape": hp.choice(
                    "shape",
                    [
                        {"kernel": "rbf", "gamma": hp.loguniform("gamma", -8, 0)},
                        {"kernel": "poly", "degree": 2, "coef0": hp.uniform("coef0", 0, 1)},
                    ],
                ),
            },
        ],
    )
    points = to_points_to_evaluate(SUGGESTIONS, space, learner_parameter="type")
    assert points == [
        {"which": 1, "C": 1.0, "shape": 0, "gamma": 0.1},
        {"which": 1, "C": 10.0, "shape": 1, "coef0": 0.5},
        {"which": 0, "trees": 50, "depth": 2},
    ]
    seen = _evaluated(space, points)
    assert seen[0] == {"type": "svm", "C": 1.0, "shape": {"kernel": "rbf", "gamma": 0.1}}
    assert seen[1] == {"type": "svm", "C": 10.0, "shape": {"kernel": "poly", "degree": 2, "coef0": 0.5}}
    assert seen[2] == {"type": "random_forest", "n_estimators": 50, "max_depth": 3}
    # Then Hyperopt goes on by itself
    assert len(seen) > 3


def test_a_flat_space_is_told_what_has_no_effect() -> None:
    space = {
        "cost": hp.lognormal("cost", 0, 1),
        "kernel": hp.pchoice("kernel", [(0.7, "poly"), (0.3, "rbf")]),
        "degree": hp.randint("degree", 2, 4),
        "gamma": hp.quniform("gamma", 0, 1, 0.1),
    }
    names = {"cost": "C"}
    with pytest.raises(
        ValueError, match=r"suggestion 1 \(svm\) .* says nothing of 'degree': give its value in"
    ):
        to_points_to_evaluate(SVM, space, names)
    points = to_points_to_evaluate(SVM, space, names, others={"degree": 3, "gamma": 0.5})
    assert space_eval(space, points[0]) == {"cost": 1.0, "kernel": "rbf", "degree": 3, "gamma": 0.1}
    assert space_eval(space, points[1]) == {"cost": 10.0, "kernel": "poly", "degree": 2, "gamma": 0.5}
    assert [one["kernel"] for one in _evaluated(space, points)[:2]] == ["rbf", "poly"]


@pytest.mark.parametrize(
    ("space", "said"),
    [
        ({"C": hp.uniform("C", 2, 5)}, r"C = 1.0, but 'C' is uniform\(low=2, high=5\)"),
        ({"C": hp.quniform("C", 0, 5, 3)}, r"C = 1.0, but 'C' is quniform"),
        ({"kernel": hp.choice("kernel", ["linear", "poly"])}, "'kernel' has the choices 'linear', 'poly'"),
        ({"C": 10 ** hp.uniform("logC", -2, 2)}, "C is computed by 'pow', which cannot be read backwards"),
        ({"C": 2.0}, "C = 1.0, but the space has 2.0"),
        (hp.choice("shape", [{"kernel": "poly"}]), "no option of 'shape' fits: kernel = 'rbf'"),
    ],
)
def test_a_value_that_the_space_does_not_hold_is_named(space: Any, said: str) -> None:
    with pytest.raises(ValueError, match=rf"suggestion 1 \(svm\) is not in this space: .*{said}"):
        to_points_to_evaluate(SUGGESTIONS.head(1), space)


def test_without_hyperopt_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *rest: Any) -> Any:
        if name.startswith("hyperopt"):
            raise ModuleNotFoundError("no module", name="hyperopt")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(MissingHyperoptError, match=r"pip install '\.\[hyperopt\]'"):
        to_points_to_evaluate(SVM, {})
