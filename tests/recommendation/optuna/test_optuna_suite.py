"""Optuna's own tests of samplers, on names that mean nothing to the memory and on names that do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import optuna
import pytest
from sklearn.datasets import load_iris

from foretune.logs import import_logs, trials_from_study
from foretune.meta_model import Memory
from foretune.recommendation import ForetuneSampler, load_memory

# Before 4.8 Optuna has no such tests
suite = pytest.importorskip("optuna.testing.pytest_samplers")

pytestmark = pytest.mark.slow

X, Y = load_iris(return_X_y=True, as_frame=True)
NAMES = {"x": "learning_rate", "y": "max_depth", "a": "subsample", "b": "n_estimators", "z": "reg_lambda"}


@pytest.fixture(autouse=True)
def _silent() -> Iterator[None]:
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    yield
    optuna.logging.set_verbosity(before)


@pytest.fixture(scope="module")
def memory(memory_folder: Path) -> Memory:
    return load_memory("classification", memory_folder)


@pytest.fixture(scope="module")
def studies() -> Memory:
    logs = []
    for number in range(3):
        study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=number))
        study.optimize(
            lambda trial: trial.suggest_float("x", -1, 10) + trial.suggest_int("y", 0, 10), n_trials=12
        )
        logs.append(trials_from_study(study, f"task_{number}"))
    return import_logs(logs).train_memories()["any"]


class _Applicable(
    suite.BasicSamplerTestCase,  # type: ignore[name-defined]
    suite.RelativeSamplerTestCase,  # type: ignore[name-defined]
    suite.SingleOnlySamplerTestCase,  # type: ignore[name-defined]
):
    """What a sampler of studies with one objective has to pass: all but MultiObjectiveSamplerTestCase."""


@pytest.mark.filterwarnings("ignore:.*no parameter:foretune.RecommendationWarning")
class TestForeignNames(_Applicable):
    @pytest.fixture
    def sampler(self, memory: Memory) -> Callable[[], optuna.samplers.BaseSampler]:
        return lambda: ForetuneSampler(X.iloc[::3], Y.iloc[::3], memory=memory, seed=0)


class TestKnownNames(_Applicable):
    @pytest.fixture
    def sampler(self, memory: Memory) -> Callable[[], optuna.samplers.BaseSampler]:
        return lambda: ForetuneSampler(X.iloc[::3], Y.iloc[::3], memory=memory, names=NAMES, seed=0)


@pytest.mark.filterwarnings("ignore:.*no parameter:foretune.RecommendationWarning")
class TestMemoryOfStudies(_Applicable):
    @pytest.fixture
    def sampler(self, studies: Memory) -> Callable[[], optuna.samplers.BaseSampler]:
        return lambda: ForetuneSampler(memory=studies, seed=0)
