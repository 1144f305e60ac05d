"""Small meta-datasets with known answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from foretune.evaluation.evidence import Evidence, Truth
from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.meta_model.meta_dataset import MetaDataset, build_meta_dataset
from foretune.meta_model.out_of_bag import MODELS
from foretune.meta_model.parameters import BoosterParameters, MetaTrainingParameters

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence


@pytest.fixture
def meta_training() -> MetaTrainingParameters:
    booster = BoosterParameters(n_rounds=20, learning_rate=0.3, max_depth=3)
    main_effect = BoosterParameters(n_rounds=20, learning_rate=0.3, max_depth=3)
    return MetaTrainingParameters(
        target="minmax", n_members=8, surrogate=booster, main_effect=main_effect, level=booster
    )


@pytest.fixture
def make_table() -> Callable[..., pd.DataFrame]:
    return _make_table


@pytest.fixture
def make_fold(meta_training: MetaTrainingParameters) -> Callable[..., tuple[EvaluationFold, HeldOutTask]]:
    """Hold out the task ``new``; everything else as for ``make_table``."""

    def make(
        scores: dict[str, list[float]],
        metafeatures: dict[str, list[float]] | None = None,
        unknown: Collection[tuple[str, str]] = (),
        defaults: Collection[str] = (),
        learners: Sequence[str] | None = None,
    ) -> tuple[EvaluationFold, HeldOutTask]:
        table = _make_table(scores, metafeatures, unknown=unknown, defaults=defaults, learners=learners)
        return _hold_out(MetaDataset.from_table(table), "new", meta_training)

    return make


@pytest.fixture
def hold_out(meta_training: MetaTrainingParameters) -> Callable[..., tuple[EvaluationFold, HeldOutTask]]:
    """Hold out a task of a flat table; ensembles are fitted for the seeds that are asked for."""

    def make(table: pd.DataFrame, task_id: str) -> tuple[EvaluationFold, HeldOutTask]:
        return _hold_out(MetaDataset.from_table(table), task_id, meta_training)

    return make


def _hold_out(
    meta_dataset: MetaDataset, task_id: str, meta_training: MetaTrainingParameters
) -> tuple[EvaluationFold, HeldOutTask]:
    truth = Truth.from_meta_dataset(meta_dataset, meta_training.target)

    class Fitted(dict[int, Evidence]):
        def __missing__(self, seed: int) -> Evidence:
            self[seed] = Evidence.fit(meta_dataset, truth, meta_training, MODELS, seed)
            return self[seed]

    family = meta_dataset.families[task_id]
    fold = EvaluationFold(meta_dataset, family, meta_training, Fitted(), truth)
    return fold, HeldOutTask.from_meta_dataset(meta_dataset, task_id)


@pytest.fixture
def random_table() -> Callable[..., pd.DataFrame]:
    """Tasks whose best configuration follows from a metafeature, with some noise."""

    def make(n_tasks: int = 8, n_configurations: int = 12, task_type: str = "classification") -> pd.DataFrame:
        rng = np.random.default_rng(5)
        quality = rng.uniform(size=n_tasks)
        setting = np.linspace(0, 1, n_configurations)
        surface = 0.9 - (quality[:, None] - setting) ** 2 + rng.normal(0, 0.01, (n_tasks, n_configurations))
        scores = {f"{task_type[:3]}{number}": list(row) for number, row in enumerate(surface)}
        metafeatures = {
            task: [value, noise]
            for task, value, noise in zip(scores, quality, rng.normal(size=n_tasks), strict=True)
        }
        families = {task: f"family of {task}" for task in scores}
        return _make_table(scores, metafeatures, families, defaults=["c00", "c01"], task_type=task_type)

    return make


def _make_table(
    scores: dict[str, list[float]],
    metafeatures: dict[str, list[float]] | None = None,
    families: dict[str, str] | None = None,
    *,
    unknown: Collection[tuple[str, str]] = (),
    defaults: Collection[str] = (),
    learners: Sequence[str] | None = None,
    task_type: str = "classification",
) -> pd.DataFrame:
    """Make the flat table of tasks with the given scores of configurations ``c00``, ``c01``...

    NaN is a failed trial; pairs in ``unknown`` were never evaluated. Each task is its own family by default,
    and without ``metafeatures`` there are none.
    """
    n_configurations = len(next(iter(scores.values())))
    config_ids = [f"c{number:02d}" for number in range(n_configurations)]
    trials = pd.DataFrame(
        [
            (task, learner, config_id, number / n_configurations, score)
            for task, row in scores.items()
            for number, (learner, config_id, score) in enumerate(
                zip(learners or ["forest", "svm"] * n_configurations, config_ids, row, strict=False)
            )
            if (task, config_id) not in unknown
        ],
        columns=["task_id", "learner", "config_id", "param_depth", "score"],
    )
    trials["strategy"] = np.where(trials["config_id"].isin(list(defaults)), "default", "sobol")
    described = pd.DataFrame.from_dict(metafeatures or {}, orient="index").add_prefix("group.")
    described = described.rename_axis("task_id").reset_index()
    catalogue = pd.DataFrame(
        {
            "task_id": list(scores),
            "task_type": task_type,
            "family": [(families or {}).get(task, task) for task in scores],
            "provenance": "real",
            "content_hash": "0",
        }
    )
    return build_meta_dataset(trials, described, catalogue, "minmax")
