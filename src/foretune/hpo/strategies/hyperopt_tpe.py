"""Strategy with Hyperopt's tree-structured Parzen estimator."""

from __future__ import annotations

import math
import warnings
from typing import Any

from foretune.hpo.strategies.library_strategy import LibraryStrategy
from foretune.hpo.strategies.optional_library import require
from foretune.hpo.strategies.parameters import HyperoptTpeOptions
from foretune.hpo.strategies.strategy import SearchProblem
from foretune.spaces import Dimension, Point, decode_point


class HyperoptTpe(LibraryStrategy[HyperoptTpeOptions]):
    """TPE (Bergstra et al., NeurIPS 2011), univariate.

    Hyperopt proposes all hyperparameters, but is told only the active ones, so that each is modelled from the
    trials in which it is active. Integers are rounded floats. Failed trials count as bad ones.
    """

    def __init__(self, problem: SearchProblem, options: HyperoptTpeOptions) -> None:
        super().__init__(problem, options)
        require(options.name, "hyperopt", "hyperopt")
        import hyperopt

        self.trials = hyperopt.Trials()
        expressions = {dimension.name: _expression(dimension) for dimension in self.dimensions}
        # Hyperopt does not accept an empty space
        self._domain = hyperopt.Domain(lambda _: None, expressions or {"": 0})

    def _suggest(self, given: Point | None = None) -> tuple[dict[str, Any], Point]:
        import hyperopt

        trial_ids = self.trials.new_trial_ids(1)
        with warnings.catch_warnings():
            # Hyperopt 0.3 sets shapes of arrays, which NumPy 2.5 deprecates
            warnings.simplefilter("ignore", DeprecationWarning)
            (trial,) = hyperopt.tpe.suggest(
                trial_ids,
                self._domain,
                self.trials,
                int(self._rng.integers(2**31)),
                n_startup_jobs=self.options.n_startup_trials,
                n_EI_candidates=self.options.n_ei_candidates,
                gamma=self.options.gamma,
                verbose=False,
            )
        misc = trial["misc"]
        suggested = {name: float(values[0]) for name, values in misc["vals"].items()}
        point = suggested if given is None else given
        active = decode_point(self.dimensions, point)
        misc["vals"] = {name: [point[name]] if name in active else [] for name in point}
        misc["idxs"] = {name: trial_ids if name in active else [] for name in point}
        self.trials.insert_trial_doc(trial)
        self.trials.refresh()
        # Hyperopt learns from its own copy of the trial
        return self.trials.trials[-1], point

    def _report(self, trial: dict[str, Any], score: float | None) -> None:
        import hyperopt

        failed = {"status": hyperopt.STATUS_FAIL}
        trial["result"] = failed if score is None else {"status": hyperopt.STATUS_OK, "loss": -score}
        trial["state"] = hyperopt.JOB_STATE_DONE


def _expression(dimension: Dimension) -> Any:
    from hyperopt import hp

    name, low, high = dimension.name, dimension.low, dimension.high
    if dimension.kind == "nominal":
        return hp.randint(name, int(high) + 1)
    if dimension.kind == "integer":
        # Half a step beyond the bounds, so that all values have equal probability
        low, high = low - 0.5, high + 0.5
    if not dimension.log:
        return hp.uniform(name, low, high)
    return hp.loguniform(name, math.log(low), math.log(high))
