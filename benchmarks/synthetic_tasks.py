"""Synthetic meta-dataset with scores that depend on configurations and metafeatures."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import numpy.typing as npt

N_METAFEATURES = 77
N_PARAMETERS = 8
LEARNERS = ("forest", "boosting", "svm")
KERNELS = ("linear", "rbf")


class History(NamedTuple):
    """Tables as the pipelines write them: arguments of ``build_meta_dataset``."""

    trials: pd.DataFrame
    metafeatures: pd.DataFrame
    task_catalogue: pd.DataFrame


def make_history(n_tasks: int, n_configurations: int, seed: int = 0) -> History:
    """Make tasks that evaluated the same configurations.

    A score has a peak in the hyperparameters whose place depends on the metafeatures, a learner that suits
    the task more or less, and noise; level and spread differ between tasks.
    """
    rng = np.random.default_rng(seed)
    ids = np.array([f"task{number:04d}" for number in range(n_tasks)])
    described = rng.normal(size=(n_tasks, N_METAFEATURES))
    configurations = _draw_configurations(n_configurations, rng)
    scores = _scores(described, configurations, rng)
    task, config = np.divmod(np.arange(scores.size), n_configurations)
    trials = configurations.iloc[config].reset_index(drop=True)
    trials = trials.assign(task_id=ids[task], score=scores.ravel())
    metafeatures = pd.DataFrame(described).add_prefix("made.m")
    metafeatures.insert(0, "task_id", ids)
    catalogue = pd.DataFrame(
        {
            "task_id": ids,
            "task_type": "classification",
            "family": ids,
            "provenance": "synthetic",
            "content_hash": ids,
        }
    )
    return History(trials, metafeatures, catalogue)


def _draw_configurations(n_configurations: int, rng: np.random.Generator) -> pd.DataFrame:
    numbers = pd.DataFrame(rng.uniform(size=(n_configurations, N_PARAMETERS)))
    learner = np.array(LEARNERS)[np.arange(n_configurations) % len(LEARNERS)]
    configurations = numbers.add_prefix("param_p").assign(
        config_id=[f"c{number:04d}" for number in range(n_configurations)],
        learner=learner,
        strategy=np.where(np.arange(n_configurations) < len(LEARNERS), "default", "sobol"),
        param_kernel=pd.Series(rng.choice(KERNELS, n_configurations)).where(learner == "svm"),
    )
    # Two hyperparameters belong to one learner each
    configurations.loc[learner != "svm", "param_p6"] = np.nan
    configurations.loc[learner != "forest", "param_p7"] = np.nan
    return configurations


def _scores(
    described: npt.NDArray[np.float64], configurations: pd.DataFrame, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Shape (n_tasks, n_configurations)."""
    numbers = configurations.filter(regex=r"^param_p\d").fillna(0.5).to_numpy(dtype=np.float64)
    peak = 1 / (1 + np.exp(-described[:, :N_PARAMETERS]))
    width = rng.uniform(0.3, 2.0, N_PARAMETERS)
    surface = -(((peak[:, None, :] - numbers[None, :, :]) * width) ** 2).sum(axis=2)
    learner = pd.Categorical(configurations["learner"], categories=list(LEARNERS)).codes
    affinity = 0.5 * described[:, 10 : 10 + len(LEARNERS)]
    surface += affinity[:, learner] + rng.normal(0, 0.1, surface.shape)
    spread = np.exp(0.5 * described[:, 20] - 3)
    return np.asarray(0.8 + 0.05 * described[:, [21]] + spread[:, None] * surface, dtype=np.float64)
