"""Search for the best configuration of a function."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes

from foretune import UserError, tune
from foretune.recommendation import reference_folder
from foretune.recommendation.function_search.function_run import FunctionTrial
from foretune.recommendation.function_search.tuning import tabulate

needs_reference = pytest.mark.skipif(
    not (reference_folder() / "regression").is_dir(), reason="the package carries no reference memory"
)
SPACE = {"x": "float(-2,2)", "n": "int(0,9)", "kind": "choice(good,bad)"}


def _bowl(params: dict[str, Any]) -> float:
    penalty = {"good": 0.0, "bad": 1.0}[params["kind"]]
    return float((params["x"] - 0.7) ** 2 + (params["n"] - 6) ** 2 / 20 + penalty)


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_it_comes_near_the_best_in_either_direction(direction: str) -> None:
    sign = 1 if direction == "minimize" else -1
    result = tune(
        lambda params: sign * _bowl(params), SPACE, n_trials=15, direction=direction, random_state=1
    )
    assert sign * result.best_score < 0.05
    assert result.best_params["kind"] == "good"
    assert result.best_score == sign * _bowl(result.best_params)
    assert len(result.trials) == 15
    best = result.trials["score"].min() if sign == 1 else result.trials["score"].max()
    assert result.best_score == best


@pytest.mark.slow
def test_it_beats_random_draws() -> None:
    rng = np.random.default_rng(0)
    drawn = np.array(
        [
            min(
                _bowl(
                    {"x": rng.uniform(-2, 2), "n": int(rng.integers(10)), "kind": rng.choice(["good", "bad"])}
                )
                for _ in range(15)
            )
            for _ in range(200)
        ]
    )
    found = [
        tune(_bowl, SPACE, n_trials=15, direction="minimize", random_state=seed).best_score
        for seed in range(5)
    ]
    assert np.median(found) < np.quantile(drawn, 0.1)


def test_the_same_arguments_give_the_same_trials_and_another_seed_others() -> None:
    first, second, other = (
        tune(_bowl, SPACE, n_trials=8, random_state=seed).trials.drop(columns="seconds") for seed in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(first, second)
    assert list(first["params"]) != list(other["params"])


def test_the_start_is_tried_first_and_no_configuration_twice() -> None:
    start = {"x": 1.5, "n": 2, "kind": "bad"}
    trials = tune(_bowl, SPACE, n_trials=10, start=start).trials
    assert trials["params"][0] == start
    assert list(trials["is_start"]) == [True] + [False] * 9
    assert len({repr(params) for params in trials["params"]}) == 10


def test_a_small_space_ends_when_it_is_tried() -> None:
    result = tune(lambda params: params["n"] % 4, {"n": "int(1,6)"}, n_trials=50)
    assert result.stop_reason == "no_candidates"
    assert sorted(params["n"] for params in result.trials["params"]) == [1, 2, 3, 4, 5, 6]
    assert result.best_params == {"n": 3}


def test_a_failed_trial_is_a_row_and_the_search_goes_on() -> None:
    def fails(params: dict[str, Any]) -> Any:
        if params["kind"] == "bad":
            raise RuntimeError("first line\nsecond line")
        return {1: math.nan, 2: "text", 3: math.inf}.get(params["n"], params["n"])

    trials = tune(fails, {"n": "int(0,5)", "kind": "choice(good,bad)"}, n_trials=12).trials
    by_params = {
        (one["n"], one["kind"]): row for one, row in zip(trials["params"], trials["error"], strict=True)
    }
    assert by_params[0, "bad"] == "RuntimeError: first line"
    assert by_params[1, "good"] == "the score is nan"
    assert by_params[2, "good"] == "the score must be a number, but it is 'text'"
    assert by_params[3, "good"] == "the score is inf"
    assert list(trials["status"] == "ok") == list(trials["error"] == "")
    assert trials.loc[trials["status"] == "failed", "score"].isna().all()


def test_where_every_trial_fails_the_first_error_is_told() -> None:
    def fails(params: dict[str, Any]) -> float:
        raise KeyError(params["n"])

    with pytest.raises(UserError, match="every trial failed, the first one with: KeyError"):
        tune(fails, {"n": "int(0,5)"}, n_trials=3)


def test_ctrl_c_gives_the_best_so_far_and_before_any_score_goes_through() -> None:
    seen: list[FunctionTrial] = []

    def stops(params: dict[str, Any]) -> float:
        if len(seen) == 4:
            raise KeyboardInterrupt
        return float(params["n"])

    result = tune(stops, {"n": "int(0,50)"}, callback=seen.append)
    assert result.stop_reason == "interrupted"
    assert len(result.trials) == 4
    assert result.best_score == max(one.score for one in seen)
    seen = [seen[0]] * 4
    with pytest.raises(KeyboardInterrupt):
        tune(stops, {"n": "int(0,50)"})


def test_the_time_ends_the_search_after_one_trial_at_least() -> None:
    result = tune(lambda params: params["n"], {"n": "int(0,500)"}, n_trials=500, max_time=1e-6)
    assert result.stop_reason == "max_time"
    assert len(result.trials) == 1


def test_a_function_that_changes_its_configuration_does_not_change_the_result() -> None:
    def takes(params: dict[str, Any]) -> float:
        return float(params.pop("n"))

    assert tune(takes, {"n": "int(0,5)"}, n_trials=6).best_params == {"n": 5}


@pytest.mark.slow
@needs_reference
def test_a_memory_leads_the_parameters_that_it_knows() -> None:
    X, y = load_diabetes(return_X_y=True, as_frame=True)

    def score(params: dict[str, Any]) -> float:
        return float(-abs(math.log(params["model.learning_rate"] / 0.05)) - abs(params["k"] - 2))

    space = {"model.learning_rate": None, "k": "int(1,3)"}
    start = {"model.learning_rate": 0.1, "k": 1}
    results = [
        tune(score, space, n_trials=8, learner="xgboost", start=start, **table)
        for table in ({"task_type": "regression"}, {"X": X, "y": y})
    ]
    for result in results:
        assert "the memory of xgboost leads model.learning_rate (learning_rate)" in result.notes
        assert any(params == start for params in result.trials["params"][:3])
        assert result.best_score > score(start)
        assert all(params.keys() == space.keys() for params in result.trials["params"])
    # Metafeatures change what is tried
    assert list(results[0].trials["params"]) != list(results[1].trials["params"])


def test_a_range_is_needed_where_no_memory_has_one() -> None:
    with pytest.raises(UserError, match=r"space\['depth'\] needs a range such as int\(2,10\)"):
        tune(_bowl, {"depth": None})


def test_trials_are_a_table_even_without_any() -> None:
    assert list(tabulate([])) == ["number", "score", "status", "error", "seconds", "is_start", "params"]


@pytest.mark.parametrize("seed", [0, 2, 3])
def test_it_leaves_a_corner_that_is_nearly_as_good_as_the_peak(seed: int) -> None:
    """Trials beside each other, of nearly one score, must not look like noise that more of them average."""

    def score(params: dict[str, Any]) -> float:
        distance = (params["x"] - 0.7) ** 2 + (params["n"] - 6) ** 2 / 20
        return float(-distance - (params["kind"] != "b"))

    space = {"x": "float(0,1)", "n": "int(1,10)", "kind": "choice(a,b,c)"}
    assert tune(score, space, 25, random_state=seed).best_score > -0.01
