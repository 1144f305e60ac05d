"""Crash test of the ledger: runs killed at random moments must lose no trial and compute none twice.

The run is a separate process: the engine on two tasks, with a learner that logs each fitted configuration in
a file. It is restarted after each SIGKILL and finally completes. Then the speed of writing and lookups is
measured.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foretune.learners.fit import Trial
from foretune.ledger import EvaluationContext, StoredTrial, trial_key
from foretune.ledger.ledger import Ledger
from foretune.spaces.configuration import Configuration

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTEXT = EvaluationContext("0" * 64, "KFold", 5, 1, 2, {"max_categories": 20}, ("r2", "rmse", "mae"))
SECONDS_PER_TRIAL = 0.006
LONGEST_LIFE = 0.6
# So many that even the longest lives cannot finish them before the last kill
TRIALS_PER_KILL = int(LONGEST_LIFE / SECONDS_PER_TRIAL)
SHARE_OF_LONG_LIVES = 0.8
SECONDS_TO_WAIT = 60
TASKS = ("one", "two")


@dataclass(frozen=True)
class Outcome:
    """What a series of kills left behind."""

    n_trials: int
    n_kills: int
    n_stored: int
    n_computed: int
    most_in_flight: int
    computed_though_stored: int


class NotingRegressor:
    """Predicts the mean, and notes on which task and with which number it was fitted."""

    def __init__(self, notes: str, number: int) -> None:
        self.notes = notes
        self.number = number

    def fit(self, X: Any, y: Any) -> NotingRegressor:
        """Note, and take the time that a fit takes."""
        # The tasks differ in their number of columns
        with open(self.notes, "a") as file:
            file.write(f"{TASKS[X.shape[1] - 1]}:{self.number}\n")
        time.sleep(SECONDS_PER_TRIAL / 3)
        self.mean = float(y.mean())
        return self

    def predict(self, X: Any) -> Any:
        """Predict the mean."""
        import numpy as np

        return np.full(len(X), self.mean)


def work_through(url: str, notes: Path, n_trials: int, n_workers: int) -> None:
    """Let the engine evaluate what the ledger does not know."""
    import numpy as np
    import pandas as pd

    from foretune.execution import ParallelParameters
    from foretune.hpo.engine import run_hpo
    from foretune.hpo.parameters import HpoParameters
    from foretune.learners import Learner, register_learner
    from foretune.tasks.task import Task

    build = lambda params, task_type, seed: NotingRegressor(str(notes), **params)  # noqa: E731
    register_learner(Learner("noting", build, lambda task_type: {"number": 1}))
    numbers = list(range(1, 1 + n_trials // len(TASKS)))
    parameters = HpoParameters.model_validate(
        {
            "learners": ["noting"],
            "n_configurations": len(numbers),
            "strategy": "grid",
            "n_folds": 3,
            "score": {"classification": "accuracy", "regression": "mae"},
            "preprocessing": {"max_categories": 5},
            "spaces": {"noting": {"shared": {"number": {"type": "choice", "choices": numbers}}}},
        }
    )
    rng = np.random.default_rng(0)
    tasks = {
        name: Task(
            name,
            "regression",
            pd.DataFrame(rng.random((12, n_columns)), columns=[f"x{i}" for i in range(n_columns)]),
            pd.Series(rng.random(12), name="target"),
        )
        for n_columns, name in enumerate(TASKS, start=1)
    }
    print("ready", flush=True)
    sys.stdin.readline()
    with Ledger.open(url) as ledger:
        run_hpo(tasks, parameters, 0, ParallelParameters(n_workers=n_workers), None, ledger)


def make_trial(number: int) -> StoredTrial:
    """Make a trial of five folds with three metrics."""
    numbers = random.Random(number)
    configuration = Configuration("made", {"number": number, "C": numbers.random(), "kernel": "rbf"}, "sobol")
    folds = [{name: numbers.random() for name in CONTEXT.metrics} for _ in range(CONTEXT.n_folds)]
    key = trial_key(CONTEXT, configuration)
    return StoredTrial(
        key,
        f"task{number % 100}",
        CONTEXT.task_hash,
        "regression",
        configuration,
        Trial(folds, "ok", "", numbers.random()),
    )


def prepare_run(url: str, notes: Path, n_trials: int, n_workers: int = 1) -> subprocess.Popen[bytes]:
    """Start a process and wait until it has imported what it needs; it works once it has a line to read."""
    command = [sys.executable, __file__, "--work", url, str(notes), str(n_trials), str(n_workers)]
    run = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    if run.stdout is None or run.stdout.readline() != b"ready\n":
        raise RuntimeError(f"the run did not start: {' '.join(command)}")
    return run


def let_work(*runs: subprocess.Popen[bytes]) -> None:
    """Let prepared runs begin, all at the same time."""
    for run in runs:
        assert run.stdin is not None
        run.stdin.write(b"\n")
        run.stdin.flush()


def kill_and_rerun(url: str, notes: Path, n_kills: int, seed: int = 0, n_workers: int = 1) -> Outcome:
    """Kill a run again and again, let it finish, and count.

    Parameters
    ----------
    url
        A ledger that is still empty.
    notes
        File for what was computed, in the order in which it was.
    n_kills
        How often to kill.
    seed
        Seed of the moments of the kills.
    n_workers
        Worker processes of the run; with one it works itself.
    """
    notes.touch()
    moments = random.Random(seed)
    n_trials = TRIALS_PER_KILL * n_kills * n_workers
    n_computed = most_in_flight = computed_though_stored = 0
    for life in range(n_kills + 1):
        stored, n_noted = set(stored_names(url)) if life else set(), len(noted_names(notes))
        run = prepare_run(url, notes, n_trials, n_workers)
        let_work(run)
        is_last = life == n_kills
        if not is_last:
            # Most lives get as far as fitting something, some end while the run looks around
            if moments.random() < SHARE_OF_LONG_LIVES:
                _wait_for_more(notes, n_noted)
            time.sleep(moments.uniform(0, LONGEST_LIFE))
            run.kill()
        _end(run, must_succeed=is_last)
        computed = set(noted_names(notes)[n_noted:])
        n_computed += len(computed)
        computed_though_stored += len(computed & stored)
        most_in_flight = max(most_in_flight, len(computed.difference(stored_names(url))))
    counts = Counter(stored_names(url))
    n_once = sum(count == 1 for count in counts.values())
    return Outcome(n_trials, n_kills, n_once, n_computed, most_in_flight, computed_though_stored)


def _end(run: subprocess.Popen[bytes], *, must_succeed: bool) -> None:
    run.wait()
    for stream in (run.stdin, run.stdout):
        if stream is not None:
            stream.close()
    if must_succeed and run.returncode:
        raise RuntimeError(f"the last run ended with {run.returncode}")
    if not must_succeed and run.returncode == 0:
        raise RuntimeError("a run finished before it was killed")


def _wait_for_more(notes: Path, n_noted: int) -> None:
    end = time.monotonic() + SECONDS_TO_WAIT
    while len(noted_names(notes)) == n_noted:
        if time.monotonic() > end:
            raise RuntimeError("the run does not begin to fit")
        time.sleep(0.01)


def noted_names(notes: Path) -> list[str]:
    """List what was fitted, fold by fold."""
    return notes.read_text().split()


def stored_names(url: str) -> Iterator[str]:
    """Give the trials in a ledger by task and number."""
    with Ledger.open(url) as ledger:
        for trial in ledger.rows():
            yield f"{trial.task_id}:{trial.configuration.params['number']}"


def measure_speed(url: str, n_trials: int) -> None:
    """Time recording in batches and looking everything up at once."""
    trials = [make_trial(number) for number in range(n_trials)]
    with Ledger.open(url) as ledger:
        start = time.perf_counter()
        for first in range(0, n_trials, 100):
            ledger.record(trials[first : first + 100])
        recorded = time.perf_counter()
        known = ledger.lookup(trial.key for trial in trials)
        found = time.perf_counter()
    if len(known) != n_trials:
        raise RuntimeError(f"recorded {n_trials} trials but found {len(known)}")
    print(f"recorded {n_trials:,} trials in batches of 100: {n_trials / (recorded - start):,.0f} a second")
    print(f"looked all up at once: {found - recorded:.2f} s, {n_trials / (found - recorded):,.0f} a second")


def main() -> None:
    """Kill, count, measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=10, help="series of kills, each on a new ledger")
    parser.add_argument("--kills", type=int, default=20, help="kills in a series")
    parser.add_argument("--trials", type=int, default=100_000, help="rows for the measurement of speed")
    parser.add_argument(
        "--work", nargs=4, metavar=("URL", "NOTES", "TRIALS", "WORKERS"), help="be the run that is killed"
    )
    arguments = parser.parse_args()
    if arguments.work:
        url, notes, n_trials, n_workers = arguments.work
        work_through(url, Path(notes), int(n_trials), int(n_workers))
        return
    with tempfile.TemporaryDirectory() as folder:
        outcomes = [
            kill_and_rerun(
                f"sqlite:///{folder}/{seed}.sqlite",
                Path(folder) / f"{seed}.txt",
                arguments.kills,
                seed,
                n_workers=1 + seed % 2,
            )
            for seed in range(arguments.series)
        ]
        is_right = report(outcomes)
        measure_speed(f"sqlite:///{folder}/speed.sqlite", arguments.trials)
    sys.exit(not is_right)


def report(outcomes: list[Outcome]) -> bool:
    """Print the sums over all series; return whether nothing was lost and nothing computed in vain."""
    n_trials, n_kills, n_stored, n_computed, _, in_vain = (
        sum(column) for column in zip(*map(astuple, outcomes), strict=True)
    )
    in_flight = max(outcome.most_in_flight for outcome in outcomes)
    print(f"{n_kills} kills: {n_stored:,} of {n_trials:,} trials stored exactly once,")
    print(f"computed {n_computed:,} times, at most {in_flight} in flight at a kill, {in_vain} stored already")
    return bool(n_stored == n_trials and in_vain == 0)


if __name__ == "__main__":
    main()
