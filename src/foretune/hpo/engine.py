"""Parallel hyperparameter optimisation on many tasks, reusing the trials in the ledger."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from foretune.base import UserError
from foretune.execution import (
    CutOff,
    Job,
    Outcome,
    ParallelParameters,
    describe_cut_off,
    run_jobs,
    shorten,
)
from foretune.hpo.parameters import HpoParameters
from foretune.hpo.strategies.strategy import Proposal
from foretune.hpo.task_search import TaskSearch, plan_searches
from foretune.hpo.trial_job import ExpectedSeconds, TrialGroup, TrialJob, lacks_a_library, trials_of
from foretune.hpo.trial_table import WORKED, collect_trials, describe_statuses, trial_row
from foretune.learners import METRICS, FoldRace, Trial, get_learner, group_shared_fits
from foretune.ledger import LedgerError, StoredTrial
from foretune.spaces import RECOMMENDED, Configuration
from foretune.tasks import Task

if TYPE_CHECKING:
    from foretune.ledger import Ledger

OnProgress = Callable[[str, int, int], None]


logger = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 1.0
ONE_WORKER = ParallelParameters(n_workers=1)


class NothingEvaluatedError(UserError):
    """The budget was exhausted before the first trial."""


def run_hpo(
    tasks: Mapping[str, Task],
    parameters: HpoParameters,
    seed: int,
    parallel: ParallelParameters = ONE_WORKER,
    on_progress: OnProgress | None = None,
    ledger: Ledger | None = None,
    expect: ExpectedSeconds | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Evaluate every learner's default and the proposals of its strategy on every task.

    Parameters
    ----------
    tasks
        Tasks by ``task_id``.
    parameters
        Learners, spaces, strategies, folds, metrics, limits and budget.
    seed
        The same seed gives the same trials for any number of workers and any content of the ledger, except
        for limits and budgets of time. With racing, a trial that the ledger has complete stays complete, even
        if it would be stopped; only with early stopping may it change what a strategy proposes next.
    parallel
        Where to run: in this process, on threads, processes or a Dask cluster.
    on_progress
        Called with a label, the number of trials done and their total, after each delivery of results.
    ledger
        Store of known trials, to which new ones are added at once, so that an interrupted run can be resumed.
        Several runs may share a ledger: none evaluates a trial that another has begun. Recommendations that
        were tried on the tasks and fed back are among the trials.
    expect
        ``expect(task, configuration)`` returns the seconds of a trial: within a budget of time those that are
        expected to overrun it are not started. None to start whatever there is while time is left.

    Returns
    -------
    trials : pandas.DataFrame
        One row per task, learner and configuration, sorted; see :mod:`foretune.hpo.trial_table`.
    costs : pandas.DataFrame
        ``task_id, learner, config_id, fit_seconds``: separate, because times are not reproducible.

    Raises
    ------
    RunInterrupted
        After Ctrl-C; finished trials are in the ledger.
    UserError
        If a strategy, the ledger or the cluster cannot be used, or the budget allows no trial.
    """
    searches, cut_off = plan_searches(tasks, parameters, seed)
    return run_searches(
        searches,
        cut_off,
        parameters,
        parallel,
        on_progress,
        ledger,
        takes_recommended=True,
        expect=expect,
    )


def run_searches(  # noqa: PLR0913
    searches: Sequence[TaskSearch],
    cut_off: list[CutOff],
    parameters: HpoParameters,
    parallel: ParallelParameters = ONE_WORKER,
    on_progress: OnProgress | None = None,
    ledger: Ledger | None = None,
    *,
    takes_recommended: bool = False,
    expect: ExpectedSeconds | None = None,
    deadline: float = math.inf,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Evaluate the proposals of planned searches; other parameters as for :func:`run_hpo`.

    Parameters
    ----------
    searches
        Searches on any tasks, with learners from ``parameters.learners``.
    cut_off
        Trials that were already left out, for the report.
    takes_recommended
        Whether to include recommended trials that were fed back to the ledger.
    deadline
        As for :func:`foretune.execution.run_jobs`; without a ledger, which would keep what was ended.
    """
    run = _Run(searches, cut_off, parameters, ledger, on_progress, expect, deadline)
    run.look_up()
    if takes_recommended:
        run.look_up_recommended()
    try:
        run.work(parallel)
    except KeyboardInterrupt:
        kept = "lost: there is no ledger" if ledger is None else "kept: the same command goes on from there"
        logger.warning(
            "interrupted: %d new trials are done and %s; %d are left", run.n_done, kept, run.n_left
        )
        raise
    rows = run.rows()
    run.report(rows)
    return collect_trials(rows)


class _Run:
    """State of a run, used only in the calling thread."""

    def __init__(
        self,
        searches: Sequence[TaskSearch],
        cut_off: list[CutOff],
        parameters: HpoParameters,
        ledger: Ledger | None,
        on_progress: OnProgress | None,
        expect: ExpectedSeconds | None,
        deadline: float,
    ) -> None:
        self.n_done = 0
        self._expect, self._deadline = expect, deadline
        self._searches = searches
        self._parameters = parameters
        self._ledger = ledger
        self._on_progress = on_progress
        self._learners = [get_learner(name) for name in parameters.learners]
        self._search_of: dict[Job, TaskSearch] = {}
        # Proposals under evaluation in another run
        self._elsewhere: dict[TaskSearch, list[Proposal]] = {}
        self._fed: list[tuple[TaskSearch, Proposal, Trial]] = []
        self._cut_off = cut_off
        # Learners that could not be prepared, which get jobs of their own
        self._unprepared = {
            proposal.configuration.learner
            for search in searches
            for proposal, trial in search.trials.values()
            if trial.status == "failed"
        }
        self._n_not_kept = 0

    @property
    def n_left(self) -> int:
        """Number of trials to do."""
        return sum(search.n_left for search in self._searches)

    def look_up(self) -> None:
        """Look up the trials of the shared designs in the ledger."""
        if self._ledger is None:
            return
        wanted = {
            search.key(one): (search, one)
            for search in self._searches
            for one in search.first
            if one.key not in search.trials
        }
        known = self._ledger.lookup(
            wanted,
            **self._what_counts_as_known(),
            accept=lambda stored: _accepts(*wanted[stored.key], stored),
        )
        for key, stored in known.items():
            search, proposal = wanted[key]
            search.tell(proposal, _trial_of(stored, search, proposal))
        if known:
            logger.info("%d trials are known from the ledger, %d are left", len(known), self.n_left)

    def look_up_recommended(self) -> None:
        """Look up recommendations in the ledger that were tried on these tasks with the same evaluation."""
        if self._ledger is None:
            return
        of_task = {search.context.task_hash: search for search in self._searches}
        for stored in self._ledger.asked_by(RECOMMENDED, of_task):
            search, proposal = of_task[stored.task_hash], Proposal(stored.configuration)
            is_same = search.key(proposal) == stored.key and stored.trial.status not in self._parameters.retry
            if (
                is_same
                and search.accepts(proposal, stored.trial)
                and stored.configuration.learner in self._parameters.learners
            ):
                self._fed.append((search, proposal, stored.trial))

    def work(self, parallel: ParallelParameters) -> None:
        """Evaluate until no trial is left, neither here nor in another run on the same ledger."""
        limits, budget = self._parameters.limits, self._parameters.budget
        jobs: Iterable[Job] = self._begin()
        reasons: dict[str, str] = {}
        end = time.monotonic() + (budget.seconds_total or math.inf)
        while jobs:
            summary = run_jobs(jobs, parallel, self._take_in, limits, budget, self._deadline)
            reasons = {entry.task_id: entry.reason for entry in summary.cut_off}
            jobs = []
            while self._elsewhere and not jobs and time.monotonic() < end:
                time.sleep(SECONDS_BETWEEN_LOOKS)
                jobs = self._look_elsewhere()
        for search in self._searches:
            if search.n_left:
                reason = reasons.get(search.task.task_id, "seconds_total")
                self._cut_off.append(CutOff(search.task.task_id, reason, search.n_left))

    def rows(self) -> list[dict[str, Any]]:
        """Return a row for every trial on all training rows."""
        whole = {
            search.key(proposal): (search, proposal, trial)
            for search in self._searches
            for proposal, trial in search.trials.values()
            # Scores on a part of the rows are not comparable
            if proposal.fidelity == 1
        }
        # A search's own trial replaces a recommended one
        fed = {search.key(proposal): (search, proposal, trial) for search, proposal, trial in self._fed}
        return [
            trial_row(search.task, proposal.configuration, trial, self._parameters)
            for search, proposal, trial in ({**fed, **whole}).values()
        ]

    def report(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Log the failed trials and those that were cut off.

        Raises
        ------
        NothingEvaluatedError
            If there is no trial.
        """
        if self._cut_off:
            logger.warning("budget used up: %s", describe_cut_off(self._cut_off))
        if not rows:
            raise NothingEvaluatedError("no trial was evaluated: raise hpo.budget")
        log = logger.info if all(row["status"] in WORKED for row in rows) else logger.warning
        log("%d new trials, %d in all: %s", self.n_done, len(rows), describe_statuses(rows))
        if self._n_not_kept:
            logger.warning(
                "%d trials of %s could not be prepared on this machine: they are not kept, and the next run "
                "tries them again",
                *(self._n_not_kept, shorten(sorted(self._unprepared))),
            )

    def _begin(self) -> Iterator[Job]:
        for search in self._searches:
            yield from self._go_on(search)

    def _go_on(self, search: TaskSearch) -> list[Job]:
        """Return jobs for the next unknown proposals; none at the end, or to wait for other runs."""
        while batch := search.next_batch():
            if here := self._lease(search, batch):
                return self._make_jobs(search, here)
            if search.waits:
                break
        return []

    def _lease(self, search: TaskSearch, proposals: Sequence[Proposal]) -> list[Proposal]:
        """Tell the search known trials from the ledger; return the proposals that no other run has begun."""
        if self._ledger is None:
            return list(proposals)
        by_key = {search.key(proposal): proposal for proposal in proposals}
        reservation = self._ledger.reserve(
            by_key,
            **self._what_counts_as_known(),
            accept=lambda stored: _accepts(search, by_key[stored.key], stored),
        )
        for key, stored in reservation.known.items():
            search.tell(by_key[key], _trial_of(stored, search, by_key[key]))
        if reservation.busy:
            self._elsewhere[search] = [by_key[key] for key in by_key if key in reservation.busy]
        return [proposal for key, proposal in by_key.items() if key in reservation.granted]

    def _make_jobs(self, search: TaskSearch, proposals: Sequence[Proposal]) -> list[Job]:
        """Return a job for the proposals, and one for each learner that could not be prepared before."""
        groups = [
            TrialGroup(tuple(group), fidelity, race)
            for (fidelity, race), alike in _group_alike(search, proposals).items()
            for group in group_shared_fits(alike)
        ]
        metrics = METRICS[search.task.task_type]
        sound = [group for group in groups if group.learner not in self._unprepared]
        learners = [learner for learner in self._learners if learner.name not in self._unprepared]
        alone = [group for group in groups if group.learner in self._unprepared]
        whole = TrialJob(
            search.task, search.context, self._parameters, sound, learners, metrics, self._expect
        )
        every = TrialJob(
            search.task, search.context, self._parameters, (), self._learners, metrics, self._expect
        )
        return self._remember(search, [*([whole] if sound else []), *every.of_each_learner(alone)])

    def _remember(self, search: TaskSearch, jobs: Sequence[TrialJob]) -> list[Job]:
        self._search_of |= dict.fromkeys(jobs, search)
        return list(jobs)

    def _take_in(self, outcomes: Sequence[Outcome]) -> list[Job]:
        """Store outcomes, tell them to the searches, and return jobs for the next proposals."""
        done: list[StoredTrial] = []
        not_kept: list[StoredTrial] = []
        concerned: dict[TaskSearch, None] = {}
        jobs = self._try_one_by_one(outcomes)
        for outcome in outcomes:
            if _may_be_another_learners_fault(outcome):
                continue
            search = self._search_of[outcome.job]
            concerned[search] = None
            for proposal, trial in trials_of(outcome):
                is_kept = not (outcome.reply.while_preparing or lacks_a_library(trial))
                (done if is_kept else not_kept).append(_to_store(search, proposal, trial))
                search.tell(proposal, trial)
        self._store(done, not_kept)
        for search in concerned:
            if not search.waits:
                jobs += self._go_on(search)
        if self._on_progress is not None and (told := [*not_kept, *done]):
            label = f"{told[-1].task_id} {told[-1].configuration.learner}"
            self._on_progress(label, self.n_done, self.n_done + self.n_left)
        return jobs

    def _try_one_by_one(self, outcomes: Sequence[Outcome]) -> list[Job]:
        """Return jobs of one learner each for what failed while several learners were prepared."""
        groups: dict[TrialJob, list[TrialGroup]] = {}
        for outcome in outcomes:
            if _may_be_another_learners_fault(outcome):
                groups.setdefault(outcome.job, []).append(outcome.item)  # type: ignore[arg-type]
        return [
            job
            for failed, of_job in groups.items()
            for job in self._remember(self._search_of[failed], failed.of_each_learner(of_job))
        ]

    def _store(self, done: Sequence[StoredTrial], not_kept: Sequence[StoredTrial]) -> None:
        """Record trials; those that say nothing of their configuration are only forgotten as begun."""
        self.n_done += len(done) + len(not_kept)
        self._n_not_kept += len(not_kept)
        self._unprepared |= {trial.configuration.learner for trial in not_kept}
        if self._ledger is not None:
            self._ledger.record(done)
            self._ledger.release(trial.key for trial in not_kept)

    def _look_elsewhere(self) -> list[Job]:
        """Return jobs for searches that waited for trials of other runs, if those are done or given up."""
        waiting, self._elsewhere = self._elsewhere, {}
        jobs: list[Job] = []
        for search, proposals in waiting.items():
            if here := self._lease(search, proposals):
                jobs += self._make_jobs(search, here)
            elif not search.waits:
                jobs += self._go_on(search)
        return jobs

    def _what_counts_as_known(self) -> dict[str, Any]:
        limit = self._parameters.limits.seconds_per_trial
        return {"retry": self._parameters.retry, "time_limit": math.inf if limit is None else limit}


def _accepts(search: TaskSearch, proposal: Proposal, stored: StoredTrial) -> bool:
    return search.accepts(proposal, stored.trial)


def _group_alike(
    search: TaskSearch, proposals: Sequence[Proposal]
) -> dict[tuple[float, FoldRace | None], list[Configuration]]:
    """Group configurations that have the same fidelity and race."""
    alike: dict[tuple[float, FoldRace | None], list[Configuration]] = {}
    for one in proposals:
        alike.setdefault((one.fidelity, search.race_of(one)), []).append(one.configuration)
    return alike


def _trial_of(stored: StoredTrial, search: TaskSearch, proposal: Proposal) -> Trial:
    """Return the outcome of a stored trial, which must be of what its key stands for."""
    is_same = (
        stored.task_hash == search.context.task_hash
        and stored.configuration == proposal.configuration
        and stored.fidelity == proposal.fidelity
    )
    if not is_same:
        raise LedgerError(
            f"the trial {stored.key} in the ledger is of another task or configuration than its key says; "
            f"remove it: foretune ledger remove --key {stored.key}"
        )
    return stored.trial


def _may_be_another_learners_fault(outcome: Outcome) -> bool:
    return (
        outcome.reply.while_preparing and isinstance(outcome.job, TrialJob) and outcome.job.prepares_several
    )


def _to_store(search: TaskSearch, proposal: Proposal, trial: Trial) -> StoredTrial:
    return StoredTrial(
        search.key(proposal),
        search.task.task_id,
        search.context.task_hash,
        search.task.task_type,
        proposal.configuration,
        trial,
        proposal.fidelity,
        context=search.context_of(proposal.configuration).digest,
    )
