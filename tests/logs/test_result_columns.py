from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretune.logs.hyperparameters import tidy_hyperparameter
from foretune.logs.result_columns import find_result_columns, result_kind

NAN = float("nan")
PUBLISHED = Path(
    os.environ.get(
        "FORETUNE_PUBLISHED_LOGS", Path(__file__).resolve().parents[2].parent / "shared" / "metadata"
    )
)


def _log(
    n_tasks: int, n_trials: int, seed: int, *, is_shared: bool = True, monotone: float = 0.0
) -> pd.DataFrame:
    """Trials of a shared design, or of draws of each task by itself, with scores at a level of each task.

    ``monotone`` is the share of the scores' spread that ``param_n_estimators`` alone orders.
    """
    rng = np.random.default_rng(seed)
    draws = [
        pd.DataFrame(
            {
                "task_id": f"t{task:02}",
                "learner": "forest",
                "param_n_estimators": rng.choice(990, n_trials, replace=False) + 10.0,
                "param_max_features": rng.uniform(size=n_trials),
                "param_criterion": rng.choice(["gini", "entropy"], n_trials),
            }
        )
        for task in range(n_tasks)
    ]
    if is_shared:
        draws = [draws[0].assign(task_id=f"t{task:02}") for task in range(n_tasks)]
    log = pd.concat(draws, ignore_index=True)
    task = log["task_id"].str[1:].astype(int)
    level, slope = rng.uniform(0.5, 0.9, n_tasks)[task], rng.normal(size=n_tasks)[task]
    other = slope * log["param_max_features"] + 0.1 * rng.normal(size=len(log))
    size = log["param_n_estimators"].rank() / len(log)
    return log.assign(score=level + 0.05 * (monotone * size + (1 - monotone) * other))


def _found(log: pd.DataFrame, kept: tuple[str, ...] = ()) -> dict[str, str]:
    values = pd.DataFrame(
        {name: tidy_hyperparameter(log[name]) for name in map(str, log) if name.startswith("param_")}
    )
    return find_result_columns(log["task_id"], log["learner"], values, log["score"].to_numpy(), kept)


def _noise(log: pd.DataFrame, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=len(log))


def _seconds(log: pd.DataFrame, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    of_task = log["task_id"].map({task: rng.lognormal(sigma=2) for task in log["task_id"].unique()})
    seconds = of_task * log["param_n_estimators"] * np.exp(0.1 * rng.normal(size=len(log)))
    return seconds.to_numpy(dtype=float)


SHARED, RANDOM = (True, False)


@pytest.mark.parametrize("is_shared", [SHARED, RANDOM])
@pytest.mark.parametrize("name", ["param_accuracy", "param_x"])
@pytest.mark.parametrize(
    ("scale", "shift", "noise"), [(1, 0, 0), (1, 0, 3e-4), (-1, 1, 3e-4), (100, 0, 0.03), (-3, 7, 3e-4)]
)
def test_a_copy_of_the_score_is_a_result(
    name: str, scale: float, shift: float, noise: float, is_shared: bool
) -> None:
    log = _log(8, 12, 0, is_shared=is_shared)
    log[name] = scale * log["score"] + shift + noise * _noise(log)
    found = _found(log)
    assert list(found) == [name]
    assert re.match("orders the scores almost perfectly on [78] of 8 tasks", found[name])
    assert _found(log, kept=(name,)) == {}


def test_the_rank_of_a_trial_is_a_result() -> None:
    log = _log(6, 15, 3, is_shared=False)
    log["param_x"] = log.groupby("task_id")["score"].rank(ascending=False)
    found = _found(log)
    assert "on 6 of 6 tasks (median rank correlation -1.00)" in found["param_x"]
    assert list(found) == ["param_x"]


def test_a_rank_is_a_result_though_its_values_recur() -> None:
    log = _log(20, 15, 3)
    log["param_x"] = log.groupby("task_id")["score"].rank()
    assert list(_found(log)) == ["param_x"]


def test_times_differ_between_tasks_where_all_else_is_equal() -> None:
    log = _log(6, 12, 0)
    log["param_x"] = _seconds(log)
    # Fifteen pairs of tasks, twelve configurations
    assert _found(log) == {
        "param_x": "differs between tasks in 100% of 180 pairs of trials with equal other hyperparameters"
    }


def test_several_results_do_not_hide_each_other() -> None:
    log = _log(6, 12, 0)
    log["param_a"], log["param_b"] = _seconds(log, 1), _seconds(log, 2) + 1
    log["param_c"] = log["score"] + 0.001 * _noise(log)
    log["param_d"] = log.groupby("task_id")["score"].rank()
    assert list(_found(log)) == ["param_a", "param_b", "param_c", "param_d"]


@pytest.mark.parametrize("is_shared", [SHARED, RANDOM])
@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("param_mean_fit_time", "a result"),
        ("param_random_state", "a seed"),
        ("param_clf__seed", "a seed"),
        ("param_trial_id", "a run"),
    ],
)
def test_names_of_results_seeds_and_runs_count_where_values_are_unique(
    name: str, what: str, is_shared: bool
) -> None:
    log = _log(5, 12, 0, is_shared=is_shared)
    log[name] = np.random.default_rng(0).permutation(10_000)[: len(log)]
    evidence = _found(log)[name]
    shared = "differs between tasks in 100% of 120 pairs"
    alone = f"has the name of {what}, and 60 different values in 60 trials"
    assert evidence.startswith(shared if is_shared else alone)


@pytest.mark.parametrize("name", ["param_seed", "param_precision", "param_loss", "param_max_time"])
def test_names_alone_are_no_evidence(name: str) -> None:
    shared = _log(6, 12, 0)
    assert _found(shared.assign(**{name: np.tile(np.arange(12.0), 6)})) == {}
    drawn = _log(6, 12, 0, is_shared=False)
    assert _found(drawn.assign(**{name: np.random.default_rng(0).choice([1, 2, 4], len(drawn))})) == {}
    texts = np.random.default_rng(0).choice(["hinge", "log_loss"], len(drawn))
    assert _found(drawn.assign(**{name: texts})) == {}


@pytest.mark.parametrize("is_shared", [SHARED, RANDOM])
@pytest.mark.parametrize("is_text", [True, False])
def test_what_is_constant_within_tasks_describes_the_task(is_shared: bool, is_text: bool) -> None:
    log = _log(7, 10, 0, is_shared=is_shared)
    log["param_x"] = log["task_id"] if is_text else log["task_id"].str[1:].astype(int) * 13 % 11
    assert _found(log) == {"param_x": "is constant within each task, with 7 different values on 7 tasks"}


@pytest.mark.parametrize("is_shared", [SHARED, RANDOM])
def test_two_values_that_whole_tasks_have_are_a_hyperparameter(is_shared: bool) -> None:
    log = _log(8, 10, 0, is_shared=is_shared)
    assert _found(log.assign(param_x=log["task_id"].str[1:].astype(int) % 2 * 400 + 100)) == {}


@settings(max_examples=25, deadline=None)
@given(
    n_tasks=st.integers(1, 12),
    n_trials=st.integers(2, 25),
    seed=st.integers(0, 10_000),
    is_shared=st.booleans(),
    monotone=st.sampled_from([0.0, 0.5, 0.9, 0.99]),
)
def test_hyperparameters_are_none_of_them_however_they_order_the_scores(
    n_tasks: int, n_trials: int, seed: int, is_shared: bool, monotone: float
) -> None:
    assert _found(_log(n_tasks, n_trials, seed, is_shared=is_shared, monotone=monotone)) == {}


@pytest.mark.parametrize("is_shared", [SHARED, RANDOM])
@pytest.mark.parametrize("n_tasks", [1, 2, 10])
def test_a_single_hyperparameter_may_order_the_scores_perfectly(is_shared: bool, n_tasks: int) -> None:
    log = _log(n_tasks, 20, 0, is_shared=is_shared, monotone=1.0)[
        ["task_id", "learner", "param_n_estimators", "score"]
    ]
    assert _found(log) == {}


def test_a_latin_hypercube_of_each_task_holds_no_result() -> None:
    # Every task has the same values of each column, in an order of its own
    rng = np.random.default_rng(0)
    log = pd.DataFrame({"task_id": np.repeat([f"t{task}" for task in range(8)], 12), "learner": "boosting"})
    log["param_depth"] = np.concatenate([rng.permutation(12) + 1.0 for _ in range(8)])
    log["param_rate"] = np.concatenate([rng.permutation(12) / 12 for _ in range(8)])
    log["score"] = 0.5 + 0.3 * log["param_rate"] + 0.01 * _noise(log)
    assert _found(log) == {}


def test_a_scaled_score_of_each_task_is_a_result() -> None:
    log = _log(6, 15, 3, is_shared=False)
    log["param_x"] = log.groupby("task_id")["score"].transform(
        lambda score: (score - score.min()) / score.std()
    )
    assert list(_found(log)) == ["param_x"]


def test_a_random_value_at_each_point_of_a_shared_grid_is_a_hyperparameter() -> None:
    # Equal depths have different rates on different tasks, but neither tasks nor depths explain them
    log = pd.DataFrame({"task_id": np.repeat([f"t{task}" for task in range(8)], 10), "learner": "boosting"})
    log["param_depth"] = np.tile(np.arange(1.0, 11.0), 8)
    log["param_rate"] = np.random.default_rng(0).uniform(size=80)
    assert _found(log.assign(score=_noise(log))) == {}


def test_a_result_that_some_trials_lack_is_one() -> None:
    log = _log(8, 14, 2)
    log["param_accuracy"] = log["score"].where(np.arange(len(log)) % 3 > 0) + 0.001 * _noise(log)
    log["param_time"] = _seconds(log)
    log.loc[np.arange(len(log)) % 4 == 0, "param_time"] = NAN
    assert list(_found(log)) == ["param_accuracy", "param_time"]


def test_numbers_beside_a_text_are_read() -> None:
    log = _log(8, 14, 2)
    accuracy = (log["score"] + 0.001 * _noise(log)).astype(object)
    accuracy[::20] = "None"
    assert list(_found(log.assign(param_accuracy=accuracy))) == ["param_accuracy"]


def test_of_one_task_the_numbers_and_the_names_count() -> None:
    log = _log(1, 20, 0)
    assert list(_found(log.assign(param_x=log["score"]))) == ["param_x"]
    assert _found(log.assign(param_x=log["score"].rank())) == {}
    assert list(_found(log.assign(param_rank_test_score=log["score"].rank()))) == ["param_rank_test_score"]


def test_few_trials_are_no_evidence_of_order() -> None:
    log = _log(4, 3, 0, is_shared=False)
    assert _found(log.assign(param_x=log["score"])) == {}


def test_failed_trials_do_not_count() -> None:
    log = _log(6, 12, 0)
    log["param_accuracy"] = log["score"]
    log.loc[::3, "score"] = NAN
    assert list(_found(log)) == ["param_accuracy"]
    assert _found(log.assign(score=NAN)) == {}


def test_the_order_of_the_rows_makes_no_difference() -> None:
    log = _log(6, 12, 0)
    log["param_accuracy"], log["param_time"] = log["score"] + 0.001 * _noise(log), _seconds(log)
    mixed = log.sample(frac=1, random_state=0)[log.columns[::-1]]
    assert _found(log) == _found(mixed)


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("param_accuracy", "result"),
        ("param_mean_fit_time", "result"),
        ("param_rank_test_score", "result"),
        ("param_split0_test_score", "result"),
        ("param_std_test_roc_auc", "result"),
        ("param_neg_log_loss", "result"),
        ("param_val_loss", "result"),
        ("param_svm__random_state", "seed"),
        ("param_Random State", "seed"),
        ("param_trial_number", "run"),
        *(
            (f"param_{name}", None)
            for name in ("n_estimators", "learning_rate", "C", "max_iter", "tol", "name")
        ),
        *(
            (f"param_{name}", None)
            for name in ("score_function", "validation_fraction", "loss_function", "p")
        ),
    ],
)
def test_names(column: str, kind: str | None) -> None:
    assert result_kind(column) == kind


@pytest.mark.parametrize("folder", ["oboe", "gcp_xgboost", "pimp_random_forest"])
def test_no_hyperparameter_of_a_published_log_is_taken_for_a_result(folder: str) -> None:
    file = PUBLISHED / folder / "trials.parquet"
    if not file.exists():
        pytest.skip(f"no published log at {file}: set FORETUNE_PUBLISHED_LOGS")
    log = pd.read_parquet(file)
    assert _found(log) == {}
    accuracy = log["score"] + 0.001 * _noise(log)
    assert list(_found(log.assign(param_accuracy=accuracy))) == ["param_accuracy"]
