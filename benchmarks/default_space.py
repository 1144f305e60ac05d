"""Benchmark of the engine on the default space and ten real tasks against a loop of ``cross_validate``.

Both evaluate the same configurations with the same pipeline, folds and seeds on two cores; the loop computes
only the score, the engine all metrics. Prints the ratio of wall times, the largest difference of scores, the
speed-up of two workers over one, and the overhead of the engine over the minimum work for these scores. Run
by ``make bench``.
"""

from __future__ import annotations

import argparse
import time
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import Parallel, delayed
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits

from foretune.execution import ParallelParameters
from foretune.hpo.design import design_configurations
from foretune.hpo.engine import run_hpo
from foretune.hpo.parameters import HpoParameters
from foretune.hpo.task_search import make_context
from foretune.learners import get_learner
from foretune.learners.folds import make_folds
from foretune.learners.preprocessing import make_preprocessor
from foretune.learners.shared_fits import group_shared_fits
from foretune.learners.splitters import make_splitter
from foretune.tasks.generation import generate_tasks, select_task_sources
from foretune.tasks.parameters import TaskGenerationParameters
from stages import read_parameters

if TYPE_CHECKING:
    import pandas as pd

    from foretune.spaces.configuration import Configuration
    from foretune.tasks.task import Task

WORKERS = 2
SEED = 0
TASKS = [
    "automobile",
    "breast_cancer",
    "german",
    "iris",
    "segment",
    "vowel",
    "abalone",
    "concrete",
    "servo",
    "yacht",
]
SCORERS = {"classification": "balanced_accuracy", "regression": "r2"}


def load_tasks() -> dict[str, Task]:
    """Load the tasks as the default run does."""
    raw = read_parameters("task_generation") | {"task_ids": TASKS, "synthetic": []}
    parameters = TaskGenerationParameters.model_validate(raw)
    return generate_tasks(select_task_sources(parameters, {}), {}, parameters, SEED)[0]


def plain_score(task: Task, configuration: Configuration, parameters: HpoParameters) -> float:
    """Score a configuration as a user of scikit-learn does."""
    context = make_context(task, parameters, SEED)
    learner = get_learner(configuration.learner)
    estimator = learner.build(configuration.params, task.task_type, context.learner_seed)
    target: Any = task.y
    if task.task_type == "classification":
        target = np.unique(task.y.to_numpy(), return_inverse=True)[1]
    else:
        estimator = TransformedTargetRegressor(estimator, transformer=StandardScaler())
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        measured = cross_validate(
            make_pipeline(make_preprocessor(parameters.preprocessing), estimator),
            task.X,
            target,
            cv=make_splitter(task.task_type, parameters.n_folds, context.fold_seed),
            scoring=SCORERS[task.task_type],
        )
    return float(measured["test_score"].mean())


def run_plain_loop(
    tasks: dict[str, Task], designs: dict[str, list[Configuration]], parameters: HpoParameters
) -> dict[tuple[str, str], float]:
    """Score every configuration on every task, one by one on two workers."""
    work = [(task, configuration) for task in tasks.values() for configuration in designs[task.task_type]]
    scores = Parallel(n_jobs=WORKERS, batch_size=1)(
        delayed(plain_score)(task, configuration, parameters) for task, configuration in work
    )
    return {
        (task.task_id, configuration.config_id): score
        for (task, configuration), score in zip(work, scores, strict=True)
    }


def run_engine(tasks: dict[str, Task], parameters: HpoParameters, n_workers: int) -> pd.DataFrame:
    """Let the engine do the same."""
    return run_hpo(tasks, parameters, SEED, ParallelParameters(n_workers=n_workers))[0]


def seconds_of_least_work(
    tasks: dict[str, Task], designs: dict[str, list[Configuration]], parameters: HpoParameters
) -> float:
    """Time what no exact engine can do without: the largest fit of every group on every fold, on one core."""
    start = time.perf_counter()
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        for task in tasks.values():
            folds = make_folds(task, parameters.n_folds, parameters.preprocessing, SEED)
            for group in group_shared_fits(designs[task.task_type]):
                learner = get_learner(group[-1].learner)
                for fold in folds:
                    learner.build(group[-1].params, task.task_type, SEED).fit(fold.X_train, fold.y_train)
    return time.perf_counter() - start


def timed(work: Any, *arguments: Any) -> tuple[Any, float]:
    """Call; also give the seconds."""
    start = time.perf_counter()
    return work(*arguments), time.perf_counter() - start


def work_alone() -> float:
    """Fit forests and machines for some seconds, in a process that shares nothing; give the seconds."""
    X, y = make_classification(500, 20, random_state=0)
    start = time.perf_counter()
    with threadpool_limits(1):
        for seed in range(30):
            RandomForestClassifier(100, random_state=seed).fit(X, y)
            SVC(C=10).fit(X, y)
    return time.perf_counter() - start


def speed_up_of_the_machine() -> float:
    """Measure what two processes that share nothing do in the time of one."""
    alone = Parallel(n_jobs=WORKERS)([delayed(work_alone)()])[0]
    together = Parallel(n_jobs=WORKERS)([delayed(work_alone)() for _ in range(WORKERS)])
    return float(WORKERS * alone / max(together))


def compare_with_plain_loop(tasks: dict[str, Task], parameters: HpoParameters) -> None:
    """Print the ratio to ``cross_validate``."""
    designs = {
        kind: design_configurations(parameters, kind, SEED) for kind in ("classification", "regression")
    }
    plain, plain_seconds = timed(run_plain_loop, tasks, designs, parameters)
    trials, engine_seconds = timed(run_engine, tasks, parameters, WORKERS)
    least = seconds_of_least_work(tasks, designs, parameters)
    scored = trials[trials["status"] == "ok"]
    keys = zip(scored["task_id"], scored["config_id"], strict=True)
    difference = max(abs(plain[key] - score) for key, score in zip(keys, scored["score"], strict=True))
    print(f"{len(tasks)} tasks, {len(plain)} trials, {len(plain) - len(scored)} of them without a score")
    print(f"cross_validate on {WORKERS} workers {plain_seconds:.1f} s, engine {engine_seconds:.1f} s")
    print(f"ratio {plain_seconds / engine_seconds:.2f} (wanted: 2.5); largest difference {difference:.1e}")
    times = WORKERS * engine_seconds / least
    print(f"fits alone, each path once, {least:.1f} s on one core: {times:.2f} times that is taken")


def compare_one_and_two_workers(tasks: dict[str, Task], parameters: HpoParameters, n_pairs: int) -> None:
    """Print the speed-up of two workers, beside what the machine gives to processes that share nothing."""
    ones, twos, machine = [], [], []
    for _ in range(n_pairs):
        machine.append(speed_up_of_the_machine())
        ones.append(timed(run_engine, tasks, parameters, 1)[1])
        twos.append(timed(run_engine, tasks, parameters, WORKERS)[1])
        print(
            f"one worker {ones[-1]:.1f} s, two {twos[-1]:.1f} s: {ones[-1] / twos[-1]:.2f} x; "
            f"two processes that share nothing: {machine[-1]:.2f} x",
            flush=True,
        )
    print(
        f"over all pairs {sum(ones) / sum(twos):.2f} x (wanted: 1.8); "
        f"processes that share nothing {np.mean(machine):.2f} x"
    )


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=3, help="runs with one and two workers")
    arguments = parser.parse_args()
    tasks = load_tasks()
    parameters = HpoParameters(**read_parameters("hpo"))
    compare_with_plain_loop(tasks, parameters)
    compare_one_and_two_workers(tasks, parameters, arguments.pairs)


if __name__ == "__main__":
    main()
