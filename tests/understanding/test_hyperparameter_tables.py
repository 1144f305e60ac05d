from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from foretune.understanding.hyperparameter_tables import (
    ALL,
    BEST_ON_AVERAGE,
    LIBRARY_DEFAULT,
    RANDOM_CONFIGURATION,
    study_hyperparameters,
)
from foretune.understanding.parameters import UnderstandingParameters

if TYPE_CHECKING:
    from collections.abc import Callable

    MakeTable = Callable[..., pd.DataFrame]


@pytest.fixture
def design() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame(rng.random((120, 3)), columns=["param_a", "param_b", "param_c"])


def _grid() -> pd.DataFrame:
    a, b = np.meshgrid(np.arange(5.0), np.arange(4.0))
    return pd.DataFrame({"param_a": a.ravel(), "param_b": b.ravel()})


def _by_name(table: pd.DataFrame, column: str) -> pd.Series:
    return table.set_index("hyperparameter")[column]


def test_the_one_that_matters_has_the_variance(
    make_table: MakeTable, design: pd.DataFrame, parameters: UnderstandingParameters
) -> None:
    table = make_table(design, lambda x, quality: (x["param_b"] - quality).abs())
    importance, interactions, *_ = study_hyperparameters(table, parameters, 0)
    assert importance["hyperparameter"].iloc[0] == "b"
    assert _by_name(importance, "mean")["b"] > 0.95
    assert _by_name(importance, "mean")[["a", "c"]].max() < 0.02
    assert _by_name(importance, "share_most_important")["b"] == 1
    assert (importance["n_tasks"] == 4).all()
    assert (importance["surface_r2"] > 0.8).all()
    assert interactions["mean"].max() < 0.03


def test_shares_of_an_additive_function(
    make_table: MakeTable, design: pd.DataFrame, parameters: UnderstandingParameters
) -> None:
    # Variances of 2 a and b are as 4 to 1
    table = make_table(design, lambda x, _: 2 * x["param_a"] + x["param_b"])
    importance = study_hyperparameters(table, parameters, 0)[0]
    shares = _by_name(importance, "mean")
    assert shares["a"] == pytest.approx(0.8, abs=0.08)
    assert shares["b"] == pytest.approx(0.2, abs=0.08)
    assert shares["c"] < 0.01


def test_an_interaction_is_found(
    make_table: MakeTable, design: pd.DataFrame, parameters: UnderstandingParameters
) -> None:
    def surface(x: pd.DataFrame, _: float) -> pd.Series:
        return ((x["param_a"] > 0.5) == (x["param_c"] > 0.5)).astype(float)

    interactions = study_hyperparameters(make_table(design, surface), parameters, 0)[1]
    assert interactions.loc[0, ["first", "second"]].tolist() == ["a", "c"]
    assert interactions.loc[0, "mean"] > 0.6


def test_a_conditional_hyperparameter(
    make_table: MakeTable, svm_design: pd.DataFrame, parameters: UnderstandingParameters
) -> None:
    def surface(x: pd.DataFrame, _: float) -> pd.Series:
        scores: pd.Series = np.log10(x["param_gamma"]).fillna(-2.0)
        return scores

    importance, _, marginals, *_ = study_hyperparameters(make_table(svm_design, surface), parameters, 0)
    by_name = importance.set_index("hyperparameter")
    assert by_name.loc["gamma", "active_when"] == "kernel = rbf"
    assert by_name.loc["degree", "active_when"] == "kernel = poly"
    assert by_name["mean"].idxmax() == "gamma"
    gamma = marginals[marginals["hyperparameter"] == "gamma"]
    assert gamma["is_log"].all()
    # The curve is that of the rbf kernel alone: it spans the whole range of relative scores
    assert np.ptp(gamma["mean_score"]) > 0.7
    assert np.corrcoef(np.log10(gamma["value"]), gamma["mean_score"])[0, 1] > 0.98


def test_curves_follow_the_surface(
    make_table: MakeTable, design: pd.DataFrame, parameters: UnderstandingParameters
) -> None:
    table = make_table(design, lambda x, quality: quality - x["param_a"])
    marginals = study_hyperparameters(table, parameters, 0)[2]
    curve = marginals[marginals["hyperparameter"] == "a"]
    assert len(curve) == parameters.surface.n_levels
    assert curve["effect"].is_monotonic_decreasing
    assert (curve["q25"] <= curve["median"]).all()
    assert (curve["median"] <= curve["q75"]).all()
    assert (curve["weight"] * curve["effect"]).sum() == pytest.approx(0, abs=1e-9)


def test_tunability_of_a_known_surface(make_table: MakeTable, parameters: UnderstandingParameters) -> None:
    # Relative score (4 a + b) / 19 on a grid: from a = 1, b = 1 the best a gains 12 / 19, the best b 2 / 19
    grid = _grid()
    default = int(np.flatnonzero((grid["param_a"] == 1) & (grid["param_b"] == 1))[0])
    table = make_table(grid, lambda x, _: 4 * x["param_a"] + x["param_b"], default=default)
    exact = parameters.model_copy(update={"surface": parameters.surface.model_copy(update={"n_trees": 100})})
    tunability = study_hyperparameters(table, exact, 0)[3]
    gains = _by_name(tunability, "mean_gain")
    assert tunability["hyperparameter"].iloc[0] == ALL
    assert set(tunability["reference"]) == {LIBRARY_DEFAULT}
    assert gains["a"] == pytest.approx(12 / 19, abs=0.04)
    assert gains["b"] == pytest.approx(2 / 19, abs=0.04)
    assert gains[ALL] == pytest.approx(14 / 19, abs=0.06)
    assert (tunability["ci_low"] <= tunability["mean_gain"] + 1e-12).all()


def test_without_a_default_tuning_starts_from_the_best_on_average(
    make_table: MakeTable, parameters: UnderstandingParameters
) -> None:
    # All tasks agree, so the best on average is the best everywhere
    table = make_table(_grid(), lambda x, _: -((x["param_a"] - 2) ** 2) - (x["param_b"] - 1) ** 2)
    *_, tunability, defaults = study_hyperparameters(table, parameters, 0)
    assert set(tunability["reference"]) == {BEST_ON_AVERAGE}
    assert tunability["mean_gain"].max() < 0.02
    assert defaults.loc[0, "reference"] == RANDOM_CONFIGURATION
    assert json.loads(defaults.loc[0, "parameters"]) == {"a": 2, "b": 1}
    assert defaults.loc[0, "share_improved"] == 1
    assert defaults.loc[0, "mean_gain"] == pytest.approx(defaults.loc[0, "best_possible_gain"])


def test_a_better_default_is_measured_on_families_that_did_not_choose_it(
    make_table: MakeTable, parameters: UnderstandingParameters
) -> None:
    # Each family likes a configuration of its own: nothing can be learnt from the others
    grid = _grid()
    likes = {f"task{number}": float(number) for number in range(5)}

    def surface(x: pd.DataFrame, quality: float) -> pd.Series:
        return (x["param_a"] == quality).astype(float)

    table = make_table(grid, surface, qualities=likes, default=0)
    defaults = study_hyperparameters(table, parameters, 0)[4]
    # Chosen on all five the gain would be at least 0; held out, it is lost on the task that likes the default
    assert defaults.loc[0, "mean_gain"] == pytest.approx(-1 / 5)
    assert defaults.loc[0, "share_harmed"] == pytest.approx(1 / 5)
    assert defaults.loc[0, "best_possible_gain"] == pytest.approx(4 / 5)
    assert defaults.loc[0, "worst_gain"] == -1


def test_families_weigh_the_same_in_the_choice(
    make_table: MakeTable, parameters: UnderstandingParameters
) -> None:
    # Five copies of one task want a = 4, two families want a = 0
    qualities = {f"copy{number}": 4.0 for number in range(5)} | {"other": 0.0, "third": 0.0}
    families = {task: "copies" if task.startswith("copy") else task for task in qualities}

    def surface(x: pd.DataFrame, quality: float) -> pd.Series:
        return (x["param_a"] == quality) + 0.01 * x["param_b"]

    table = make_table(_grid(), surface, qualities=qualities, families=families)
    defaults = study_hyperparameters(table, parameters, 0)[4]
    assert json.loads(defaults.loc[0, "parameters"]) == {"a": 0, "b": 3}


def test_ragged_tasks_are_completed(make_table: MakeTable, parameters: UnderstandingParameters) -> None:
    rng = np.random.default_rng(0)
    tasks = {f"task{number}": number / 10 for number in range(6)}
    designs = {task: pd.DataFrame(rng.random((40, 2)), columns=["param_a", "param_b"]) for task in tasks}
    table = make_table(designs, lambda x, quality: quality - (x["param_a"] - 0.7) ** 2, qualities=tasks)
    importance, _, _, tunability, defaults = study_hyperparameters(table, parameters, 0)
    assert _by_name(importance, "mean")["a"] > 0.8
    assert (tunability["n_tasks"] == 6).all()
    assert json.loads(defaults.loc[0, "parameters"])["a"] == pytest.approx(0.7, abs=0.15)
    assert defaults.loc[0, "share_measured"] == pytest.approx(1 / 6)
    assert defaults.loc[0, "mean_gain"] > 0.1


def test_tasks_that_say_nothing_are_left_out(
    make_table: MakeTable, design: pd.DataFrame, parameters: UnderstandingParameters
) -> None:
    table = make_table(design, lambda x, quality: x["param_a"] * quality)  # task0 is constant
    table.loc[table["task_id"] == "task1", "score"] = np.nan
    importance = study_hyperparameters(table, parameters, 0)[0]
    assert set(importance["n_tasks"]) == {2}


def test_a_failed_trial_is_the_worst_default(
    make_table: MakeTable, parameters: UnderstandingParameters
) -> None:
    table = make_table(_grid(), lambda x, _: x["param_a"] + 0.1 * x["param_b"])
    best = table["score"] == table["score"].max()
    table.loc[best & (table["task_id"] != "task0"), "score"] = np.nan
    defaults = study_hyperparameters(table, parameters, 0)[4]
    assert json.loads(defaults.loc[0, "parameters"]) == {"a": 4, "b": 2}


def test_one_family_has_no_honest_gain(make_table: MakeTable, parameters: UnderstandingParameters) -> None:
    table = make_table(_grid(), lambda x, _: x["param_a"], families={f"task{n}": "one" for n in range(4)})
    defaults = study_hyperparameters(table, parameters, 0)[4]
    assert np.isnan(defaults.loc[0, "mean_gain"])
    assert json.loads(defaults.loc[0, "parameters"])["a"] == 4


def test_task_types_and_learners_stand_apart_and_workers_change_nothing(
    make_table: MakeTable, design: pd.DataFrame, parameters: UnderstandingParameters
) -> None:
    table = pd.concat(
        [
            make_table(design.head(30), lambda x, _: x["param_a"], learner="forest"),
            make_table(design.head(30), lambda x, _: x["param_b"], learner="svm"),
            make_table(
                design.head(30),
                lambda x, _: x["param_c"],
                task_type="survival",
                qualities={"heart": 1.0, "lung": 2.0},
            ),
            make_table(design.head(5), lambda x, _: x["param_c"], learner="too few"),
        ],
        ignore_index=True,
    )
    alone = study_hyperparameters(table, parameters, 0)
    seen: list[tuple[str, int, int]] = []
    together = study_hyperparameters(
        table, parameters, 0, n_workers=2, on_progress=lambda *progress: seen.append(progress)
    )
    for one, other in zip(alone, together, strict=True):
        pd.testing.assert_frame_equal(one, other)
    firsts = alone[0].groupby(["task_type", "learner"])["hyperparameter"].first()
    assert firsts.to_dict() == {
        ("classification", "forest"): "a",
        ("classification", "svm"): "b",
        ("survival", "svm"): "c",
    }
    assert [progress[1:] for progress in seen] == [(1, 3), (2, 3), (3, 3)]


def test_parts_that_are_not_wanted_are_empty(make_table: MakeTable, design: pd.DataFrame) -> None:
    table = make_table(design, lambda x, _: x["param_a"])
    for found in study_hyperparameters(table, UnderstandingParameters(parts=("shap",)), 0):
        assert found.empty
        assert "learner" in found
