"""Method: Optuna's tree-structured Parzen estimator from scratch."""

from __future__ import annotations

import logging
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from foretune.base import how_to_install
from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.methods.method import Method
from foretune.evaluation.methods.search_history import SearchHistory
from foretune.meta_model import MetaDataset
from foretune.spaces import Branch, CandidateFeatures, CandidateTree, Leaf

if TYPE_CHECKING:
    import optuna

Told = tuple[dict[str, Any], dict[str, Any]]


logger = logging.getLogger(__name__)


class OptunaTpe(Method):
    """Optuna's ``TPESampler`` with default arguments on the task's candidates, without other tasks.

    Bergstra et al., "Algorithms for hyper-parameter optimization" (NeurIPS 2011), in the implementation of
    Akiba et al., "Optuna" (KDD 2019): after ten random trials, the hyperparameters common to all trials are
    modelled jointly (Falkner, Klein and Hutter, "BOHB", ICML 2018), conditional ones separately. The sampler
    proposes a point in the space of the pool (:class:`CandidateTree`); the nearest untried candidate is
    evaluated and told to the study. Failed trials are ignored, as usual with Optuna.
    """

    name = "optuna_tpe"

    def is_applicable(self, meta_dataset: MetaDataset) -> bool:
        """Whether Optuna is installed."""
        is_there = find_spec("optuna") is not None
        if not is_there:
            logger.warning("%s needs the package optuna: %s", self.name, how_to_install("optuna"))
        return is_there

    def search(
        self, fold: EvaluationFold, task: HeldOutTask, n_trials: int, seed: int
    ) -> npt.NDArray[np.intp]:
        """Return the candidates in the order tried."""
        from foretune.hpo import quiet_optuna

        pool = fold.fit_once((self.name, task.task_id), lambda: TpePool(task))
        history = SearchHistory(task, n_trials, seed)
        with quiet_optuna():
            study = _create_study(int(history.rng.integers(2**31)))
            while not history.is_over:
                position = pool.propose(study, history)
                score = history.reveal(position)
                if np.isfinite(score):
                    pool.tell(study, position, score)
        return history.positions


class TpePool:
    """Conversion between the candidates of a task and the parameters of an Optuna study.

    Parameters
    ----------
    task
        The held-out task.
    """

    def __init__(self, task: HeldOutTask) -> None:
        from optuna.distributions import CategoricalDistribution, FloatDistribution

        self._tree = CandidateTree(task.candidates)
        self._features = CandidateFeatures.of(task.candidates)
        self._told: list[Told] = [({}, {})] * len(task)
        for path, leaf in self._tree.paths():
            distributions: dict[str, Any] = {
                branch.name: CategoricalDistribution(tuple(branch.children)) for branch, _ in path
            }
            distributions |= {name: FloatDistribution(0.0, 1.0) for name in leaf.numbers}
            choices = {branch.name: choice for branch, choice in path}
            for row, values in zip(leaf.rows, leaf.values.tolist(), strict=True):
                self._told[row] = choices | dict(zip(leaf.numbers, values, strict=True)), distributions

    def propose(self, study: optuna.Study, history: SearchHistory) -> int:
        """Return the untried candidate that is nearest to the study's proposal."""
        import optuna

        trial = study.ask()

        def choose(branch: Branch) -> str:
            return str(trial.suggest_categorical(branch.name, tuple(branch.children)))

        leaf = self._tree.descend(choose)
        point = np.array([trial.suggest_float(name, 0.0, 1.0) for name in leaf.numbers])
        # The proposal itself is not evaluated; the candidate is told instead
        study.tell(trial, state=optuna.trial.TrialState.FAIL)
        return self._nearest_free(leaf, point, history)

    def _nearest_free(self, leaf: Leaf, point: npt.NDArray[np.float64], history: SearchHistory) -> int:
        distances = ((leaf.values - point) ** 2).sum(axis=1)
        if history.is_free[leaf.rows].any():
            merit = np.full(len(history.is_free), -np.inf)
            merit[leaf.rows] = -distances
            return history.choose(merit)
        at = leaf.rows[np.argmin(distances)]
        structure, settings = self._features.structure, self._features.settings
        return history.choose(
            -((structure - structure[at]) ** 2).sum(axis=1), -((settings - settings[at]) ** 2).sum(axis=1)
        )

    def tell(self, study: optuna.Study, position: int, score: float) -> None:
        """Tell the study the score of a candidate."""
        import optuna

        params, distributions = self._told[position]
        study.add_trial(optuna.create_trial(params=params, distributions=distributions, value=score))


def _create_study(seed: int) -> optuna.Study:
    import optuna

    sampler = optuna.samplers.TPESampler(seed=seed)
    return optuna.create_study(direction="maximize", sampler=sampler)
