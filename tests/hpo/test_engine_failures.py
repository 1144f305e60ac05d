"""Whatever goes wrong with a configuration becomes its row; the others are unharmed."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import cloudpickle
import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from foretune.execution import ParallelParameters
from foretune.hpo.engine import ONE_WORKER, NothingEvaluatedError, run_hpo
from foretune.hpo.parameters import HpoParameters
from foretune.hpo.trial_table import NoTrialWorkedError, check_that_learners_work
from foretune.learners import Learner, register_learner, registry
from foretune.ledger import LedgerError
from foretune.ledger.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

    from foretune.tasks.task import Task

# Workers cannot import the tests
cloudpickle.register_pickle_by_value(sys.modules[__name__])

TWO_PROCESSES = ParallelParameters(n_workers=2)


def take_memory() -> None:
    # Memory counts when it is touched
    taken = b"x" * 10**9
    signal.pause()
    del taken


def raise_error() -> None:
    raise ArithmeticError("it went wrong\nand here is why")


def stop_early() -> None:
    warnings.warn("stopped early", ConvergenceWarning, stacklevel=1)


def get_stuck() -> None:
    # In native code, with the interpreter's lock held: no signal handler and no other thread runs
    ctypes.PyDLL(None).sleep(100)


def _cannot_be_built(*_: Any) -> Any:
    raise ImportError("No module named 'missing'")


MISHAPS: dict[str, Callable[[], object]] = {
    "fine": lambda: None,
    "raise": raise_error,
    "nan": lambda: None,
    "warn": stop_early,
    "stuck": get_stuck,
    "killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "memory": take_memory,
    "import": _cannot_be_built,
}


class Mishap:
    """Fails in the way that its parameter says."""

    def __init__(self, how: str) -> None:
        self.how = how

    def fit(self, X: Any, y: Any) -> Mishap:
        MISHAPS[self.how]()
        return self

    def predict(self, X: Any) -> Any:
        return np.full(len(X), np.nan if self.how == "nan" else 0.0)


@pytest.fixture(autouse=True)
def _mishaps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_LEARNERS", dict(registry._LEARNERS))
    register_learner(Learner("mishap", lambda params, *_: Mishap(**params), lambda _: {"how": "fine"}))


@pytest.fixture
def mishaps(hpo_parameters: HpoParameters) -> Callable[..., HpoParameters]:
    """Make parameters with a learner that fails in given ways, beside a sound one."""

    def make(*ways: str, **others: Any) -> HpoParameters:
        raw = hpo_parameters.model_dump() | {"learners": ["mishap", "linear"], "strategy": "grid"} | others
        raw["spaces"]["mishap"] = {"shared": {"how": {"type": "choice", "choices": ["fine", *ways]}}}
        raw["strategies"] = {"linear": "sobol"}
        return HpoParameters.model_validate(raw)

    return make


@pytest.fixture
def task(mixed_tasks: dict[str, Task]) -> dict[str, Task]:
    return {"mixed_regression": mixed_tasks["mixed_regression"]}


def by_mishap(trials: pd.DataFrame) -> pd.DataFrame:
    assert (trials.loc[trials["learner"] == "linear", "status"] == "ok").all()
    assert (trials["learner"] == "linear").sum() == 5
    return trials[trials["learner"] == "mishap"].set_index("param_how")


def test_in_this_process(
    task: dict[str, Task], mishaps: Callable[..., HpoParameters], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "foretune"):
        found = by_mishap(run_hpo(task, mishaps("raise", "nan", "warn"), 0)[0])
    assert found.loc["raise", ["status", "error"]].tolist() == ["failed", "ArithmeticError: it went wrong"]
    assert found.loc["warn", ["status", "error"]].tolist() == ["failed", "ConvergenceWarning: stopped early"]
    assert found.loc["nan", "status"] == "failed"
    assert found.loc["nan", "error"].startswith("score r2 is not finite on every fold")
    assert found.loc["fine", "status"] == "ok"
    assert found.loc[["raise", "nan", "warn"], "score"].isna().all()
    (line,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert line.startswith("9 new trials, 9 in all: 6 ok, 3 failed; most often 1 x mishap: ")


@pytest.mark.slow
def test_what_only_another_process_survives(
    task: dict[str, Task], mishaps: Callable[..., HpoParameters], caplog: pytest.LogCaptureFixture
) -> None:
    parameters = mishaps("stuck", "killed", "memory", limits={"seconds_per_trial": 6, "max_memory_mb": 900})
    with caplog.at_level(logging.INFO, "foretune"):
        trials, costs = run_hpo(task, parameters, 0, TWO_PROCESSES)
    found = by_mishap(trials)
    assert found.loc["stuck", ["status", "error"]].tolist() == ["timeout", "took more than 6 s"]
    assert found.loc["killed", "status"] == "crashed"
    assert "ended by SIGKILL" in found.loc["killed", "error"]
    assert found.loc["memory", "status"] == "crashed"
    assert "more than max_memory_mb = 900" in found.loc["memory", "error"]
    assert found.loc["fine", "status"] == "ok"
    assert "6 ok, 1 timeout, 2 crashed" in caplog.text
    seconds = costs.merge(trials, on=["task_id", "learner", "config_id"]).set_index("param_how")[
        "fit_seconds"
    ]
    assert 6 <= seconds["stuck"] < 60


@pytest.mark.slow
def test_what_went_wrong_is_known_too(
    task: dict[str, Task], mishaps: Callable[..., HpoParameters], tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/ledger.sqlite"
    parameters = mishaps("raise", "killed", "stuck", limits={"seconds_per_trial": 3})

    def n_evaluated(**changed: Any) -> int:
        seen = [0]
        with Ledger.open(url) as ledger:
            again = parameters.model_copy(update=changed)
            trials, _ = run_hpo(task, again, 0, TWO_PROCESSES, lambda _, done, __: seen.append(done), ledger)
        expected = {"fine": "ok", "raise": "failed", "killed": "crashed", "stuck": "timeout"}
        assert by_mishap(trials)["status"].to_dict() == expected
        return seen[-1]

    assert n_evaluated() == 9
    # What crashed may have been the machine's fault
    assert n_evaluated() == 1
    assert n_evaluated(retry=[]) == 0
    assert n_evaluated(retry=["failed"]) == 1
    longer = parameters.limits.model_copy(update={"seconds_per_trial": 4})
    assert n_evaluated(retry=[], limits=longer) == 1


def _kills_its_process(*_: Any) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def _never_returns(*_: Any) -> Any:
    signal.pause()


class _NotThere:
    """Raises where it is unpickled, as a function of a module that is missing in the worker."""

    def __reduce__(self) -> Any:
        return (_cannot_be_built, ())

    def __call__(self, *_: Any) -> Any:
        return Mishap("fine")


@pytest.mark.quick("here")
@pytest.mark.parametrize(
    ("build", "status", "parallel"),
    [
        (_cannot_be_built, "failed", ONE_WORKER),
        (_cannot_be_built, "failed", ParallelParameters(n_workers=2, backend="threads")),
        (_cannot_be_built, "failed", TWO_PROCESSES),
        (_NotThere(), "failed", TWO_PROCESSES),
        pytest.param(_kills_its_process, "crashed", TWO_PROCESSES, marks=pytest.mark.thorough),
        pytest.param(_never_returns, "timeout", TWO_PROCESSES, marks=pytest.mark.thorough),
    ],
    ids=["here", "threads", "processes", "unpickled", "killed", "stuck"],
)
def test_a_learner_that_cannot_be_built_fails_its_own_trials_and_for_this_run_only(
    build: Any,
    status: str,
    parallel: ParallelParameters,
    mixed_tasks: dict[str, Task],
    mishaps: Callable[..., HpoParameters],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    limits = {"seconds_to_prepare": 6} if status == "timeout" else {}
    parameters = mishaps("raise", limits=limits)
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.sqlite") as ledger:
        register_learner(Learner("mishap", build, lambda _: {"how": "fine"}))
        trials, _ = run_hpo(mixed_tasks, parameters, 0, parallel, ledger=ledger)
        assert (trials.loc[trials["learner"] == "linear", "status"] == "ok").all()
        broken = trials[trials["learner"] == "mishap"]
        assert len(broken) == 4
        assert set(broken["status"]) == {status}
        assert broken["error"].str.startswith("while preparing: ").all()
        assert "4 trials of mishap could not be prepared on this machine: they are not kept" in caplog.text
        assert {trial.configuration.learner for trial in ledger.rows()} == {"linear"}
        with pytest.raises(NoTrialWorkedError, match="no trial of mishap worked"):
            check_that_learners_work(trials)

        register_learner(Learner("mishap", lambda params, *_: Mishap(**params), lambda _: {"how": "fine"}))
        one = {"mixed_regression": mixed_tasks["mixed_regression"]}
        seen: list[int] = []
        trials, _ = run_hpo(one, parameters, 0, parallel, lambda _, done, __: seen.append(done), ledger)
        assert seen[-1] == 2
        assert by_mishap(trials)["status"].to_dict() == {"fine": "ok", "raise": "failed"}


@pytest.mark.quick("random-_cannot_be_built", "grid-<lambda>1")
@pytest.mark.parametrize("default", [_cannot_be_built, lambda _: ["fine"], lambda _: {"how": np.nan}])
@pytest.mark.parametrize("strategy", ["grid", "random"])
def test_a_learner_without_a_library_default_fails_alone(
    default: Any,
    strategy: str,
    mixed_tasks: dict[str, Task],
    mishaps: Callable[..., HpoParameters],
    tmp_path: Path,
) -> None:
    parameters = mishaps("raise", strategy=strategy)
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.sqlite") as ledger:
        register_learner(Learner("mishap", lambda params, *_: Mishap(**params), default))
        trials, _ = run_hpo(mixed_tasks, parameters, 0, ledger=ledger)
        assert (trials.loc[trials["learner"] == "linear", "status"] == "ok").all()
        assert {trial.configuration.learner for trial in ledger.rows()} == {"linear"}
        broken = trials[trials["learner"] == "mishap"]
        assert sorted(broken["task_id"]) == sorted(mixed_tasks)
        assert set(broken["status"]) == {"failed"}
        assert broken["error"].str.startswith("it has no library default: ").all()
        with pytest.raises(NoTrialWorkedError, match=r"no trial of mishap worked: .* no library default"):
            check_that_learners_work(trials)

        register_learner(Learner("mishap", lambda params, *_: Mishap(**params), lambda _: {"how": "fine"}))
        trials, _ = run_hpo(mixed_tasks, parameters, 0, ledger=ledger)
        found = trials[(trials["task_id"] == "mixed_regression") & (trials["learner"] == "mishap")]
        assert found.set_index("param_how")["status"].to_dict() == {"fine": "ok", "raise": "failed"}


@pytest.mark.parametrize("batch", ["first", "later"])
def test_a_stored_trial_of_another_configuration_is_not_taken_for_its_key(
    task: dict[str, Task], mishaps: Callable[..., HpoParameters], tmp_path: Path, batch: str
) -> None:
    parameters = mishaps("raise", strategies={"linear": "random" if batch == "later" else "sobol"})
    with Ledger.open(f"sqlite:///{tmp_path}/first.sqlite") as ledger:
        run_hpo(task, parameters, 0, ledger=ledger)
        trials = [one for one in ledger.rows() if one.configuration.learner == "linear"]
    first, *_, last = (one for one in trials if one.configuration.strategy != "default")
    with Ledger.open(f"sqlite:///{tmp_path}/second.sqlite") as ledger:
        # As a version that did not keep the context has recorded it
        ledger.record([replace(first, configuration=last.configuration, context=None)])
        with pytest.raises(LedgerError, match=f"the trial {first.key} .* is of another task"):
            run_hpo(task, parameters, 0, ledger=ledger)
    with Ledger.open(f"sqlite:///{tmp_path}/third.sqlite") as ledger:
        ledger.record([replace(first, configuration=last.configuration)])
        with pytest.raises(LedgerError, match=f"the trial {first.key} is damaged: it is not the hash"):
            run_hpo(task, parameters, 0, ledger=ledger)


def test_what_a_fit_cannot_import_is_tried_again(
    task: dict[str, Task], mishaps: Callable[..., HpoParameters], tmp_path: Path
) -> None:
    seen: list[int] = []
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.sqlite") as ledger:
        run_hpo(task, mishaps("import"), 0, ledger=ledger)
        trials, _ = run_hpo(task, mishaps("import"), 0, ONE_WORKER, lambda _, n, __: seen.append(n), ledger)
    assert by_mishap(trials).loc["import", "error"] == "ImportError: No module named 'missing'"
    assert seen == [1]


def test_trials_that_are_not_kept_are_free_for_other_runs(
    task: dict[str, Task], mishaps: Callable[..., HpoParameters], tmp_path: Path
) -> None:
    register_learner(Learner("mishap", _cannot_be_built, lambda _: {"how": "fine"}))
    url = f"sqlite:///{tmp_path}/ledger.sqlite"
    with Ledger.open(url) as first, Ledger.open(url) as second:
        run_hpo(task, mishaps(), 0, ledger=first)
        register_learner(Learner("mishap", lambda params, *_: Mishap(**params), lambda _: {"how": "fine"}))
        trials, _ = run_hpo(task, mishaps(), 0, ledger=second)
    assert (trials["status"] == "ok").all()


def test_a_failing_preparation_is_said_of_every_trial(
    task: dict[str, Task], mishaps: Callable[..., HpoParameters]
) -> None:
    few = task["mixed_regression"]
    tiny = type(few)("tiny", few.task_type, few.X.head(2), few.y.head(2))
    trials, _ = run_hpo({**task, "tiny": tiny}, mishaps(), 0)
    assert set(trials.loc[trials["task_id"] == "tiny", "status"]) == {"failed"}
    assert trials.loc[trials["task_id"] == "tiny", "error"].str.contains("n_splits=3").all()
    assert (trials.loc[trials["task_id"] != "tiny", "status"] == "ok").all()


@pytest.mark.slow
def test_the_number_of_trials_is_dealt_out_evenly(
    mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters, caplog: pytest.LogCaptureFixture
) -> None:
    whole, _ = run_hpo(mixed_tasks, hpo_parameters, 0)
    budget = hpo_parameters.budget.model_copy(update={"n_trials": 23})
    some = hpo_parameters.model_copy(update={"budget": budget})
    trials, _ = run_hpo(mixed_tasks, some, 0, TWO_PROCESSES)
    assert len(trials) == 23
    counts = trials.groupby(["task_id", "learner"]).size()
    assert counts.value_counts().to_dict() == {2: 7, 3: 3}
    assert (trials["strategy"] == "default").sum() == 10
    assert set(trials["config_id"]) <= set(whole["config_id"])
    assert "budget used up: 27 trials not started (n_trials) on 2 tasks: mixed_c" in caplog.text


def test_budgets_of_time_say_what_they_cut_off(
    mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters, caplog: pytest.LogCaptureFixture
) -> None:
    for name, seconds in {"seconds_per_task": 0.1, "seconds_total": 0.3}.items():
        caplog.clear()
        budget = hpo_parameters.budget.model_copy(update={name: seconds})
        changed = {"budget": budget, "n_configurations": 200, "learners": ["linear"]}
        many = hpo_parameters.model_copy(update=changed)
        trials, _ = run_hpo(mixed_tasks, many, 0)
        (line,) = [record.getMessage() for record in caplog.records if "used up" in record.getMessage()]
        n_said = int(line.split("budget used up: ")[1].split()[0])
        assert len(trials) + n_said == 2 * 201
        assert n_said > 0
        assert f"({name})" in line


def test_a_budget_without_any_trial_is_an_error(
    mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters
) -> None:
    budget = hpo_parameters.budget.model_copy(update={"seconds_total": 1e-9})
    with pytest.raises(NothingEvaluatedError, match=r"no trial was evaluated: raise hpo\.budget"):
        run_hpo(mixed_tasks, hpo_parameters.model_copy(update={"budget": budget}), 0)
