"""Searches on single tasks: their plan, next proposals and past trials."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import chain, groupby, zip_longest
from typing import Any

from foretune.base import TASK_TYPES, derive_seed
from foretune.execution import CutOff, shorten
from foretune.hpo.design import (
    NoDefaultError,
    design_configurations,
    first_configurations,
    make_strategy,
)
from foretune.hpo.parameters import HpoParameters
from foretune.hpo.strategies.strategy import Proposal, Strategy
from foretune.hpo.trial_table import WORKED, score_of
from foretune.learners import (
    METRICS,
    STOPPED,
    FoldRace,
    Trial,
    get_learner,
    group_shared_fits,
    has_open_rounds,
    known_metrics,
    name_splitter,
)
from foretune.ledger import EvaluationContext, trial_key
from foretune.spaces import DEFAULT, TUNED, Configuration
from foretune.tasks import Task, content_hash, table_of

logger = logging.getLogger(__name__)

BINARY = 2
# More than in any rung
EVERYTHING = 1_000_000
# A few seconds of work
GROUPS_PER_SEARCH = 20


class TaskSearch:
    """Search on one task: proposals of a shared design or of one learner's strategy.

    Parameters
    ----------
    task, context
        The task, and everything that its trials share.
    parameters
        Metric of the score, and number of proposals to request at once.
    first
        Configurations that do not depend on scores: library defaults and shared designs.
    strategy
        Strategy for further proposals, after the scores of the first; None if there are none.
    n_trials
        Maximum number of trials, including the first ones.

    Attributes
    ----------
    first
        Proposals that do not depend on scores.
    trials
        Known trials, in the order in which they were recorded.
    n_left
        Number of trials to come; an estimate until the strategy is exhausted.
    """

    def __init__(
        self,
        task: Task,
        context: EvaluationContext,
        parameters: HpoParameters,
        first: Sequence[Configuration],
        strategy: Strategy[Any] | None = None,
        n_trials: int = 1,
    ) -> None:
        self.task = task
        self.context = context
        self._contexts: dict[tuple[bool, bool], EvaluationContext] = {}
        self.trials: dict[tuple[str, float], tuple[Proposal, Trial]] = {}
        self.n_left = n_trials
        self._parameters = parameters
        self.first = [Proposal(configuration) for configuration in first]
        self._strategy = strategy
        self._most_trials = n_trials
        self._n_proposed = 0
        self._batch: Sequence[Proposal] = ()
        # By fidelity, of complete trials before the last batch
        self._races: dict[float, FoldRace] = {}

    @property
    def is_race(self) -> bool:
        """Whether hopeless trials are stopped: those of a strategy that always learns from scores."""
        learns = self._strategy is not None and self._strategy.uses_scores == "always"
        return self._parameters.racing and learns

    @property
    def waits(self) -> bool:
        """Whether trials of the last batch are missing."""
        return any(proposal.key not in self.trials for proposal in self._batch)

    def key(self, proposal: Proposal) -> str:
        """Return the key of a trial in the ledger."""
        configuration = proposal.configuration
        return trial_key(self.context_of(configuration), configuration, proposal.fidelity)

    def context_of(self, configuration: Configuration) -> EvaluationContext:
        """Return everything else that the trial of a configuration depends on.

        Neither early stopping nor the form of boosters concerns learners that have none of them, so that
        their trials are known whatever is asked of others.
        """
        grows = self._grows(configuration)
        is_native = get_learner(configuration.learner).native is not None
        if (grows, is_native) not in self._contexts:
            preprocessing = self._parameters.preprocessing
            if not is_native:
                preprocessing = preprocessing.model_copy(update={"by_learner": False})
            self._contexts[grows, is_native] = replace(
                self.context,
                early_stopping=self.context.early_stopping if grows else None,
                preprocessing=preprocessing.model_dump(mode="json"),
            )
        return self._contexts[grows, is_native]

    def tell(self, proposal: Proposal, trial: Trial) -> None:
        """Record a trial, new or from the ledger."""
        self.trials[proposal.key] = (proposal, trial)
        self.n_left = max(self.n_left - 1, 0)

    def race_of(self, proposal: Proposal) -> FoldRace | None:
        """Return the complete trials against which a proposal of the last batch races; None if it does not.

        They were told before the batch, so that results do not depend on the number of workers.
        """
        is_default = proposal.configuration.strategy == DEFAULT
        return None if is_default else self._races.get(proposal.fidelity)

    def accepts(self, proposal: Proposal, trial: Trial) -> bool:
        """Return whether a stored trial counts: a stopped one if it would be stopped now, too.

        It may have been stopped by another score, or by trials that this search does not have.
        """
        if trial.status != STOPPED:
            return True
        race = self.race_of(proposal)
        return race is not None and self._find_stop(proposal, trial, race) == len(trial.fold_metrics)

    def next_batch(self) -> list[Proposal]:
        """Return the next proposals without a trial; none at the end of the search.

        The whole last batch must have been told. The strategy gets the scores in the order of its proposals,
        so that results do not depend on the number of workers.
        """
        while batch := self._propose():
            self._batch = batch
            self._n_proposed += len(batch)
            if new := [proposal for proposal in batch if proposal.key not in self.trials]:
                return new
        self._batch = ()
        self.n_left = 0
        return []

    def _propose(self) -> Sequence[Proposal]:
        if not self._n_proposed:
            return self.first
        if self._strategy is None:
            return ()
        for proposal in self._batch:
            self._strategy.tell(proposal, self._told_score(proposal))
        if self.is_race:
            self._record_complete()
        n = self._parameters.batch_size if self._strategy.uses_scores == "always" else EVERYTHING
        return self._strategy.ask(min(n, self._most_trials - self._n_proposed))

    def _told_score(self, proposal: Proposal) -> float | None:
        """Return the score that the strategy learns from: of a trial that is stopped the estimate."""
        trial, race = self.trials[proposal.key][1], self.race_of(proposal)
        n_seen = None if race is None else self._find_stop(proposal, trial, race)
        if race is not None and n_seen is not None:
            return race.estimate(race.scores_of(trial.fold_metrics[:n_seen]))
        return score_of(trial, self.task.task_type, self._parameters)

    def _find_stop(self, proposal: Proposal, trial: Trial, race: FoldRace) -> int | None:
        """Return after how many folds the race stops a trial; None if it goes on, or failed.

        Complete trials that an earlier run without racing left in the ledger are stopped as well, so that the
        strategy proposes the same. Not so those of boosters that grow: how they were after the first folds is
        not known.
        """
        if not self._grows(proposal.configuration):
            return race.find_stop(trial.fold_metrics) if trial.status in WORKED else None
        is_behind = trial.status == STOPPED and race.is_hopeless(trial.fold_metrics)
        return len(trial.fold_metrics) if is_behind else None

    def _record_complete(self) -> None:
        """Let the next proposals race against the trials of the last batch that were not stopped."""
        complete: list[tuple[float, Trial]] = []
        for proposal in self._batch:
            trial, race = self.trials[proposal.key][1], self.race_of(proposal)
            has_score = score_of(trial, self.task.task_type, self._parameters) is not None
            if has_score and (race is None or self._find_stop(proposal, trial, race) is None):
                complete.append((proposal.fidelity, trial))
        for fidelity, trial in complete:
            race = self._races.setdefault(fidelity, self._make_race())
            race.record(race.scores_of(trial.fold_metrics))

    def _make_race(self) -> FoldRace:
        name = self._parameters.score.of(self.task.task_type)
        is_better = METRICS[self.task.task_type][name].higher_is_better
        n_folds = self._parameters.n_folds_to_run(len(self.task.y))
        return FoldRace(n_folds, metric=name, higher_is_better=is_better)

    def _grows(self, configuration: Configuration) -> bool:
        return self.context.early_stopping is not None and has_open_rounds(configuration)


def plan_searches(
    tasks: Mapping[str, Task], parameters: HpoParameters, seed: int
) -> tuple[list[TaskSearch], list[CutOff]]:
    """Plan all searches of a run, in the order of task names.

    A learner without a library default has one trial on each task, which has failed already.

    A learner is left out, with a log line, on tasks larger than its ``max_cells`` or ``max_rows``. Learners
    whose strategies ignore scores take turns in shared searches, so that an early end leaves trials of each.
    Every other learner has its own search.

    Parameters
    ----------
    tasks
        Tasks by ``task_id``.
    parameters
        Learners, strategies, folds, number of trials.
    seed
        The seed of the run.

    Returns
    -------
    searches : list of TaskSearch
        Searches of a few seconds each: the trials of one are leased together, and other runs may share the
        work.
    cut_off : list of CutOff
        Trials beyond ``budget.n_trials``, which is distributed evenly over tasks and learners.

    Raises
    ------
    UserError
        If a strategy cannot be created.
    """
    present = [kind for kind in TASK_TYPES if any(task.task_type == kind for task in tasks.values())]
    designs = {kind: design_configurations(parameters, kind, seed) for kind in present}
    too_large = _find_too_large(tasks, parameters)
    plans = [
        _make_plan(tasks[task_id], learner, designs[tasks[task_id].task_type], parameters, seed)
        for task_id in sorted(tasks)
        for learner in parameters.learners
        if task_id not in too_large.get(learner, ())
    ]
    wanted = [plan.n_wanted for plan in plans]
    dealt = wanted
    if parameters.budget.n_trials is not None:
        dealt = deal_out(parameters.budget.n_trials, wanted)
    searches: list[TaskSearch] = []
    cut_off: list[CutOff] = []
    for plan, share in zip(plans, dealt, strict=True):
        plan.most_trials = share
        if plan.n_wanted > share:
            cut_off.append(CutOff(plan.task.task_id, "n_trials", plan.n_wanted - share))
    for task_id, of_task in groupby(plans, key=lambda plan: plan.task.task_id):
        searches += _make_searches(tasks[task_id], list(of_task), parameters, seed)
    return searches, cut_off


def count_cells(task: Task) -> int:
    """Return rows x features, times the classes if more than two, for each of which boosters fit a model."""
    n_classes = task.y.nunique() if task.task_type == "classification" else 1
    return int(task.X.size * (n_classes if n_classes > BINARY else 1))


def _count_rows(task: Task) -> int:
    return len(task.y)


def _find_too_large(tasks: Mapping[str, Task], parameters: HpoParameters) -> dict[str, list[str]]:
    """Return and log the tasks that are too large for each learner."""
    limits = (("cells", parameters.max_cells, count_cells), ("rows", parameters.max_rows, _count_rows))
    too_large: dict[str, list[str]] = {}
    for unit, most_of, count in limits:
        sizes = {task_id: count(tasks[task_id]) for task_id in sorted(tasks) if most_of}
        for learner in parameters.learners:
            most = most_of.get(learner)
            names = [task_id for task_id, n in sizes.items() if most is not None and n > most]
            if names:
                too_large.setdefault(learner, []).extend(names)
                logger.info(
                    "%s is left out on %d tasks of more than %s %s (hpo.max_%s): %s",
                    *(learner, len(names), f"{most:,}", unit, unit, shorten(names)),
                )
    return too_large


@dataclass
class _Plan:
    """Trials of one learner on one task; none where there is a problem with the learner."""

    task: Task
    first: Sequence[Configuration]
    strategy: Strategy[Any] | None
    n_wanted: int
    most_trials: int = 0
    problem: str = ""


def _make_plan(
    task: Task, learner: str, design: Sequence[Configuration], parameters: HpoParameters, seed: int
) -> _Plan:
    n_wanted = parameters.n_configurations_for(learner, len(task.y))
    if of_learner := [one for one in design if one.learner == learner]:
        known = [one for one in of_learner if one.strategy in (DEFAULT, TUNED)]
        # A grid may have more than were asked for
        is_shortened = n_wanted < parameters.n_configurations
        first = of_learner[: len(known) + n_wanted] if is_shortened else of_learner
        return _Plan(task, first, None, len(first))
    try:
        first = first_configurations(parameters, learner, task.task_type)
    except NoDefaultError as error:
        return _Plan(task, [Configuration(learner, {}, DEFAULT)], None, 0, problem=error.problem)
    if not n_wanted:
        return _Plan(task, first, None, len(first))
    own_seed = derive_seed(seed, "strategy", task.task_id)
    strategy = make_strategy(parameters, learner, task.task_type, own_seed, n_wanted)
    return _Plan(task, first, strategy, len(first) + strategy.n_expected)


def _make_searches(
    task: Task, plans: Sequence[_Plan], parameters: HpoParameters, seed: int
) -> list[TaskSearch]:
    context = make_context(task, parameters, seed)
    listed = [plan.first[: plan.most_trials] for plan in plans if plan.strategy is None]
    shared = [
        TaskSearch(task, context, parameters, portion, n_trials=len(portion)) for portion in _portions(listed)
    ]
    own = [
        TaskSearch(task, context, parameters, plan.first, plan.strategy, plan.most_trials)
        for plan in plans
        if plan.strategy is not None and plan.most_trials
    ]
    failed = [
        _make_failed_search(task, context, parameters, plan.first[0], plan.problem)
        for plan in plans
        if plan.problem
    ]
    return shared + own + failed


def _make_failed_search(
    task: Task,
    context: EvaluationContext,
    parameters: HpoParameters,
    configuration: Configuration,
    problem: str,
) -> TaskSearch:
    search = TaskSearch(task, context, parameters, [configuration])
    trial = Trial([], "failed", f"it has no library default: {problem}", 0.0)
    search.tell(search.first[0], trial)
    return search


def _portions(designs: Sequence[Sequence[Configuration]]) -> list[list[Configuration]]:
    """Interleave the groups with shared fits of all designs, and split them into portions."""
    groups = [group_shared_fits(design) for design in designs]
    in_turn = [group for group in chain.from_iterable(zip_longest(*groups)) if group is not None]
    return [
        list(chain.from_iterable(in_turn[start : start + GROUPS_PER_SEARCH]))
        for start in range(0, len(in_turn), GROUPS_PER_SEARCH)
    ]


def make_context(task: Task, parameters: HpoParameters, seed: int) -> EvaluationContext:
    """Return everything that determines the results of a task's trials except their configurations."""
    stopping = parameters.early_stopping
    n_run = parameters.n_folds_to_run(len(task.y))
    by = None if task.split is None else task.split.kind
    splitter = name_splitter(task.task_type, by)
    # Of folds by time the last ones run
    some = f"[-{n_run}:]" if by == "time" else f"[:{n_run}]"
    return EvaluationContext(
        task_hash=content_hash(task),
        splitter=splitter if n_run == parameters.n_folds else f"{splitter}{some}",
        n_folds=parameters.n_folds,
        # A sample has the seeds of its table
        fold_seed=derive_seed(seed, "folds", table_of(task.task_id)),
        learner_seed=derive_seed(seed, "learner", table_of(task.task_id)),
        preprocessing=parameters.preprocessing.model_dump(mode="json"),
        metrics=tuple(known_metrics(task.task_type)),
        early_stopping=None
        if stopping is None
        else {**asdict(stopping), "metric": parameters.score.of(task.task_type)},
    )


def deal_out(n_trials: int, wanted: Sequence[int]) -> list[int]:
    """Distribute a number of trials in turn over searches, to none more than it wants."""
    dealt = [0] * len(wanted)
    while n_trials and (hungry := [i for i, n in enumerate(wanted) if dealt[i] < n]):
        # Several rounds at once while no search is full
        rounds = max(1, min(n_trials // len(hungry), *(wanted[i] - dealt[i] for i in hungry)))
        for i in hungry[:n_trials]:
            dealt[i] += rounds
            n_trials -= rounds
    return dealt
