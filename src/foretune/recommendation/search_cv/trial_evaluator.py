"""Parallel evaluation of configurations on the folds of a search."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed, effective_n_jobs
from sklearn.exceptions import ConvergenceWarning

from foretune.base import TaskType, describe_error, one_thread
from foretune.learners import (
    LOOK_SHARE,
    STOPPED,
    Fold,
    FoldOutcome,
    FoldRace,
    FoldSet,
    Learner,
    RoundChoice,
    Trial,
    describe_stop,
    evaluate_group,
    get_learner,
    group_shared_fits,
    has_open_rounds,
    record_trial,
    record_warnings,
    register_learner,
    thin_folds,
)
from foretune.meta_model import CostModel
from foretune.recommendation.core import open_rounds
from foretune.recommendation.search_cv.estimator import fit_pipeline
from foretune.recommendation.search_cv.folds import RawFold
from foretune.recommendation.search_cv.kept_folds import KeptFolds
from foretune.recommendation.search_cv.scoring import (
    ONE_SCORE,
    SCORE,
    TEST,
    TRAIN,
    ScorerMeasure,
    SeveralScores,
    mean_and_std,
)
from foretune.spaces import DEFAULT, Configuration

# Position of the group, position of the fold, and a trial for each configuration of the group
Outcome = tuple[int, int, list[Trial]]
# Position in place of a fold's, for a trial that needs all of them
ALL_FOLDS = -1
# Position of a sample of the first fold
FIRST_LOOK = -2
# Trials of the configurations of a group by the position of the fold
ByFold = dict[int, list[Trial]]
# A group and what it has run
Running = tuple[list[Configuration], ByFold]


class KeepsTrials(Protocol):
    """Trials that are known, and where those that end are kept."""

    def take(
        self, groups: Sequence[Sequence[Configuration]], left: set[tuple[int, int]], race: FoldRace | None
    ) -> Iterator[Outcome]:
        """Yield what is known of groups on folds, and take it from ``left``."""

    def keep(self, configuration: Configuration, trial: ScoredTrial) -> None:
        """Keep a trial."""

    def keep_looks(self, group: Sequence[Configuration], trials: Sequence[Trial]) -> None:
        """Keep first looks."""


CRASHED = "the worker process ended while it fitted or scored this configuration"


@dataclass(frozen=True)
class ScoredTrial:
    """Outcome of one configuration.

    Attributes
    ----------
    fold_scores
        Scores, higher is better, shape (n_folds,); all NaN if the trial failed, and on the folds that it did
        not run if it was stopped.
    fit_seconds, score_seconds
        Wall time of the fit, and of predictions and score, on each fold; an equal share of a shared fit.
    status
        ``ok``, ``failed``, ``crashed`` if it ended its worker process, or ``stopped`` if the first folds
        showed that it is behind the best.
    error
        The error; for a trial that is ok, the learner's warnings.
    n_rounds
        Number of boosting rounds that early stopping chose; None if the configuration fixes it or has none.
    estimate
        Estimated mean score of a stopped trial.
    further
        Further scores by the names of their columns, such as ``test_accuracy`` and ``train_score``, each of
        shape (n_folds,); NaN on the folds that a stopped trial did not run. Empty if the trial failed.
    is_cut
        Whether a limit of time ended the growing of a booster, so that more rounds may be better.
    """

    fold_scores: npt.NDArray[np.float64]
    fit_seconds: npt.NDArray[np.float64]
    score_seconds: npt.NDArray[np.float64]
    status: str
    error: str
    n_rounds: int | None = None
    estimate: float = np.nan
    further: Mapping[str, npt.NDArray[np.float64]] = field(default_factory=dict)
    is_cut: bool = False

    @property
    def is_ok(self) -> bool:
        """Whether every fold has a score."""
        return self.status == "ok"

    @property
    def score(self) -> float:
        """Mean score over the folds; NaN if the trial failed or was stopped."""
        return mean_and_std(self.fold_scores)[0]

    @property
    def has_failed(self) -> bool:
        """Whether it has no score because of an error."""
        return self.status not in ("ok", STOPPED)

    @property
    def told_score(self) -> float:
        """Score that later proposals learn from: the mean, or its estimate if the trial was stopped."""
        return self.estimate if self.status == STOPPED else self.score


@dataclass(frozen=True)
class TrialEvaluator:
    """Parallel evaluation of configurations on the folds of a search.

    Attributes
    ----------
    folds
        Preprocessed folds, the same for all learners or in the form of each, or the user's own rows if the
        scorer needs the fitted estimator.
    task_type
        Selects the estimators.
    seed
        Seed of the learners.
    scorer
        ``scorer(estimator, X, y)``, higher is better.
    n_jobs
        As for :class:`joblib.Parallel`; results do not depend on it.
    metric
        Name of the same metric in the engine, if there is one.
    build
        ``build(configuration)`` returns the unfitted pipeline for the user's own rows.
    weighs
        Whether the scorer gets the sample weights of the test part.
    choice
        How early stopping chooses the number of boosting rounds of configurations, whatever it is in them,
        except of library defaults; None to take those of the configurations.
    costs
        Seconds of fits, by which the longest start first where several run at once; None for any order.
    several
        Further scores of the trials.
    book
        Trials that are known and need no fit, and where others are kept as they end; None for none.
    """

    folds: FoldSet[Any] | Sequence[Fold] | Sequence[RawFold]
    task_type: TaskType
    seed: int
    scorer: Callable[..., float]
    n_jobs: int | None = None
    metric: str | None = None
    build: Callable[[Configuration], Any] | None = None
    weighs: bool = False
    choice: RoundChoice | None = None
    costs: CostModel | None = None
    several: SeveralScores = ONE_SCORE
    book: KeepsTrials | None = None
    # Folds, and a sample of the first, which stays the same array for all trials
    _samples: dict[int, tuple[Any, list[Fold]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def evaluate(
        self, configurations: Sequence[Configuration], race: FoldRace | None = None
    ) -> Iterator[tuple[Configuration, ScoredTrial]]:
        """Evaluate configurations; those that differ only along a nested axis share their fits.

        Yields each with its outcome as soon as available, groups in their order. A configuration that ends
        its worker process is a trial with the status ``crashed``. After Ctrl-C, in a worker as well, whatever
        is complete is yielded before the interrupt goes on.

        Parameters
        ----------
        configurations
            Any number of them.
        race
            Compares them with each other and with earlier trials after the first folds, and learns of those
            that are complete. What is behind trials that then fail goes on, and library defaults run every
            fold in any case. Boosters whose rounds early stopping chooses are compared with trials that are
            complete before. None to run every fold of all.
        """
        if race is None:
            yield from self.run(configurations)
            return
        groups = self._group(configurations)
        looks: dict[str, float] = {}
        if race.takes_looks and self.build is None:
            without = [group for group in groups if not self.looks_first(group[0])]
            looking = [group for group in groups if self.looks_first(group[0])]
            groups = [*without, *(yield from self._take_first_looks(looking, race, looks))]

        def complete(running: list[Running]) -> Iterator[tuple[Configuration, ScoredTrial]]:
            groups, done = [one for one, _ in running], [by_fold for _, by_fold in running]
            # Workers that are not processes would see what is recorded meanwhile
            for configuration, trial in self._complete(groups, done, deepcopy(race)):
                if trial.is_ok:
                    race.record(trial.fold_scores, looks.get(configuration.config_id))
                yield configuration, trial

        going, stopped = yield from self._run_race([one for one in groups if not self.grows(one[0])], race)
        while going:
            yield from complete(going)
            # Who was ahead may have failed on a later fold
            is_behind = [_is_behind(by_fold, race) for _, by_fold in stopped]
            going = [one for one, is_one in zip(stopped, is_behind, strict=True) if not is_one]
            stopped = [one for one, is_one in zip(stopped, is_behind, strict=True) if is_one]
        for group, by_fold in stopped:
            yield from zip(group, _stop_all(by_fold, race), strict=True)
        yield from complete([(group, {}) for group in groups if self.grows(group[0])])

    def run(
        self, configurations: Sequence[Configuration], race: FoldRace | None = None
    ) -> Iterator[tuple[Configuration, ScoredTrial]]:
        """Evaluate as :meth:`evaluate`, every fold of all except of boosters that grow and a race stops."""
        groups = self._group(configurations)
        yield from self._complete(groups, [{} for _ in groups], race)

    def _take_first_looks(
        self, groups: list[list[Configuration]], race: FoldRace, looks: dict[str, float]
    ) -> Generator[tuple[Configuration, ScoredTrial], None, list[list[Configuration]]]:
        """Score on a sample of the first fold, into ``looks``; yield what is hopeless, return the rest."""
        seen: dict[int, list[ScoredTrial]] = {}
        for group_at, _, trials in self._run(groups, {(at, FIRST_LOOK) for at in range(len(groups))}):
            seen[group_at] = [_merge([trial], 1) for trial in trials]
        going = []
        for at, group in enumerate(groups):
            scores = np.array([trial.fold_scores[0] for trial in seen[at]])
            looks.update({one.config_id: float(look) for one, look in zip(group, scores, strict=True)})
            # A failure may be that of a sample, and is tried on all rows
            if race.find_hopeless_looks(scores).all() and not has_default(group):
                yield from zip(group, [_stop_by_look(trial, race) for trial in seen[at]], strict=True)
            else:
                going.append(group)
        return going

    def _run_race(
        self, groups: list[list[Configuration]], race: FoldRace
    ) -> Generator[tuple[Configuration, ScoredTrial], None, tuple[list[Running], list[Running]]]:
        """Run the first folds; yield what has failed, and return what goes on and what is behind."""
        going: list[Running] = [(group, {}) for group in groups]
        behind: list[Running] = []
        n_run = 0
        for look in race.looks:
            left = {(at, fold_at) for at in range(len(going)) for fold_at in range(n_run, look)}
            for group_at, fold_at, trials in self._run([group for group, _ in going], left):
                going[group_at][1][fold_at] = trials
            n_run = look
            for group, by_fold in [one for one in going if not _runs(one[1])]:
                yield from zip(group, _stop_all(by_fold, race), strict=True)
            running = [one for one in going if _runs(one[1])]
            is_behind = _find_behind(running, race)
            behind += [one for one, is_one in zip(running, is_behind, strict=True) if is_one]
            going = [one for one, is_one in zip(running, is_behind, strict=True) if not is_one]
        return going, behind

    def _complete(
        self, groups: list[list[Configuration]], done: list[ByFold], race: FoldRace | None = None
    ) -> Iterator[tuple[Configuration, ScoredTrial]]:
        """Run the folds that are left; ``done`` holds the trials of each group by fold.

        A race stops boosters that grow if they are behind what it knows on the first folds.
        """
        left = {
            (at, place)
            for at, group in enumerate(groups)
            for place in self._places(group)
            if place not in done[at]
        }
        n_yielded = 0
        try:
            for group_at, fold_at, trials in self._run(groups, left, race):
                done[group_at][fold_at] = trials
                if self.book is not None and self._is_complete(groups[group_at], done[group_at]):
                    # Before those ahead of it are complete
                    for one, trial in self._merge_group(groups[group_at], done[group_at], race):
                        self.book.keep(one, trial)
                while n_yielded < len(groups) and self._is_complete(groups[n_yielded], done[n_yielded]):
                    yield from self._merge_group(groups[n_yielded], done[n_yielded], race)
                    n_yielded += 1
        except KeyboardInterrupt:
            for group, by_fold in zip(groups[n_yielded:], done[n_yielded:], strict=True):
                if self._is_complete(group, by_fold):
                    yield from self._merge_group(group, by_fold, race)
            raise

    def _group(self, configurations: Sequence[Configuration]) -> list[list[Configuration]]:
        if self.build is not None:
            return [[one] for one in configurations]
        growing = [[one] for one in configurations if self.grows(one)]
        return growing + group_shared_fits([one for one in configurations if not self.grows(one)])

    def grows(self, configuration: Configuration) -> bool:
        """Return whether early stopping chooses the number of rounds, which needs all folds at once."""
        if self.choice is None or configuration.strategy == DEFAULT:
            return False
        return has_open_rounds(open_rounds(configuration))

    def looks_first(self, configuration: Configuration) -> bool:
        """Return whether a first look pays: with early stopping it takes half as long as a whole fold."""
        return not self.grows(configuration)

    def _places(self, group: Sequence[Configuration]) -> range:
        """Return the positions of the folds on which a group is evaluated apart; ``ALL_FOLDS`` for all."""
        return range(ALL_FOLDS, ALL_FOLDS + 1) if self.grows(group[0]) else range(len(self.folds))

    def _is_complete(self, group: Sequence[Configuration], done: ByFold) -> bool:
        return len(done) == len(self._places(group))

    def _merge_group(
        self, group: Sequence[Configuration], by_fold: ByFold, race: FoldRace | None
    ) -> Iterator[tuple[Configuration, ScoredTrial]]:
        ordered = [by_fold[fold_at] for fold_at in sorted(by_fold)]
        for configuration, trials in zip(group, zip(*ordered, strict=True), strict=True):
            n_seen = self._count_seen(trials)
            merged = _merge(trials, n_seen)
            is_stopped = race is not None and n_seen < len(self.folds)
            yield configuration, stop_trial(merged, race) if race and is_stopped else merged

    def _count_seen(self, trials: Sequence[Trial]) -> int:
        """Return the number of folds that a trial has run, which a race may have stopped while it grew."""
        n_metrics = sum(len(trial.fold_metrics) for trial in trials)
        return n_metrics if all(trial.status == "ok" for trial in trials) else len(self.folds)

    def _run(
        self,
        groups: Sequence[list[Configuration]],
        left: set[tuple[int, int]],
        race: FoldRace | None = None,
    ) -> Iterator[Outcome]:
        """Yield the outcome of groups on folds, given as positions of both.

        After a worker died, what is left runs alone.
        """
        if self.book is not None:
            yield from self.book.take(groups, left, race)
            if not left:
                return
        try:
            for group_at, fold_at, trials in self._start(groups, self._order(groups, left), race):
                left.remove((group_at, fold_at))
                if self.book is not None and fold_at == FIRST_LOOK:
                    self.book.keep_looks(groups[group_at], trials)
                yield group_at, fold_at, trials
        except BrokenExecutor:
            crashed: set[str] = set()
            for group_at, fold_at in sorted(left):
                alone = [self._run_alone(one, fold_at, crashed, race) for one in groups[group_at]]
                yield group_at, fold_at, alone

    def _order(
        self, groups: Sequence[list[Configuration]], left: set[tuple[int, int]]
    ) -> list[tuple[int, int]]:
        """Return positions in the order of their start: if several run at once, the longest fits first.

        Whichever is last runs while the other workers are idle.
        """
        if self.costs is None or effective_n_jobs(self.n_jobs) == 1:
            return sorted(left)
        seconds = [self._expected_seconds(group, self.costs) for group in groups]
        return sorted(left, key=lambda position: (-seconds[position[0]], position))

    def _expected_seconds(self, group: Sequence[Configuration], costs: CostModel) -> float:
        fold = self.folds_for(group[0].learner)[0]
        n_rows, n_columns = np.shape(fold.X_train)
        n_classes = len(np.unique(fold.y_train)) if self.task_type == "classification" else 1
        return max(costs.predict(one, n_rows, n_columns, n_classes) for one in group)

    def _run_alone(
        self, configuration: Configuration, fold_at: int, crashed: set[str], race: FoldRace | None
    ) -> Trial:
        """Evaluate one configuration on one fold; it has crashed if its worker dies."""
        start = time.perf_counter()
        if configuration.config_id not in crashed:
            try:
                ((_, _, (trial,)),) = self._start([[configuration]], [(0, fold_at)], race)
            except BrokenExecutor:
                crashed.add(configuration.config_id)
            else:
                return trial
        return Trial([], "crashed", CRASHED, time.perf_counter() - start)

    def folds_for(self, learner: str) -> Sequence[Fold] | Sequence[RawFold]:
        """Return the folds in the form that a learner takes."""
        return self.folds.for_learner(learner) if isinstance(self.folds, FoldSet) else self.folds

    def _take_folds(self, folds: Any, place: int) -> Any:
        """Return the folds of a position: one, all, or a sample of the first."""
        if place == FIRST_LOOK:
            if id(folds) not in self._samples:
                sample = thin_folds(folds[:1], LOOK_SHARE, self.task_type, self.seed)
                self._samples[id(folds)] = folds, sample
            return self._samples[id(folds)][1]
        return folds if place == ALL_FOLDS else [folds[place]]

    def _start(
        self,
        groups: Sequence[list[Configuration]],
        positions: Sequence[tuple[int, int]],
        race: FoldRace | None = None,
    ) -> Iterator[Outcome]:
        """Evaluate groups on folds, given as positions of both, and yield outcomes in any order."""
        measure = ScorerMeasure(self.scorer, self.metric, self.weighs, self.several)
        folds = [self.folds_for(group[0].learner) for group in groups]
        n_threads = max(effective_n_jobs(self.n_jobs) // len(positions), 1) if positions else 1
        choice = self.choice and replace(self.choice, n_threads=n_threads, race=race)
        outcomes: Iterator[Outcome] = Parallel(n_jobs=self.n_jobs, return_as="generator_unordered")(
            delayed(_evaluate)(
                (group_at, fold_at),
                get_learner(groups[group_at][0].learner),
                self._as_evaluated(groups[group_at]),
                KeptFolds(self._take_folds(folds[group_at], fold_at)),
                self.task_type,
                self.seed,
                measure,
                self.build,
                choice if self.grows(groups[group_at][0]) else None,
            )
            for group_at, fold_at in positions
        )
        return outcomes

    def _as_evaluated(self, group: Sequence[Configuration]) -> Sequence[Configuration]:
        """Return configurations without the number of rounds if early stopping chooses it."""
        return [open_rounds(one) for one in group] if self.grows(group[0]) else group


def _runs(by_fold: ByFold) -> bool:
    """Whether a trial of a group has not failed so far."""
    return any(trial.is_ok for trial in _merge_so_far(by_fold))


def has_default(group: Sequence[Configuration]) -> bool:
    """Return whether a library default is in a group: what is chosen must have been compared with it."""
    return any(one.strategy == DEFAULT for one in group)


def _find_behind(running: Sequence[Running], race: FoldRace) -> list[bool]:
    """Return for each group whether it may be stopped: all of its trials are behind on the folds so far."""
    merged = [[trial for trial in _merge_so_far(by_fold) if trial.is_ok] for _, by_fold in running]
    if not merged:
        return []
    hopeless = race.find_hopeless(np.array([trial.fold_scores for trials in merged for trial in trials]))
    ends = np.cumsum([len(trials) for trials in merged])
    parts = np.split(hopeless, ends[:-1])
    return [
        bool(part.all()) and not has_default(group) for (group, _), part in zip(running, parts, strict=True)
    ]


def _is_behind(by_fold: ByFold, race: FoldRace) -> bool:
    """Whether all trials of a group are behind the best complete one."""
    running = [trial for trial in _merge_so_far(by_fold) if trial.is_ok]
    return all(race.find_hopeless(trial.fold_scores[None])[0] for trial in running)


def _stop_all(by_fold: ByFold, race: FoldRace) -> list[ScoredTrial]:
    return [stop_trial(trial, race) for trial in _merge_so_far(by_fold)]


def _merge_so_far(by_fold: ByFold) -> list[ScoredTrial]:
    ordered = [by_fold[fold_at] for fold_at in sorted(by_fold)]
    return [_merge(trials, len(ordered)) for trials in zip(*ordered, strict=True)]


def stop_trial(trial: ScoredTrial, race: FoldRace) -> ScoredTrial:
    """Return a trial of the first folds as one of all; it is stopped unless it has failed."""
    seen = trial.fold_scores
    left = np.full(race.n_folds - len(seen), np.nan)
    scores = np.concatenate([seen, left])
    if not trial.is_ok:
        return replace(trial, fold_scores=scores)
    reason = describe_stop(len(seen), race.n_folds)
    return replace(
        trial,
        fold_scores=scores,
        status=STOPPED,
        error=reason,
        estimate=race.estimate(seen),
        further={name: np.concatenate([one, left]) for name, one in trial.further.items()},
    )


def _stop_by_look(trial: ScoredTrial, race: FoldRace) -> ScoredTrial:
    reason = f"behind the best on a first look at {LOOK_SHARE:.0%} of the rows"
    estimate = race.estimate_look(float(trial.fold_scores[0]))
    none = np.full(race.n_folds, np.nan)
    further = dict.fromkeys(trial.further, none)
    return replace(trial, fold_scores=none, status=STOPPED, error=reason, estimate=estimate, further=further)


def _evaluate(  # noqa: PLR0913, PLR0917 (joblib pickles each alone)
    position: tuple[int, int],
    learner: Learner,
    group: Sequence[Configuration],
    sent: KeptFolds,
    task_type: TaskType,
    seed: int,
    measure: ScorerMeasure,
    build: Callable[[Configuration], Any] | None,
    choice: RoundChoice | None,
) -> Outcome:
    # A custom learner is not registered in a new process
    register_learner(learner)
    folds = sent.folds
    # The order of summation changes results
    with one_thread():
        if build is None:
            prepared = [fold for fold in folds if isinstance(fold, Fold)]
            return *position, evaluate_group(group, prepared, task_type, seed, measure, choice)
        (fold,) = folds
        if not isinstance(fold, RawFold):
            raise TypeError("a pipeline needs the user's own rows")
        return *position, [evaluate_pipeline(one, fold, build, measure) for one in group]


def evaluate_pipeline(
    configuration: Configuration,
    fold: RawFold,
    build: Callable[[Configuration], Any],
    measure: ScorerMeasure,
) -> Trial:
    """Fit the pipeline of a configuration to the user's rows, and give it to the scorer."""
    fitted: list[Any] = []

    def evaluate() -> list[FoldOutcome]:
        fitted.append(fit_pipeline(build(configuration), fold.X_train, fold.y_train, fold.weights))
        start = time.perf_counter()
        with _without_convergence():
            scores = measure.score(fitted[0], fold.X_test, fold.y_test, fold.test_weights)
        return [FoldOutcome(scores, time.perf_counter() - start)]

    return with_training_scores(record_trial(evaluate), fitted, fold, fold.y_train, measure)


def with_training_scores(
    trial: Trial,
    fitted: Sequence[Any],
    fold: RawFold,
    y_train: Any,
    measure: ScorerMeasure,
    params: Mapping[str, Mapping[str, Any]] | None = None,
) -> Trial:
    """Return a trial on one fold with the scores on its training part, if they are asked for.

    Their time counts for neither fit nor score, and an error in them does not end the trial.

    Parameters
    ----------
    trial
        Of one fold.
    fitted
        The fitted estimator; empty if the fit failed.
    fold, y_train
        The fold, and the target of its training part as scorers get it.
    measure
        The scorers.
    params
        Further arguments of the scorers; see :meth:`.ScorerMeasure.score`.
    """
    if not measure.several.on_training or trial.status != "ok":
        return trial
    (metrics,) = trial.fold_metrics
    with record_warnings():
        try:
            scores = measure.score(fitted[0], fold.X_train, y_train, fold.weights, params)
            error = ""
        except Exception as problem:  # noqa: BLE001 - a scorer may raise anything
            if measure.several.error_score is None:
                return replace(trial, fold_metrics=[], status="failed", error=describe_error(problem))
            scores = dict.fromkeys(metrics, measure.several.error_score)
            error = f"on the training part {describe_error(problem)}"
    named = {TRAIN + name.removeprefix(TEST): score for name, score in scores.items()}
    if len(named) > 1:
        del named[TRAIN + SCORE]
    said = "; ".join(part for part in (trial.error, error) if part)
    return replace(trial, fold_metrics=[{**metrics, **named}], error=said)


@contextmanager
def _without_convergence() -> Iterator[None]:
    """Drop convergence warnings, which in a scorer do not tell of the learner's fit."""
    with record_warnings() as caught:
        yield
    for one in caught:
        if not issubclass(one.category, ConvergenceWarning):
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)


def _merge(trials: Sequence[Trial], n_folds: int) -> ScoredTrial:
    """Merge the trials of one configuration, each on one fold, or one on all."""
    n_each = n_folds // len(trials)
    score_seconds = np.repeat([trial.score_seconds / n_each for trial in trials], n_each)
    fit_seconds = np.repeat([trial.fit_seconds / n_each for trial in trials], n_each) - score_seconds
    seconds = (np.maximum(fit_seconds, 0.0), score_seconds)
    none = np.full(n_folds, np.nan)
    failed = [trial for trial in trials if trial.status != "ok"]
    if failed:
        return ScoredTrial(none, *seconds, failed[0].status, failed[0].error)
    measured = [metrics for trial in trials for metrics in trial.fold_metrics]
    scores = np.array([metrics[SCORE] for metrics in measured])
    if not np.isfinite(scores).all():
        listed = ", ".join(f"{score:.6g}" for score in scores)
        error = f"the score is not finite on every fold: {listed}"
        return ScoredTrial(none, *seconds, "failed", error)
    # Distinct warnings of all folds
    said = sorted({part for trial in trials for part in trial.error.split("; ") if part})
    rounds = trials[0].rounds
    n_rounds = None if rounds is None else rounds.chosen
    names = dict.fromkeys(name for metrics in measured for name in metrics if name != SCORE)
    further = {name: np.array([metrics.get(name, np.nan) for metrics in measured]) for name in names}
    is_cut = rounds is not None and rounds.is_cut
    return ScoredTrial(scores, *seconds, "ok", "; ".join(said), n_rounds, further=further, is_cut=is_cut)
