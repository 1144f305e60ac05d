"""Optuna's own tests of samplers, on names that mean nothing to the memory and on names that do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import optuna
import pytest
from sklearn.datasets import load_iris

from foretune.meta_model import Memory
from foretune.recommendation import ForetuneSampler, load_memory

# Optuna 4 has no such tests
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


# RelativeSamplerTestCase does not apply: each parameter is sampled when a trial asks for it, none beforehand
@pytest.mark.filterwarnings("ignore:.*no parameter:foretune.RecommendationWarning")
class TestForeignNames(suite.BasicSamplerTestCase, suite.SingleOnlySamplerTestCase):  # type: ignore[name-defined]
    @pytest.fixture
    def sampler(self, memory: Memory) -> Callable[[], optuna.samplers.BaseSampler]:
        return lambda: ForetuneSampler(X.iloc[::3], Y.iloc[::3], memory=memory, seed=0)


class TestKnownNames(suite.BasicSamplerTestCase, suite.SingleOnlySamplerTestCase):  # type: ignore[name-defined]
    @pytest.fixture
    def sampler(self, memory: Memory) -> Callable[[], optuna.samplers.BaseSampler]:
        return lambda: ForetuneSampler(X.iloc[::3], Y.iloc[::3], memory=memory, names=NAMES, seed=0)
