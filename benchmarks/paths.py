"""Benchmark of nested axes: the engine against scikit-learn's search on the same cores with equal scores.

Each comparison prints the ratio of wall times, the largest difference of scores, and the overhead of the
engine over the minimum work for these scores. Run by ``make bench``.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import warnings
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from xgboost import XGBClassifier

from foretune.execution import ParallelParameters
from foretune.hpo.engine import run_hpo
from foretune.hpo.parameters import HpoParameters
from foretune.learners.folds import Fold, make_folds
from foretune.learners.preprocessing import make_preprocessor
from foretune.learners.shared_fits import evaluate_group, group_shared_fits
from foretune.learners.splitters import make_splitter
from foretune.ledger.ledger import Ledger
from foretune.spaces.configuration import Configuration
from stages import read_parameters, task_from_arrays

if TYPE_CHECKING:
    from foretune.tasks.task import Task

WORKERS = 2
SEED = 0
METRIC = "accuracy"
# What a user of scikit-learn would search over
PLAIN = {
    "random_forest": RandomForestClassifier(random_state=SEED, n_jobs=1),
    "k_nearest_neighbours": KNeighborsClassifier(),
    "xgboost": XGBClassifier(random_state=SEED, n_jobs=1),
}


def engine_scores(groups: list[list[Configuration]], folds: list[Fold]) -> dict[str, float]:
    """Evaluate groups of configurations in parallel, one fold of one group at a time; mean accuracy by id."""
    work = [(group, fold) for group in groups for fold in folds]
    results = Parallel(n_jobs=WORKERS, batch_size=1)(
        delayed(evaluate_group)(group, [fold], "classification", SEED) for group, fold in work
    )
    scores: dict[str, list[float]] = {}
    for (group, _), trials in zip(work, results, strict=True):
        for configuration, trial in zip(group, trials, strict=True):
            scores.setdefault(configuration.config_id, []).append(trial.fold_metrics[0][METRIC])
    return {name: float(np.mean(values)) for name, values in scores.items()}


def grid_search_scores(
    task: Task, parameters: HpoParameters, learner: str, grid: dict[str, list[Any]]
) -> dict[str, float]:
    """Run scikit-learn's grid search over the same pipeline and folds; mean accuracy by id."""
    estimator = PLAIN[learner]
    pipeline = make_pipeline(make_preprocessor(parameters.preprocessing), estimator)
    step = pipeline.steps[-1][0]
    search = GridSearchCV(
        pipeline,
        {f"{step}__{name}": values for name, values in grid.items()},
        scoring=METRIC,
        cv=make_splitter("classification", parameters.n_folds, SEED),
        n_jobs=WORKERS,
        refit=False,
    ).fit(task.X, task.y.cat.codes)
    found = search.cv_results_
    names = [
        Configuration(learner, {key.split("__")[1]: value for key, value in params.items()}).config_id
        for params in found["params"]
    ]
    return dict(zip(names, found["mean_test_score"].tolist(), strict=True))


def seconds_of_least_work(groups: list[list[Configuration]], folds: list[Fold]) -> float:
    """Time what no exact engine can do without: the largest fit of every group on every fold, on one core."""
    start = time.perf_counter()
    for group in groups:
        estimator = clone(PLAIN[group[0].learner]).set_params(**group[-1].params)
        for fold in folds:
            fitted = clone(estimator).fit(fold.X_train, fold.y_train)
            if group[0].learner == "k_nearest_neighbours":
                fitted.kneighbors(fold.X_test)
    return time.perf_counter() - start


def seconds_of_whole_run(
    task: Task, parameters: HpoParameters, learner: str, grid: dict[str, list[Any]]
) -> float:
    """Time what ``kedro run`` does with the same grid, from nothing."""
    space = {name: {"type": "choice", "choices": values} for name, values in grid.items()}
    changed = {"learners": [learner], "spaces": {learner: {"shared": space}}, "strategy": "grid"}
    run_parameters = HpoParameters.model_validate(parameters.model_dump() | changed)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, Ledger.open(f"sqlite:///{folder}/ledger.sqlite") as ledger:
        run_hpo(
            {task.task_id: task}, run_parameters, SEED, ParallelParameters(n_workers=WORKERS), ledger=ledger
        )
    return time.perf_counter() - start


def compare(title: str, learner: str, grid: dict[str, list[Any]], n_folds: int, wanted: float) -> None:
    """Compare the engine with a grid search on the classic 1,000 x 20 table."""
    X, y = make_classification(1000, 20, random_state=0)
    task = task_from_arrays(X, y)
    parameters = HpoParameters(**{**read_parameters("hpo"), "n_folds": n_folds})
    configurations = [
        Configuration(learner, dict(zip(grid, values, strict=True))) for values in product(*grid.values())
    ]
    groups = group_shared_fits(configurations)
    # The workers' start and imports belong to neither
    engine_scores(
        [group[:1] for group in groups[:1]],
        make_folds(task, parameters.n_folds, parameters.preprocessing, SEED),
    )

    start = time.perf_counter()
    folds = make_folds(task, parameters.n_folds, parameters.preprocessing, SEED)
    ours = engine_scores(groups, folds)
    engine_seconds = time.perf_counter() - start
    start = time.perf_counter()
    theirs = grid_search_scores(task, parameters, learner, grid)
    search_seconds = time.perf_counter() - start
    whole_run_seconds = seconds_of_whole_run(task, parameters, learner, grid)
    limit = seconds_of_least_work(groups, folds) / WORKERS

    difference = max(abs(ours[name] - theirs[name]) for name in theirs)
    ratio = search_seconds / engine_seconds
    print(f"{title}: {len(configurations)} configurations in {len(groups)} groups, {n_folds} folds")
    print(f"  GridSearchCV(n_jobs={WORKERS}) {search_seconds:.2f} s, engine {engine_seconds:.2f} s")
    print(
        f"  a whole run with ledger and guarded processes, their start included, {whole_run_seconds:.2f} s: "
        f"ratio {search_seconds / whole_run_seconds:.1f}"
    )
    print(f"  ratio {ratio:.1f} (wanted: {wanted:.0f}); largest difference of a score {difference:.1e}")
    print(f"  least work {limit:.2f} s on {WORKERS} cores: {engine_seconds / limit:.2f} times that is taken")


def main() -> None:
    """Run the comparisons."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    warnings.filterwarnings("ignore")
    compare(
        "random forest, n_estimators 10..190 x max_depth 1..9",
        "random_forest",
        {"n_estimators": list(range(10, 191, 10)), "max_depth": list(range(1, 10))},
        n_folds=5,
        wanted=10,
    )
    compare(
        "k nearest neighbours, k 1..50",
        "k_nearest_neighbours",
        {"n_neighbors": list(range(1, 51))},
        n_folds=5,
        wanted=20,
    )
    compare(
        "XGBoost, rounds 10..500",
        "xgboost",
        {"n_estimators": list(range(10, 501, 10))},
        n_folds=5,
        wanted=10,
    )


if __name__ == "__main__":
    main()
