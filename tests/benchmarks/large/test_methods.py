"""Names of the methods, what is left out, and MetaSearchCV as one of them."""

from __future__ import annotations

from typing import Any

import pytest

from foretune import UserError
from large import meta_search, methods
from large.case import Case
from large.methods import Method, Settings, list_methods
from large.metrics import METRICS
from large.tables import SplitTable
from large_tables import select_methods

SETTINGS = Settings(budgets=(10, 0.5), n_trials=(0, 5), learners=("svm", "linear"), random_trials=7)


def _names(found: list[Method]) -> list[str]:
    return [method.name for method in found]


def _let_search_have(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setattr(methods, "has_parameter", lambda name: name in names)


def test_names_say_trials_and_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    _let_search_have(monkeypatch, "max_time", "early_stopping")
    found, left_out = list_methods(SETTINGS)
    assert _names(found)[:7] == [
        *("lightgbm", "xgboost", "catboost", "hist_gradient_boosting"),
        *("hand_rule", "random_trials_7", "randomized_search_5"),
    ]
    assert _names(found)[-7:] == [
        *("foretune_linear_0", "foretune_linear_5", "foretune_linear_5_early"),
        *("foretune_linear_10s", "foretune_linear_10s_early"),
        *("foretune_linear_0.5s", "foretune_linear_0.5s_early"),
    ]
    assert {method.name: method.budget for method in found}["optuna_0.5s"] == 0.5
    assert left_out == ["flaml and autogluon are left out: --peers gives a Python that has them"]


def test_what_the_search_cannot_do_is_left_out_with_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    _let_search_have(monkeypatch)
    found, left_out = list_methods(SETTINGS)
    assert "foretune_svm_5" in _names(found)
    assert not [
        name for name in _names(found) if name.startswith("foretune") and name.endswith(("s", "early"))
    ]
    assert left_out[1:] == [
        "foretune_*_early is left out: MetaSearchCV has no early_stopping=",
        "foretune_*s is left out: MetaSearchCV has no max_time=",
    ]


def test_peers_are_those_that_the_other_environment_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(methods, "installed_peers", lambda python: {"autogluon": "1"})
    found, left_out = list_methods(Settings(budgets=(10,), peers="there"))
    assert [name for name in _names(found) if name.startswith(("flaml", "autogluon"))] == [
        *("autogluon_medium_10s", "autogluon_good_10s")
    ]
    assert left_out[0] == "flaml is left out: there does not have it"


def test_no_scale_without_random_trials() -> None:
    found, _ = list_methods(Settings(random_trials=0))
    assert not [name for name in _names(found) if name.startswith("random_trials")]


def test_patterns_select_methods_and_always_the_ends_of_the_scale() -> None:
    found, _ = list_methods(SETTINGS)
    assert select_methods(_names(found), ["foretune_svm_*", "hand_rule"])[:4] == [
        *("lightgbm", "hand_rule", "random_trials_7", "foretune_svm_0")
    ]
    with pytest.raises(UserError, match="no method 'foretune_trees'"):
        select_methods(_names(found), ["foretune_trees"])


def test_the_search_asks_for_the_metric(
    monkeypatch: pytest.MonkeyPatch, tables: dict[str, SplitTable]
) -> None:
    asked: list[dict[str, Any]] = []

    class Search:
        best_learner_, best_params_, n_trials_, stop_reason_ = "svm", {"C": 1}, 3, "n_trials"

        def __init__(self, learner: str, **arguments: Any) -> None:
            asked.append({"learner": learner, **arguments})

        def fit(self, X: Any, y: Any) -> Search:
            return self

    monkeypatch.setattr(meta_search, "MetaSearchCV", Search)
    for name, metric, scoring in (
        ("two", "roc_auc", "roc_auc"),
        ("three", "roc_auc", "roc_auc_ovr"),
        ("numbers", "mae", "neg_mean_absolute_error"),
    ):
        case = Case(tables[name], METRICS[metric], 4, 2)
        fitted = meta_search.fit_meta_search(case, "svm", max_time=3.0)
        assert fitted.details["learner"] == "svm"
        assert asked[-1]["scoring"] == scoring
        assert (asked[-1]["max_time"], asked[-1]["n_jobs"], asked[-1]["random_state"]) == (3.0, 2, 4)


def test_parameters_of_the_search_are_found() -> None:
    assert meta_search.has_parameter("n_trials")
    assert not meta_search.has_parameter("no_such_parameter")


def test_families_that_the_memory_knows_are_excluded(
    monkeypatch: pytest.MonkeyPatch, tables: dict[str, SplitTable]
) -> None:
    excluded: list[Any] = []

    def refuse(learner: str, **arguments: Any) -> None:
        excluded.append(arguments["exclude_families"])
        raise UserError("that is all")

    monkeypatch.setattr(meta_search, "MetaSearchCV", refuse)
    case = Case(tables["two"], METRICS["log_loss"], 0, 1)
    for families in (["shuttle", "no such family"], ["no such family"], []):
        with pytest.raises(UserError):
            meta_search.fit_meta_search(case, "svm", exclude_families=families)
    assert excluded == [["shuttle"], None, None]
