"""What a memory chooses for an estimator of a library."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost
from lightgbm import LGBMClassifier
from scipy import sparse
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import GradientBoostingRegressor, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPRegressor
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR
from xgboost import XGBRegressor

import foretune
from foretune import UserError, import_logs
from foretune.base import ArgumentError
from foretune.meta_model import Guard, Memory
from foretune.recommendation.core import ChosenMemory, choose_memory, load_memory
from foretune.zero_shot.choice import (
    HELD_OUT_ROUNDS,
    KEEPS_DEFAULT,
    KEEPS_WEIGHTS,
    ZeroShotChoice,
    stops_early,
)

X, Y = load_diabetes(return_X_y=True, as_frame=True)
X_CLASS, Y_CLASS = load_breast_cancer(return_X_y=True, as_frame=True)


def _boost(**given: Any) -> ZeroShotChoice:
    settings = {"estimator": XGBRegressor(), "given": ()} | given
    return ZeroShotChoice(learner="xgboost", task_type="regression", **settings)


def test_the_first_suggestion_is_chosen_where_it_is_not_the_default() -> None:
    choice = _boost().choose(X, Y)
    first = foretune.suggest(X, Y, "xgboost", k=1).iloc[0]
    assert choice.params == first["params"]
    assert not first["is_default"]
    assert choice.warnings == ()


def test_a_recommendation_that_may_be_worse_is_the_default() -> None:
    memory = load_memory("regression")
    never = _with_guard(memory, Guard(max_risk=1e-9))
    choice = _boost(memory=never).choose(X, Y)
    assert choice.params == {}
    assert KEEPS_DEFAULT in choice.notes
    few = _boost().choose(X.head(40), Y.head(40))
    assert few.params == {}
    assert any("rows are fewer than" in note for note in few.notes)


def _with_guard(memory: Memory, guard: Guard) -> Memory:
    return replace(memory, guard=guard)


def test_values_that_are_given_stay_and_lead_the_others() -> None:
    free = _boost().choose(X, Y).params
    given = _boost(estimator=XGBRegressor(learning_rate=0.9), given=("learning_rate",)).choose(X, Y)
    assert "learning_rate" not in given.params
    assert given.params != {name: value for name, value in free.items() if name != "learning_rate"}
    assert any("'learning_rate' stays as given" in note for note in given.notes)
    # A native name of the library is the same parameter
    native = _boost(estimator=XGBRegressor(eta=0.9), given=("eta",)).choose(X, Y)
    assert native.params == given.params


def test_with_every_known_parameter_given_nothing_is_chosen() -> None:
    names = tuple(_boost().choose(X, Y).params)
    assert _boost(given=names).choose(X, Y).params == {}


def test_rounds_that_the_memory_leaves_open_are_the_usual_number() -> None:
    choice = ZeroShotChoice(LGBMClassifier(), (), "lightgbm", "classification").choose(X_CLASS, Y_CLASS)
    memory = load_memory("classification", None, "log_loss")
    assert memory.provenance is not None
    known = memory.provenance.typical_rounds.values()
    assert min(known) <= choice.params["n_estimators"] <= max(known)
    # The memories of the usual score do not know LightGBM, and nobody has asked for that score
    assert choice.notes[0] == "chosen for log_loss, which is what the memory knows of LGBMClassifier"
    asked = ZeroShotChoice(
        LGBMClassifier(), (), "lightgbm", "classification", scoring="balanced_accuracy"
    ).choose(X_CLASS, Y_CLASS)
    assert any("does not predict balanced_accuracy" in note for note in asked.notes)


def test_what_else_is_said_of_the_memory_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    def choose_of_a_list(*arguments: Any) -> ChosenMemory:
        found = choose_memory(*arguments)
        return found._replace(notes=(*found.notes, "of the memories in the list one counts alone"))

    monkeypatch.setattr("foretune.zero_shot.choice.choose_memory", choose_of_a_list)
    boost = ZeroShotChoice(LGBMClassifier(), (), "lightgbm", "classification").choose(X_CLASS, Y_CLASS)
    assert boost.notes[:2] == (
        "chosen for log_loss, which is what the memory knows of LGBMClassifier",
        "of the memories in the list one counts alone",
    )
    # The usual score is known for this one
    forest = ZeroShotChoice(RandomForestClassifier(), (), "random_forest", "classification")
    assert forest.choose(X_CLASS, Y_CLASS).notes[0] == "of the memories in the list one counts alone"


def test_the_fit_that_chooses_rounds_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    # LightGBM keeps the level of the last fit that asks for one
    LGBMClassifier(n_estimators=1, verbosity=1).fit(X_CLASS, Y_CLASS)
    assert capfd.readouterr().out
    choice = ZeroShotChoice(LGBMClassifier(), (), "lightgbm", "classification").choose(X_CLASS, Y_CLASS)
    assert HELD_OUT_ROUNDS in choice.notes
    assert capfd.readouterr() == ("", "")


def test_a_fit_that_stops_early_gets_the_limit_of_rounds() -> None:
    choice = _boost(stops_early=True).choose(X, Y)
    assert choice.params["n_estimators"] == 2000
    assert choice.params.keys() == _boost().choose(X, Y).params.keys()
    fixed = _boost(estimator=XGBRegressor(n_estimators=7), given=("n_estimators",), stops_early=True)
    assert "n_estimators" not in fixed.choose(X, Y).params


@pytest.mark.parametrize(
    ("learner", "params", "fit_params", "stops"),
    [
        ("xgboost", {"early_stopping_rounds": 5}, {}, True),
        ("xgboost", {"callbacks": [xgboost.callback.EarlyStopping(rounds=3)]}, {}, True),
        ("xgboost", {"callbacks": None}, {"eval_set": []}, False),
        ("lightgbm", {}, {"callbacks": [lightgbm.early_stopping(3)]}, True),
        ("lightgbm", {"early_stopping_round": 5}, {}, True),
        ("lightgbm", {}, {"callbacks": [lightgbm.log_evaluation()]}, False),
        ("catboost", {}, {"early_stopping_rounds": 5}, True),
        ("gradient_boosting", {"n_iter_no_change": 3}, {}, True),
        ("gradient_boosting", {"n_iter_no_change": None}, {}, False),
        ("hist_gradient_boosting", {"early_stopping": "auto"}, {}, False),
        ("hist_gradient_boosting", {"early_stopping": True}, {}, True),
        ("mlp", {"early_stopping": True}, {}, False),
    ],
)
def test_early_stopping_is_seen(
    learner: str, params: dict[str, Any], fit_params: dict[str, Any], stops: bool
) -> None:
    assert stops_early(learner, params, fit_params) is stops


def test_weights_of_classes_are_chosen_only_for_a_balanced_score() -> None:
    found = {}
    for scoring in (None, "balanced_accuracy"):
        memory = _with_guard(load_memory("classification"), Guard(max_risk=1.0))
        choice = ZeroShotChoice(
            RandomForestClassifier(), (), "random_forest", "classification", memory, scoring
        ).choose(X_CLASS, Y_CLASS)
        found[scoring] = choice.params
        assert (KEEPS_WEIGHTS in choice.notes) is (scoring is None)
    assert "class_weight" not in found[None]
    assert found["balanced_accuracy"]["class_weight"] == "balanced"


def test_on_another_scale_the_default_stays_with_a_warning() -> None:
    choice = ZeroShotChoice(LogisticRegression(), (), "linear", "classification").choose(X_CLASS, Y_CLASS)
    assert choice.params == {}
    (warning,) = choice.warnings
    assert "'mean radius' and" in warning
    assert "make_pipeline(StandardScaler(), LogisticRegression())" in warning
    target = ZeroShotChoice(SVR(), (), "svm", "regression").choose(StandardScaler().fit_transform(X), Y)
    assert "TransformedTargetRegressor(SVR(), transformer=StandardScaler())" in target.warnings[0]


def test_on_the_scale_of_the_memory_a_linear_model_is_chosen_with_the_iterations_of_its_trials() -> None:
    choice = ZeroShotChoice(LogisticRegression(), (), "linear", "classification", None, "balanced_accuracy")
    found = choice.choose(StandardScaler().fit_transform(X_CLASS), Y_CLASS)
    assert found.params == {"C": 0.625403, "class_weight": "balanced", "max_iter": 1000}
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("rows", "y"),
    [(sparse.csr_matrix(X.to_numpy()), Y), (X, np.column_stack([Y, Y]))],
    ids=["sparse", "several targets"],
)
def test_what_cannot_be_described_gets_what_does_well_on_average(rows: Any, y: Any) -> None:
    memory = load_memory("regression")
    choice = _boost(memory=_with_guard(memory, Guard(max_risk=1.0))).choose(rows, y)
    assert "no table that can be described" in choice.notes[0]
    assert "the average of all counts" in choice.notes[0]
    assert choice.params
    # The guard holds there too
    assert _boost(memory=_with_guard(memory, Guard(max_risk=1e-9))).choose(rows, y).params == {}


def test_of_what_cannot_be_described_the_scale_is_unknown() -> None:
    choice = ZeroShotChoice(LogisticRegression(), (), "linear", "classification")
    found = choice.choose(sparse.csr_matrix(X_CLASS.to_numpy()), Y_CLASS)
    assert found.params == {}
    assert "X may not be standardised" in found.warnings[0]


def test_a_learner_that_the_memory_does_not_know_is_one_line() -> None:
    choice = ZeroShotChoice(HistGradientBoostingClassifier(), (), "hist_gradient_boosting", "classification")
    with pytest.raises(
        UserError, match=r"HistGradientBoostingClassifier: the memory has no trials of"
    ) as error:
        choice.choose(X_CLASS, Y_CLASS)
    assert "hpo.learners=[hist_gradient_boosting]" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"memory": 3}, "memory = 3 must be"),
        ({"memory": "nowhere"}, "nowhere"),
        ({"scoring": "nothing"}, "memory_scoring = 'nothing' is no scorer"),
        ({"scoring": 3}, "memory_scoring = 3 must be the name of a scorer"),
        ({"scoring": ["r2"]}, "must be the name of a scorer"),
    ],
)
def test_a_wrong_memory_or_score_is_one_line(given: dict[str, Any], named: str) -> None:
    with pytest.raises((UserError, ArgumentError), match=named):
        _boost(**given).choose(X, Y)


def _memory_of(learner: str, tried: list[dict[str, Any]]) -> Memory:
    rng = np.random.default_rng(0)
    rows = [
        {"task_id": f"t{task}", "learner": learner, "score": score + rng.uniform(0, 0.01), **params}
        for task in range(4)
        for score, params in zip((0.9, 0.1), tried, strict=True)
    ]
    memory = import_logs(pd.DataFrame(rows)).train_memories()["any"]
    return _with_guard(memory, Guard(max_risk=1.0, min_rows=2))


def test_a_network_of_a_memory_is_that_of_scikit_learn() -> None:
    tried = [
        {"param_n_layers": 3, "param_width": 32, "param_scaling": "quantile"},
        {"param_n_layers": 1, "param_width": 8, "param_scaling": "robust"},
    ]
    choice = ZeroShotChoice(MLPRegressor(), (), "mlp", "regression", _memory_of("mlp", tried))
    rows, y = StandardScaler().fit_transform(X), (Y - Y.mean()) / Y.std()
    found = choice.choose(rows, y)
    assert found.params == {"hidden_layer_sizes": (32, 32, 32)}
    assert any("scales its inputs" in note for note in found.notes)


def test_a_memory_of_logs_knows_its_learner_by_any_of_its_names() -> None:
    tried = [{"param_max_iter": 30}, {"param_max_iter": 3}]
    memory = _memory_of("hgb", tried)
    choice = ZeroShotChoice(
        HistGradientBoostingClassifier(), (), "hist_gradient_boosting", "classification", memory
    )
    found = choice.choose(*load_wine(return_X_y=True))
    assert found.params == {"early_stopping": False, "max_iter": 30}


def test_a_large_table_has_no_candidate_that_takes_hours() -> None:
    memory = _with_guard(load_memory("regression"), Guard(max_gradient_boosting_rows=100))
    choice = ZeroShotChoice(GradientBoostingRegressor(), (), "gradient_boosting", "regression", memory)
    found = choice.choose(X, Y)
    assert found.params == {}
    assert any("left out" in note for note in found.notes)
