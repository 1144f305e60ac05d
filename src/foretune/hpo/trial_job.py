"""Job of evaluating configurations on one task."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from foretune.base import TaskType
from foretune.execution import Job, Outcome
from foretune.hpo.parameters import HpoParameters
from foretune.hpo.strategies.strategy import Proposal
from foretune.learners import (
    METRICS,
    STOPPED,
    Fold,
    FoldRace,
    FoldSet,
    Learner,
    Metric,
    Response,
    RoundChoice,
    Trial,
    describe_stop,
    evaluate_group,
    make_folds,
    register_learner,
    register_metric,
    thin_folds,
    to_predictions,
)
from foretune.ledger import EvaluationContext
from foretune.spaces import Configuration
from foretune.tasks import Task

ExpectedSeconds = Callable[[Task, Configuration], float]
IMPORT_ERRORS = ("ImportError: ", "ModuleNotFoundError: ", "MissingExtraError: ")


@dataclass(frozen=True)
class TrialGroup:
    """Configurations that share a fit and a fidelity.

    Attributes
    ----------
    configurations
        A group of :func:`foretune.learners.shared_fits.group_shared_fits`.
    fidelity
        Share of the training rows, in (0, 1].
    race
        Complete trials that stop these configurations if they are behind; None to run all folds.
    """

    configurations: tuple[Configuration, ...]
    fidelity: float = 1.0
    race: FoldRace | None = field(default=None, compare=False)

    @property
    def learner(self) -> str:
        """The learner of all configurations."""
        return self.configurations[0].learner


class TrialJob(Job):
    """Job of groups of configurations on the same folds of one task.

    Parameters
    ----------
    task
        The task.
    context
        Seeds of the splitter and of the learners.
    parameters
        Number of folds and preprocessing.
    groups
        Groups to evaluate, in this order.
    learners, metrics
        Learners of the groups and metrics of the task type, sent with the job because custom ones are not
        registered in a new process.
    expect
        Returns the seconds that a configuration is expected to take on the task; None if unknown.
    """

    def __init__(
        self,
        task: Task,
        context: EvaluationContext,
        parameters: HpoParameters,
        groups: Sequence[TrialGroup],
        learners: Sequence[Learner],
        metrics: dict[str, Metric],
        expect: ExpectedSeconds | None = None,
    ) -> None:
        self.task_id = task.task_id
        self.items = groups
        self.learners = tuple(learner.name for learner in learners)
        self._task = task
        self._context = context
        self._parameters = parameters
        self._learners = learners
        self._metrics = metrics
        self._expect = expect

    def __getstate__(self) -> dict[str, Any]:
        # Items are sent one by one, and workers decide on none
        return {**vars(self), "items": [], "_expect": None}

    @property
    def shared_key(self) -> Hashable:
        """Key of the folds and of the learners that were built with them, for jobs of one task."""
        return self._context.digest, self.learners

    @property
    def prepares_several(self) -> bool:
        """Whether the preparation builds several learners, one of which may be why it fails."""
        return len(self.learners) > 1

    def of_each_learner(self, groups: Sequence[TrialGroup]) -> list[TrialJob]:
        """Return a job for each learner of some groups, which prepares that learner alone."""
        return [
            TrialJob(
                self._task,
                self._context,
                self._parameters,
                [group for group in groups if group.learner == learner.name],
                [learner],
                self._metrics,
                self._expect,
            )
            for learner in self._learners
            if any(group.learner == learner.name for group in groups)
        ]

    def expected_seconds(self, item: TrialGroup) -> float:
        """Return the seconds of the fits of a group's largest configuration, which give the others."""
        return 0.0 if self._expect is None else self._expect(self._task, item.configurations[-1])

    def prepare(self) -> FoldSet[Fold]:
        """Make the folds in the forms of the learners, and build each learner once for its imports.

        Raises
        ------
        Exception
            Whatever a learner or a library raises that cannot be used here.
        """
        for name, metric in self._metrics.items():
            register_metric(self._task.task_type, name, metric)
        for learner in self._learners:
            register_learner(learner)
            learner.build(learner.library_default(self._task.task_type), self._task.task_type, 0)
        n_folds, preprocessing = self._parameters.n_folds, self._parameters.preprocessing
        n_run = self._parameters.n_folds_to_run(len(self._task.y))
        make = partial(make_folds, self._task, n_folds, preprocessing, self._context.fold_seed, n_made=n_run)
        folds = FoldSet(make, n_run, preprocessing)
        for name in self.learners:
            folds.for_learner(name)
        return folds

    def evaluate(self, shared: FoldSet[Fold], item: TrialGroup) -> list[Trial]:
        """Evaluate a group, with one fit per fold where that is exact; its race may stop trials."""
        folds = shared.for_learner(item.learner)
        if item.fidelity < 1:
            folds = thin_folds(folds, item.fidelity, self._task.task_type, self._context.fold_seed)
        kind, seed = self._task.task_type, self._context.learner_seed
        choice, race = self._choose_rounds(), item.race
        choice = choice and replace(choice, race=race)
        trials = evaluate_group(item.configurations, folds, kind, seed, choice=choice, race=race)
        return trials if race is None else [_mark_stopped(trial, race) for trial in trials]

    def _choose_rounds(self) -> RoundChoice | None:
        """Return how early stopping chooses the number of rounds, by the metric of the score."""
        stopping, kind = self._parameters.early_stopping, self._task.task_type
        if stopping is None:
            return None
        name = self._parameters.score.of(kind)
        metric = METRICS[kind][name]

        def look(response: Response, fold: Fold, task_type: TaskType) -> dict[str, float]:
            predictions = to_predictions(response.output, fold, response.labels)
            return {name: metric.function(predictions)}

        return RoundChoice(
            stopping, name, higher_is_better=metric.higher_is_better, look=look, keeps_curve=True
        )

    def split(self, item: TrialGroup) -> list[TrialGroup]:
        """Split a group into its configurations."""
        return [TrialGroup((one,), item.fidelity, item.race) for one in item.configurations]

    def count(self, item: TrialGroup) -> int:
        """Return the number of configurations in a group."""
        return len(item.configurations)


def _mark_stopped(trial: Trial, race: FoldRace) -> Trial:
    """Return a trial as one that was stopped if it has fewer folds than all."""
    n_seen = len(trial.fold_metrics)
    if trial.status != "ok" or n_seen == race.n_folds:
        return trial
    return replace(trial, status=STOPPED, error=describe_stop(n_seen, race.n_folds))


def lacks_a_library(trial: Trial) -> bool:
    """Whether a trial failed because something could not be imported on this machine."""
    return trial.status == "failed" and trial.error.startswith(IMPORT_ERRORS)


def trials_of(outcome: Outcome) -> Iterator[tuple[Proposal, Trial]]:
    """Generate the trials of an outcome, including failed ones."""
    group: TrialGroup = outcome.item
    reply = outcome.reply
    if reply.status == "ok":
        trials = reply.value
    else:
        trials = [Trial([], reply.status, reply.error, reply.seconds)] * len(group.configurations)
    for configuration, trial in zip(group.configurations, trials, strict=True):
        yield Proposal(configuration, group.fidelity), trial
