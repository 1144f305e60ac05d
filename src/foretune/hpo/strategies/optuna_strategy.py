"""Base class of strategies with Optuna's samplers."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from foretune.hpo.strategies.library_strategy import LibraryStrategy
from foretune.hpo.strategies.optional_library import require
from foretune.hpo.strategies.strategy import OptionsT, SearchProblem
from foretune.spaces import Dimension, Point, is_active

if TYPE_CHECKING:
    import optuna


class OptunaStrategy(LibraryStrategy[OptionsT]):
    """Base class of strategies with a sampler of Optuna on an in-memory study.

    Failed trials are reported as failed, and the samplers ignore them.

    Attributes
    ----------
    is_flat
        Whether inactive hyperparameters are suggested too, for samplers that model only the hyperparameters
        common to all trials and would draw conditional ones at random.
    extra
        The extra of Foretune with the sampler's dependencies.
    """

    is_flat: ClassVar[bool] = False
    extra: ClassVar[str] = "optuna"

    def __init__(self, problem: SearchProblem, options: OptionsT) -> None:
        super().__init__(problem, options)
        require(options.name, self.extra, "optuna")
        import optuna

        with quiet_optuna():
            self.study = optuna.create_study(direction="maximize", sampler=self._make_sampler())

    @abstractmethod
    def _make_sampler(self) -> optuna.samplers.BaseSampler:
        """Create the sampler from options and seed."""

    def _suggest(self, given: Point | None = None) -> tuple[optuna.Trial, Point]:
        with quiet_optuna():
            if given is not None:
                self.study.enqueue_trial(dict(given))
            trial = self.study.ask()
            point: Point = {}
            params: dict[str, Any] = {}
            for dimension in self.dimensions:
                active = is_active(dimension.hyperparameter, params)
                if active or self.is_flat:
                    point[dimension.name] = _suggest_number(trial, dimension)
                if active:
                    params[dimension.name] = dimension.decode(point[dimension.name])
        return trial, point

    def _report(self, trial: optuna.Trial, score: float | None) -> None:
        import optuna

        failed = optuna.trial.TrialState.FAIL if score is None else None
        with quiet_optuna():
            self.study.tell(trial, score, state=failed)


def _suggest_number(trial: optuna.Trial, dimension: Dimension) -> float:
    if dimension.kind == "float":
        return trial.suggest_float(dimension.name, dimension.low, dimension.high, log=dimension.log)
    low, high = int(dimension.low), int(dimension.high)
    if dimension.kind == "integer":
        return trial.suggest_int(dimension.name, low, high, log=dimension.log)
    return trial.suggest_categorical(dimension.name, range(low, high + 1))


@contextmanager
def quiet_optuna() -> Iterator[None]:
    """Suppress Optuna's log of studies and trials, and its warnings of experimental arguments."""
    import optuna

    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(max(verbosity, optuna.logging.WARNING))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(verbosity)
