"""Benchmark of the time and growth of each stage on one core, and of the engine against ``cross_validate``.

Run by ``make bench``. Seconds depend on the machine; compare ratios and growth.
"""

from __future__ import annotations

import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import yaml
from sklearn.datasets import make_classification
from sklearn.model_selection import cross_validate
from sklearn.pipeline import make_pipeline
from threadpoolctl import threadpool_limits

from foretune.base.seeds import derive_seed
from foretune.evaluation.evaluate import evaluate_methods
from foretune.evaluation.parameters import EvaluationParameters
from foretune.hpo.design import design_configurations
from foretune.hpo.engine import run_hpo
from foretune.hpo.parameters import HpoParameters
from foretune.learners import get_learner
from foretune.learners.preprocessing import make_preprocessor
from foretune.learners.splitters import make_splitter
from foretune.meta_model.meta_dataset import MetaDataset
from foretune.meta_model.parameters import MetaTrainingParameters
from foretune.meta_model.training import train_memory
from foretune.metafeatures import MetafeatureExtractor
from foretune.tasks.task import Task

if TYPE_CHECKING:
    from collections.abc import Callable

CONF = Path(__file__).parents[1] / "conf/base"
SCORERS = ["accuracy", "balanced_accuracy", "roc_auc_ovr", "neg_log_loss"]


def read_parameters(group: str) -> dict[str, Any]:
    """Read a group of the default parameters."""
    raw: dict[str, Any] = yaml.safe_load((CONF / f"parameters_{group}.yml").read_text())[group]
    return raw


def task_from_arrays(X: np.ndarray, y: np.ndarray) -> Task:
    """Turn arrays into a classification task."""
    features = pd.DataFrame(X, columns=[f"x{i}" for i in range(X.shape[1])])
    return Task("made", "classification", features, pd.Series(y).astype(str).astype("category"))


def make_task(n_rows: int, n_features: int = 20) -> Task:
    """Make a classification task."""
    return task_from_arrays(*make_classification(n_rows, n_features, n_informative=8, random_state=0))


def timed(work: Callable[..., Any], *arguments: Any) -> tuple[Any, float]:
    """Call a function; return its result and the wall time in seconds."""
    start = time.perf_counter()
    result = work(*arguments)
    return result, time.perf_counter() - start


def loop_over_cross_validate(task: Task, parameters: HpoParameters, learner: str) -> list[float]:
    """Score the same configurations as the engine with scikit-learn's own function, one by one."""
    seeds = [derive_seed(0, part, task.task_id) for part in ("folds", "learner")]
    scores = []
    for configuration in design_configurations(parameters, task.task_type, seed=0):
        if configuration.learner == learner:
            estimator = get_learner(learner).build(configuration.params, task.task_type, seeds[1])
            pipeline = make_pipeline(make_preprocessor(parameters.preprocessing), estimator)
            folds = make_splitter(task.task_type, parameters.n_folds, seeds[0])
            measured = cross_validate(pipeline, task.X, task.y.cat.codes, cv=folds, scoring=SCORERS)
            scores.append(float(measured["test_balanced_accuracy"].mean()))
    return scores


def compare_engine() -> None:
    """Time the engine against a loop over ``cross_validate``: the same configurations, the same scores."""
    raw = read_parameters("hpo")
    print(
        "HPO, default space, one core: seconds of the engine at n rows x 20 features; at 500 rows the ratio"
    )
    print("to a loop over cross_validate (same configurations, largest difference of a score)")
    print(f"  {'learner':22}{'125':>8}{'250':>8}{'500':>8}{'1000':>8}{'ratio':>8}{'difference':>12}")
    for learner in raw["learners"]:
        parameters = HpoParameters(**{**raw, "learners": [learner]})
        seconds = {}
        for n_rows in (125, 250, 500, 1000):
            task = make_task(n_rows)
            (trials, _), seconds[n_rows] = timed(run_hpo, {"made": task}, parameters, 0)
            if n_rows == 500:
                looped, loop_seconds = timed(loop_over_cross_validate, task, parameters, learner)
                difference = np.abs(np.sort(trials["score"]) - np.sort(looped)).max()
        cells = "".join(f"{value:8.2f}" for value in seconds.values())
        print(f"  {learner:22}{cells}{loop_seconds / seconds[500]:8.2f}{difference:12.1e}")


def measure_metafeatures() -> None:
    """Time the extraction at several sizes."""
    print("metafeatures, all groups: seconds")
    for n_rows, n_features in ((500, 20), (1000, 20), (10_000, 20), (10_000, 50)):
        task = make_task(n_rows, n_features)
        _, seconds = timed(MetafeatureExtractor().extract, task.X, task.y)
        print(f"  {n_rows:>7} x {n_features:<3}{seconds:8.2f}")


def make_table(n_tasks: int, n_configurations: int = 65, n_metafeatures: int = 77) -> pd.DataFrame:
    """Make a flat meta-dataset in which good configurations depend on the metafeatures."""
    rng = np.random.default_rng(0)
    described, configured = (
        rng.normal(size=(n_tasks, n_metafeatures)),
        rng.normal(size=(n_configurations, 20)),
    )
    scores = described[:, :5] @ rng.normal(size=(5, 20)) @ configured.T + 5 * rng.normal(
        size=n_configurations
    )
    task, config = np.divmod(np.arange(scores.size), n_configurations)
    ids = np.array([f"task{i:04d}" for i in range(n_tasks)])[task]
    table = pd.DataFrame(
        {
            "task_id": ids,
            "task_type": "classification",
            "family": ids,
            "provenance": "real",
            "content_hash": ids,
            "learner": "made",
            "config_id": np.array([f"c{i:03d}" for i in range(n_configurations)])[config],
            "is_default": config == 0,
            "score": scores.ravel(),
        }
    )
    metafeatures = pd.DataFrame(described[task]).add_prefix("metafeature:m")
    return pd.concat(
        [table, metafeatures, pd.DataFrame(configured[config]).add_prefix("configuration:c")], axis=1
    )


def measure_meta_model() -> None:
    """Time training and evaluation as tasks are added."""
    training = MetaTrainingParameters(**read_parameters("meta_training"))
    evaluation = EvaluationParameters(**read_parameters("evaluation"))
    print("meta-model, 65 configurations a task: seconds to train a surrogate, and of the whole evaluation")
    for n_tasks in (10, 20, 40):
        table = make_table(n_tasks)
        _, train = timed(train_memory, MetaDataset.from_table(table), training, 0)
        _, whole = timed(evaluate_methods, table, evaluation, training, 0, 1)
        print(f"  {n_tasks:>4} tasks{train:8.2f}{whole:8.1f}")


if __name__ == "__main__":
    # The engine keeps the warnings of a learner with its trial; here they would bury the numbers
    with threadpool_limits(1), warnings.catch_warnings(action="ignore"):
        compare_engine()
        measure_metafeatures()
        measure_meta_model()
