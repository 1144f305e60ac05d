from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from foretune.logs import LogError, LogParameters, read_log
from foretune.logs.files import named_log
from foretune.logs.trials import tidy_trials

DEFAULTS = LogParameters()
Write = Callable[[str, str], Path]


def _tidy(trials: pd.DataFrame, **parameters: Any) -> pd.DataFrame:
    return tidy_trials(named_log(trials, "trials"), LogParameters(**parameters))


def test_the_table_that_comes_out(trials: pd.DataFrame) -> None:
    tidy = _tidy(trials)
    assert tidy.columns.tolist() == [
        *("task_id", "task_type", "family", "learner", "config_id", "strategy", "status", "score"),
        *("params", "param_C", "param_bootstrap", "param_kernel", "param_max_depth"),
    ]
    assert len(tidy) == len(trials)
    assert tidy["config_id"].nunique() == 5
    assert set(tidy["task_type"]) == {"any"}
    assert set(tidy["status"]) == {"ok"}
    assert set(tidy["strategy"]) == {"logged"}
    assert tidy["family"].isna().all()
    assert tidy.equals(tidy.sort_values(["task_id", "config_id"], ignore_index=True))


def test_numbers_are_names_of_tasks_and_learners_too() -> None:
    log = pd.DataFrame({"task_id": [3.0, 3.0], "learner": [1, 2], "score": [1, 2], "param_a": [1, 2]})
    tidy = _tidy(log)
    assert set(tidy["task_id"]) == {"3"}
    assert set(tidy["learner"]) == {"1", "2"}


def test_without_learners_there_is_one(trials: pd.DataFrame) -> None:
    assert set(_tidy(trials.drop(columns="learner"))["learner"]) == {"learner"}
    assert set(_tidy(trials.assign(learner=None))["learner"]) == {"learner"}


def test_failed_trials_have_no_score(trials: pd.DataFrame, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    statuses = ["OK", "Success", None, "crashed"] * 4
    scores = trials["score"].astype("object")
    scores[5], scores[9] = None, "None"
    tidy = _tidy(trials.assign(status=statuses, score=scores)).set_index(["task_id", "config_id"])
    assert tidy["score"].isna().sum() == 6
    assert (tidy["status"] == "failed").sum() == 6
    assert "4 trials with another status than ok count as failed: 'crashed'" in caplog.text
    assert _tidy(trials.assign(status="FINE"), ok_statuses=("fine",))["score"].notna().all()


def test_trials_that_a_race_stopped_are_left_out(
    trials: pd.DataFrame, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    statuses = ["ok", "stopped", None, "crashed"] * 4
    tidy = _tidy(trials.assign(status=statuses))
    assert (tidy["status"] == "failed").sum() == 4
    assert len(tidy) == len(_tidy(trials.drop(index=trials.index[1::4])))
    assert "4 trials that a race stopped are left out" in caplog.text
    assert _tidy(trials.assign(status="stopped"), ok_statuses=("stopped",))["score"].notna().all()


def test_a_loss_changes_its_sign(trials: pd.DataFrame) -> None:
    minimised = _tidy(
        trials.assign(score=trials["score"].where(trials.index > 0, 0)), score_direction="minimise"
    )
    assert minimised["score"].max() == 0
    assert not np.signbit(minimised["score"].max())
    assert minimised["score"].min() < 0


@pytest.mark.parametrize("marks", [{"is_default": ["true", ""]}, {"strategy": ["default", "random"]}])
def test_a_default_is_one_on_every_task(marks: dict[str, list[str]]) -> None:
    log = pd.DataFrame({"task_id": ["a", "a", "b", "b"], "score": [1.0, 2, 3, 4], "param_x": [1, 2, 1, 2]})
    for name, values in marks.items():
        log[name] = [*values, values[1], values[1]]
    assert _tidy(log)["strategy"].eq("default").tolist() == _tidy(log)["param_x"].eq(1).tolist()


def test_repetitions_are_averaged_whatever_their_order(caplog: pytest.LogCaptureFixture) -> None:
    log = pd.DataFrame(
        {
            "task_id": ["a"] * 6,
            "score": [0.1, 0.2, 0.4, np.nan, 0.3, np.nan],
            "fit_seconds": [1.0, 2.0, 3.0, 4.0, np.nan, 5.0],
            "param_x": [1, 1, 1, 1, 2, 3],
        }
    )
    tidy = _tidy(log).set_index("param_x")
    assert "trials: 3 rows measure the same configuration on the same task as another row" in caplog.text
    np.testing.assert_allclose(tidy["score"][[1, 2]], [0.7 / 3, 0.3])
    np.testing.assert_allclose(tidy["fit_seconds"][[1, 3]], [2.5, 5])
    assert tidy["status"].to_dict() == {1: "ok", 2: "ok", 3: "failed"}
    for seed in range(5):
        pd.testing.assert_frame_equal(
            _tidy(log.sample(frac=1, random_state=seed)), _tidy(log), check_exact=True
        )


def test_tasks_without_a_choice_are_left_out(trials: pd.DataFrame, caplog: pytest.LogCaptureFixture) -> None:
    few = trials.assign(score=trials["score"].where((trials["task_id"] != "t1") | (trials["param_C"] == 0.5)))
    assert set(_tidy(few)["task_id"]) == {"t0", "t2", "t3"}
    assert "1 task left out, with fewer than two configurations that have a score: 't1'" in caplog.text


def test_what_a_task_is_stands_in_any_of_its_rows(trials: pd.DataFrame) -> None:
    first = ~trials.duplicated("task_id")
    tidy = _tidy(
        trials.assign(family=np.where(first & (trials["task_id"] < "t2"), "f", ""), task_type="ranking")
    )
    assert set(tidy.loc[tidy["family"].eq("f"), "task_id"]) == {"t0", "t1"}
    assert set(tidy["task_type"]) == {"ranking"}


def test_columns_that_are_not_read_are_said(trials: pd.DataFrame, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    _tidy(trials.assign(familly="x", seed=1))
    assert "trials: columns that are not read: 'familly', 'seed'" in caplog.text


GOOD = "task_id,learner,config_id,score,param_x\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "TaskID,score,param_x\n1,1,1\n",
            "no column 'task_id': did you mean 'TaskID'? its columns are 'TaskID', 's",
        ),
        (
            "task_id,accuracy,param_x\n1,1,1\n",
            "no column 'score': its columns are 'task_id', 'accuracy', 'param_x'",
        ),
        (
            "task_id,score,x\n1,1,1\n",
            "has no hyperparameter column: name them param_<name>; its columns are 'task",
        ),
        (
            "task_id,score,param_\n1,1,1\n",
            "the column 'param_' needs a name after 'param_' that is not empty and",
        ),
        ("task_id,score,param_a=b\n1,1,1\n", "the column 'param_a=b' needs a name after 'param_'"),
        (
            "task_id,learner,score,param_learner\n1,a,1,1\n",
            "has both 'learner' and 'param_learner': give one anot",
        ),
        (GOOD, "has a header but no rows"),
        (GOOD + "1,a,c,1,1\n,a,d,1,2\n", ", row 3: task_id is empty: every row needs its task"),
        (
            GOOD + "1,a,c,1,1\n1,a,d,high,2\n",
            ", row 3: score = 'high' is no number: leave it empty where a tr",
        ),
        (GOOD + '1,a,c,"0,5,1",1\n', ", row 2: score = '0,5,1' is no number"),
        (
            GOOD + "1,a,c,x,1\n1,a,d,y,1\n1,a,e,1,1\n",
            "row 2: score = 'x' is no .* failed (1 more row like this)",
        ),
        (
            GOOD + "1,a,c,1,1\n\n1,a,d,-inf,2\n",
            ", row 4: score = -inf is infinite, or as good as: leave it empty where",
        ),
        (
            GOOD + "1,a,c,1,1\n1,,d,1,2\n",
            ", row 3: learner is empty: every row needs its learner, or none of them",
        ),
        (GOOD + "1,a,c,1,1\n1,a,,1,2\n", ", row 3: config_id is empty: every row needs one, or none of them"),
        (
            "task_id,score,is_default,param_x\n1,1,yes,1\n",
            ", row 2: is_default = 'yes' is neither true nor false",
        ),
        (
            "task_id,score,fit_seconds,param_x\n1,1,1 s,1\n",
            ", row 2: fit_seconds = '1 s' is no number: leave it e",
        ),
        (
            "task_id,score,family,param_x\n1,1,f,1\n1,2,g,2\n",
            ", row 3: family = 'g' differs from 'f' in another row of the task '1': it has one",
        ),
        (
            "task_id,score,task_type,param_x\n1,1,a/b,1\n1,2,a/b,2\n",
            ", row 2: task_type = 'a/b' cannot name a folder: use letters",
        ),
        (
            GOOD + "1,a,c,1,1\n1,a,d,,2\n",
            "no task has 2 different configurations with a score: nothing can be lear",
        ),
        (GOOD + "1,a,c,1,1\n2,a,c,1,1\n", "no task has 2 different configurations with a score"),
    ],
)
def test_a_log_that_breaks_the_contract_is_one_line(write: Write, text: str, message: str) -> None:
    with pytest.raises(LogError) as caught:
        tidy_trials(read_log(write("log.csv", text)), DEFAULTS)
    line = str(caught.value)
    assert line.startswith("log.csv")
    assert "\n" not in line
    start, _, end = message.partition(".*")
    assert start in line
    assert end in line


def test_a_table_of_python_counts_its_rows_from_one() -> None:
    log = pd.DataFrame({"task_id": ["a", "a"], "score": [1, "x"], "param_x": [1, 2]}, index=[10, 20])
    with pytest.raises(LogError, match=r"^trials, row 2: score = 'x' is no number"):
        _tidy(log)
    with pytest.raises(LogError, match=r"^trials: duplicate column names 'a'"):
        _tidy(pd.DataFrame([[1, 2]], columns=["a", "a"]))


def _with_results(n_tasks: int = 6, n_trials: int = 12) -> pd.DataFrame:
    """Trials of a shared design, with the accuracy and the time of each among the hyperparameters."""
    rng = np.random.default_rng(0)
    log = pd.DataFrame(
        {
            "task_id": np.repeat([f"t{task}" for task in range(n_tasks)], n_trials),
            "config_id": np.tile([f"c{number:02}" for number in range(n_trials)], n_tasks),
            "param_C": np.tile(rng.uniform(size=n_trials), n_tasks),
            "score": rng.uniform(0.5, 0.9, size=n_tasks * n_trials),
        }
    )
    log["param_accuracy"] = 100 * log["score"]
    log["param_mean_fit_time"] = np.repeat(rng.lognormal(sigma=2, size=n_tasks), n_trials) * (
        1 + log["param_C"]
    )
    return log


def test_results_among_the_hyperparameters_are_left_out_in_one_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("WARNING", logger="foretune")
    log = _with_results()
    tidy = _tidy(log)
    (warning,) = caplog.messages
    assert warning == (
        "trials: 2 columns are results of the trials, not hyperparameters, and left out: param_accuracy "
        "orders the scores almost perfectly on 6 of 6 tasks (median rank correlation 1.00); "
        "param_mean_fit_time differs between tasks in 100% of 180 pairs of trials with equal other "
        "hyperparameters. If one is a hyperparameter, keep it by logs.keep_columns"
    )
    pd.testing.assert_frame_equal(tidy, _tidy(log.drop(columns=["param_accuracy", "param_mean_fit_time"])))
    # Without them a configuration is the same on all tasks, and can be constructed
    assert tidy["config_id"].nunique() == 12
    assert all(params.startswith('{"C":') and "accuracy" not in params for params in tidy["params"])


def test_results_are_kept_where_the_user_insists(caplog: pytest.LogCaptureFixture) -> None:
    tidy = _tidy(_with_results(), keep_columns=("param_accuracy", "param_mean_fit_time"))
    assert {"param_C", "param_accuracy", "param_mean_fit_time"} <= set(tidy)
    assert not [message for message in caplog.messages if "results" in message]
    caplog.clear()
    tidy = _tidy(_with_results(), keep_columns="param_accuracy")
    assert "param_accuracy" in tidy
    assert "param_mean_fit_time" not in tidy
    assert "1 column is a result of the trials, not a hyperparameter, and left out: param_mean" in caplog.text


@pytest.mark.parametrize("name", ["param_acuracy", "accuracy", "score"])
def test_an_unknown_column_to_keep_is_an_error(name: str) -> None:
    with pytest.raises(LogError, match=f"logs.keep_columns: trials has no hyperparameter '{name}'") as error:
        _tidy(_with_results(), keep_columns=(name,))
    assert "its hyperparameters are 'param_C', 'param_accuracy', 'param_mean_fit_time'" in str(error.value)
    if name == "param_acuracy":
        assert "did you mean 'param_accuracy'" in str(error.value)


def test_names_of_columns_to_keep_may_be_joined() -> None:
    assert LogParameters(keep_columns="param_a+param_b").keep_columns == ("param_a", "param_b")
    assert LogParameters(keep_columns=["param_a"]).keep_columns == ("param_a",)


def test_a_log_of_results_only_is_an_error() -> None:
    log = _with_results().drop(columns=["param_C", "config_id"])
    with pytest.raises(
        LogError, match="has no hyperparameter column: 'param_accuracy', 'param_mean_fit_time' hold"
    ):
        _tidy(log)


def test_slips_of_scores_are_said(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("WARNING", logger="foretune")
    log = _with_results()[["task_id", "param_C", "score"]]
    log["score"] = log["score"].where(log["task_id"] < "t3", 100 * log["score"])
    _tidy(log)
    (warning,) = caplog.messages
    assert warning.startswith("trials: score has percentages mixed with shares: up to 8")
    assert "on 3 of 6 tasks ('t3', 't4', 't5'), at most 0.8" in warning
    caplog.clear()
    loss = _with_results().drop(columns="param_mean_fit_time").assign(score=lambda log: 1 - log["score"])
    _tidy(loss)
    assert len(caplog.messages) == 2
    assert caplog.messages[1] == (
        "trials: score looks like a loss: it is lowest where 'param_accuracy' is highest, on 6 of 6 "
        "tasks; if so, set logs.score_direction=minimise"
    )
    caplog.clear()
    _tidy(loss, score_direction="minimise")
    assert len(caplog.messages) == 1
    assert "param_accuracy orders the scores" in caplog.text
