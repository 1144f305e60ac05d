"""Base class of strategies with Keras Tuner's oracles."""

from __future__ import annotations

import os
import random
import shutil
import sys
import tempfile
import warnings
import weakref
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import numpy as np
import sklearn
from threadpoolctl import threadpool_limits

from foretune.hpo.strategies.library_strategy import LibraryStrategy
from foretune.hpo.strategies.optional_library import MissingLibraryError, require
from foretune.hpo.strategies.strategy import OptionsT, SearchProblem
from foretune.spaces import Dimension, Point, decode_point

OBJECTIVE = "score"
# Private names of Keras Tuner: without the first, trials are files in a temporary folder; without the others,
# an oracle is not freed
SAVE_TRIAL = "_save_trial"
KEPT_BY_ORACLE = ("LOCKS", "THREADS")


class KerasTunerStrategy(LibraryStrategy[OptionsT]):
    """Base class of strategies with an oracle of Keras Tuner, without a tuner and its files.

    The oracle handles conditions. Failed trials are reported as failed, and the oracles ignore them.
    """

    def __init__(self, problem: SearchProblem, options: OptionsT) -> None:
        super().__init__(problem, options)
        _import_keras_tuner(options.name)
        import keras_tuner

        self._given: dict[str, Any] | None = None
        self.oracle = self._make_oracle(
            objective=keras_tuner.Objective(OBJECTIVE, "max"),
            hyperparameters=self._hyperparameters(),
            max_trials=None,
            # With 0 Keras Tuner would choose a seed itself
            seed=1 + self.seed % 2**31,
            max_consecutive_failed_trials=sys.maxsize,
        )
        self._detach()

    @abstractmethod
    def _make_oracle(self, **arguments: Any) -> Any:
        """Create the oracle from the options and the arguments of all oracles."""

    def _suggest(self, given: Point | None = None) -> tuple[Any, Point] | None:
        if given is not None:
            active = decode_point(self.dimensions, given)
            self._given = {
                dimension.name: _to_library(dimension, given[dimension.name])
                for dimension in self.dimensions
                if dimension.name in active
            }
        with self._oracle_alone():
            # An oracle gives each worker one trial at a time, hence a new worker name for each trial
            trial = self.oracle.create_trial(f"trial_{len(self.oracle.trials)}")
        if trial.status != "RUNNING":
            return None
        values = trial.hyperparameters.values
        return trial, {name: float(value) for name, value in values.items()}

    def _report(self, trial: Any, score: float | None) -> None:
        with self._oracle_alone():
            if score is not None:
                self.oracle.update_trial(trial.trial_id, {OBJECTIVE: score})
            trial.status = "FAILED" if score is None else "COMPLETED"
            self.oracle.end_trial(trial)

    def _hyperparameters(self) -> Any:
        import keras_tuner

        space = keras_tuner.HyperParameters()
        space.merge(
            [_hyperparameter(dimension, self._conditions(dimension)) for dimension in self.dimensions]
        )
        return space

    def _conditions(self, dimension: Dimension) -> list[Any]:
        # As Keras Tuner writes them: its conditional scopes are nested and cannot have two parents
        by_name = {other.name: other for other in self.dimensions}
        return [
            {
                "class_name": "Parent",
                "config": {"name": parent, "values": _positions_among(by_name[parent], allowed)},
            }
            for parent, allowed in dimension.hyperparameter.when.items()
        ]

    def _detach(self) -> None:
        """Disable the oracle's files and output, and let it accept a given point."""
        choose = self.oracle.populate_space

        def populate_space(trial_id: str) -> Any:
            values, self._given = self._given, None
            return choose(trial_id) if values is None else {"status": "RUNNING", "values": values}

        self.oracle.verbose = 0
        self.oracle.populate_space = populate_space
        self.oracle.save = lambda: None
        if hasattr(self.oracle, SAVE_TRIAL):
            setattr(self.oracle, SAVE_TRIAL, lambda trial: None)
        else:
            self._keep_trials_apart()

    def _keep_trials_apart(self) -> None:
        """Let the oracle write its trials to a folder that goes with the strategy."""
        from keras_tuner.engine.base_tuner import BaseTuner

        folder = tempfile.mkdtemp(prefix="foretune-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        BaseTuner(self.oracle, directory=folder, project_name="trials")

    @contextmanager
    def _oracle_alone(self) -> Iterator[None]:
        import keras_tuner

        with _undisturbed():
            yield
        # Keras Tuner keeps a lock for every oracle, which would keep the oracle and its trials alive
        private = vars(sys.modules[keras_tuner.Oracle.__module__])
        for name in KEPT_BY_ORACLE:
            private.get(name, {}).pop(self.oracle, None)


def _import_keras_tuner(strategy: str) -> None:
    with _undisturbed(), _same_random_state():
        if "keras" not in sys.modules:
            require(strategy, "keras-tuner", _choose_backend(strategy))
        # Keras Tuner does not declare its dependency on six
        require(strategy, "keras-tuner", "six", "keras_tuner")


def _choose_backend(strategy: str) -> str:
    """Choose JAX as Keras's backend unless the user chose another."""
    # The default, TensorFlow, is not in the extra
    backend = os.environ["KERAS_BACKEND"] = os.environ.get("KERAS_BACKEND") or "jax"
    if backend != "jax" and find_spec(backend) is None:
        raise MissingLibraryError(
            f"strategy {strategy!r} needs the package {backend}: install it, or unset KERAS_BACKEND"
        )
    return backend


def _hyperparameter(dimension: Dimension, conditions: list[Any]) -> Any:
    from keras_tuner.engine import hyperparameters

    low, high = dimension.low, dimension.high
    config = {"name": dimension.name, "conditions": conditions}
    if dimension.kind == "nominal":
        positions = [str(position) for position in range(int(high) + 1)]
        return hyperparameters.Choice.from_config({**config, "values": positions})
    config["sampling"] = "log" if dimension.log else "linear"
    if dimension.kind == "float":
        return hyperparameters.Float.from_config({**config, "min_value": low, "max_value": high})
    return hyperparameters.Int.from_config({**config, "min_value": int(low), "max_value": int(high)})


def _positions_among(dimension: Dimension, allowed: list[Any]) -> list[Any]:
    positions = [position for position, value in enumerate(dimension.values or ()) if value in allowed]
    return [_to_library(dimension, position) for position in positions]


def _to_library(dimension: Dimension, number: float) -> Any:
    """Convert a number to the oracle's value: nominal positions are texts, since numbers would be ordered."""
    return str(int(number)) if dimension.kind == "nominal" else number


@contextmanager
def _same_random_state() -> Iterator[None]:
    """Restore the state of the global random generators, from which the import of Keras draws."""
    state, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(state)
        np.random.set_state(numpy_state)  # noqa: NPY002


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Silence the warnings of Keras Tuner 1.4 and speed up its Gaussian process."""
    with (
        warnings.catch_warnings(),
        # With many calls on small matrices, threads and checks of arguments would take most of the time
        threadpool_limits(1),
        sklearn.config_context(assume_finite=True, skip_parameter_validation=True),
    ):
        # Keras Tuner calls threading.currentThread; Keras and JAX warn of their own changes on import
        warnings.simplefilter("ignore", DeprecationWarning)
        # The kernel's optimiser warns when it stops at a bound
        warnings.filterwarnings("ignore", module="sklearn.gaussian_process")
        yield
