"""Leave-one-task-out comparison of methods: tables of regret, quality, calibration and costs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from time import perf_counter
from typing import NamedTuple

import pandas as pd

from foretune.base import in_processes
from foretune.evaluation.evidence import Evidence, Truth
from foretune.evaluation.leaderboard_by_size import count_size_classes
from foretune.evaluation.methods.method import Method
from foretune.evaluation.methods.registry import create_methods
from foretune.evaluation.parameters import EvaluationParameters
from foretune.evaluation.protocol import ABOUT, FoldResult, Protocol, Record
from foretune.evaluation.surrogate_quality import MEASURES, WEIGHT
from foretune.meta_model import FEWEST_FAMILIES, MetaDataset, MetaTrainingParameters

Progress = Callable[[str, int, int], None]


logger = logging.getLogger(__name__)

# Folds sent to a worker at once: shared data is sent once, and progress stays visible
MOST_FOLDS_AT_ONCE = 8
# For what the number of rows is worth
FEWEST_SIZE_CLASSES = 2
_TASK = ["task_id", *ABOUT]
REGRET_COLUMNS = [*_TASK, "method", "seed", "n_trials", "regret", "score"]
TIME_COLUMNS = [*_TASK, "method", "seed", "time", "seconds", "n_trials", "regret", "score"]
QUALITY_COLUMNS = [
    *_TASK,
    "n_configurations",
    WEIGHT,
    *MEASURES,
    *(f"trivial_{measure}" for measure in MEASURES),
]
CALIBRATION_COLUMNS = [*_TASK, "nominal", "coverage", "mean_width"]
COST_COLUMNS = ["task_type", "stage", "name", "seconds"]


class Evaluation(NamedTuple):
    """Tables of an evaluation, each sorted by its first columns.

    Attributes
    ----------
    regret
        ``task_id, task_type, family, provenance, method, seed, n_trials, regret, score``. ``regret`` is
        normalised by the task's pool, ``score`` is the best score found (both averaged over the orders of
        random search).
    surrogate_quality
        One row per task: the weight of the metafeatures, and ``rmse, mae, r2, spearman, kendall`` of the
        surrogate and of a trivial predictor, averaged over the seeds.
    calibration
        Coverage and mean width of the intervals per task and nominal coverage, averaged over the seeds.
    costs
        ``task_type, stage, name, seconds``: wall time of fitting the ensembles, and single-core time of each
        method's searches on all tasks and seeds.
    regret_in_time
        ``task_id, task_type, family, provenance, method, seed, time, seconds, n_trials, regret, score``: as
        ``regret``, after the time of so many mean trials of the task, which is so many seconds, and the
        number of trials that had ended. Empty where trials have no seconds.
    """

    regret: pd.DataFrame
    surrogate_quality: pd.DataFrame
    calibration: pd.DataFrame
    costs: pd.DataFrame
    regret_in_time: pd.DataFrame


def evaluate_methods(  # noqa: PLR0913
    meta_dataset_table: pd.DataFrame,
    parameters: EvaluationParameters,
    meta_training: MetaTrainingParameters,
    seed: int,
    n_workers: int,
    learner_order: Sequence[str] | None = None,
    on_progress: Progress | None = None,
    *,
    trial_costs: pd.DataFrame | None = None,
) -> Evaluation:
    """Compare methods by leave-one-family-out evaluation, separately for each task type.

    Parameters
    ----------
    meta_dataset_table
        Flat table of :func:`foretune.meta_model.meta_dataset.build_meta_dataset`. A task type with fewer than
        three families is skipped with a warning.
    parameters
        Methods, numbers of trials and repetitions.
    meta_training
        Parameters of the surrogate.
    seed
        First seed; repetition ``i`` uses ``seed + i``.
    n_workers
        Number of fits and folds in parallel; results do not depend on it.
    learner_order
        Order in which the learners' defaults are tried; by name if not given.
    on_progress
        Called after each unit of work with a label, the number done and the total.
    trial_costs
        ``task_id, config_id, fit_seconds``: the seconds of the trials, for regret in time.
    """
    results: list[FoldResult] = []
    costs: list[Record] = []
    for task_type in sorted(meta_dataset_table["task_type"].unique()):
        table = meta_dataset_table[meta_dataset_table["task_type"] == task_type]
        n_families = table["family"].nunique()
        if n_families < FEWEST_FAMILIES:
            _warn_of_too_few(task_type, n_families)
            continue
        meta_dataset = MetaDataset.from_table(table)
        truth = Truth.from_meta_dataset(
            meta_dataset, meta_training.target, trial_costs if parameters.times else None
        )
        methods = create_methods(parameters, learner_order or ())
        if truth.seconds is None:
            methods = [method for method in methods if not method.is_timed]
        if count_size_classes(table, parameters) < FEWEST_SIZE_CLASSES:
            methods = [method for method in methods if not method.hides_rows]
        methods = _applicable(methods, meta_dataset, task_type)
        protocol = Protocol(methods, parameters.n_trials, meta_training, parameters.times)
        run = _Run(meta_dataset, truth, protocol, task_type, n_workers, on_progress)
        results += run([seed + offset for offset in parameters.seed_offsets])
        costs += run.costs
    return Evaluation(
        _sorted(chain.from_iterable(one.regret for one in results), REGRET_COLUMNS, "n_trials"),
        _averaged(chain.from_iterable(one.quality for one in results), QUALITY_COLUMNS, []),
        _averaged(chain.from_iterable(one.calibration for one in results), CALIBRATION_COLUMNS, ["nominal"]),
        pd.DataFrame(costs, columns=COST_COLUMNS),
        _sorted(chain.from_iterable(one.regret_in_time for one in results), TIME_COLUMNS, "time"),
    )


def _sorted(records: Iterable[Record], columns: list[str], last: str) -> pd.DataFrame:
    table = pd.DataFrame(records, columns=columns)
    return table.sort_values(["task_type", "task_id", "method", "seed", last], ignore_index=True)


def _averaged(records: Iterable[Record], columns: list[str], more_keys: list[str]) -> pd.DataFrame:
    """Average over the seeds."""
    table = pd.DataFrame(records, columns=columns)
    keys = ["task_type", "task_id", *more_keys]
    about = [column for column in _TASK if column not in keys]
    return table.groupby([*keys, *about], as_index=False, sort=True).mean()[columns]


def _warn_of_too_few(task_type: str, n_families: int) -> None:
    logger.warning(
        "%s is not evaluated: %d families of tasks are too few to hold one out, at least %d are needed",
        task_type,
        n_families,
        FEWEST_FAMILIES,
    )


def _applicable(methods: list[Method], meta_dataset: MetaDataset, task_type: str) -> list[Method]:
    applicable = [method for method in methods if method.is_applicable(meta_dataset)]
    left_out = [method.name for method in methods if method not in applicable]
    if left_out:
        logger.warning(
            "%s: left out for lack of defaults, metafeatures or a package: %s", task_type, ", ".join(left_out)
        )
    return applicable


class _Run:
    """Parallel evaluation of one task type; seeds run in turn, so that one ensemble is in memory."""

    def __init__(
        self,
        meta_dataset: MetaDataset,
        truth: Truth,
        protocol: Protocol,
        task_type: str,
        n_workers: int,
        on_progress: Progress | None,
    ) -> None:
        self.meta_dataset = meta_dataset
        self.truth = truth
        self.protocol = protocol
        self.task_type = task_type
        self.n_workers = n_workers
        self.on_progress = on_progress
        self.seconds: dict[tuple[str, str], float] = {}

    @property
    def costs(self) -> list[Record]:
        """Seconds by stage and name."""
        return [
            {"task_type": self.task_type, "stage": stage, "name": name, "seconds": seconds}
            for (stage, name), seconds in self.seconds.items()
        ]

    def __call__(self, seeds: Sequence[int]) -> list[FoldResult]:
        models = sorted({model for method in self.protocol.methods for model in method.models})
        results: list[FoldResult] = []
        for number, seed in enumerate(seeds):
            start = perf_counter()
            evidence = Evidence.fit(
                self.meta_dataset,
                self.truth,
                self.protocol.meta_training,
                models,
                seed,
                self.n_workers,
                self._progress("ensembles", number, len(seeds)),
            )
            self._spent("fit", "ensembles", perf_counter() - start)
            results += self._folds(evidence, self._progress("held-out families", number, len(seeds)))
        return results

    def _folds(self, evidence: Evidence, on_progress: Callable[[int, int], None]) -> list[FoldResult]:
        families = sorted(self.meta_dataset.families.unique())
        at_once = max(1, min(MOST_FOLDS_AT_ONCE, len(families) // 8))
        chunks = [families[start : start + at_once] for start in range(0, len(families), at_once)]
        # Processes, because threads would wait for the GIL
        calls = ((self.meta_dataset, chunk, evidence) for chunk in chunks)
        results: list[FoldResult] = []
        for chunk in in_processes(self.protocol.run_folds, calls, self.n_workers):
            results += chunk
            on_progress(len(results), len(families))
            for name, seconds in chain.from_iterable(result.seconds.items() for result in chunk):
                self._spent("search", name, seconds)
        return results

    def _spent(self, stage: str, name: str, seconds: float) -> None:
        self.seconds[stage, name] = self.seconds.get((stage, name), 0.0) + seconds

    def _progress(self, label: str, number: int, n_seeds: int) -> Callable[[int, int], None]:
        """Return a callback that counts the units of all seeds."""

        def report(done: int, total: int) -> None:
            if self.on_progress:
                self.on_progress(f"{self.task_type} {label}", number * total + done, n_seeds * total)

        return report
