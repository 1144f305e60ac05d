"""Recommendation of configurations for a new table from a memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from foretune.base import (
    ANY_TYPE,
    PATH,
    ArgumentError,
    TaskType,
    check_kind,
    check_seed,
    check_task_type,
    counted,
    shortened,
)
from foretune.learners import METRICS, PreprocessingParameters, known_learners
from foretune.meta_model import Guard, GuardedSearch, Memory, Provenance, SurfacePrior
from foretune.recommendation.core.boosting_rounds import merge_rounds, with_typical_rounds
from foretune.recommendation.core.candidates import Candidates, draw_more, list_candidates, shorten
from foretune.recommendation.core.chosen_memory import choose_memory, learners_beside
from foretune.recommendation.core.errors import SearchError, check_whole
from foretune.recommendation.core.familiarity import Familiarity, look_around
from foretune.recommendation.core.feasibility import Feasibility
from foretune.recommendation.core.known_sizes import keep_known_sizes
from foretune.recommendation.core.learner_names import (
    AUTO,
    LearnerChoice,
    UnknownLearnerError,
    choose_learners,
)
from foretune.recommendation.core.memory import MemorySource
from foretune.recommendation.core.memory_files import MemoryNotFoundError, folder_of, task_types_in
from foretune.recommendation.core.new_table import (
    LEAST_ROWS,
    MAX_ROWS,
    check_metafeatures,
    describe_table,
    read_table,
)
from foretune.recommendation.core.scorers import task_type_by_score
from foretune.spaces import DEFAULT, Configuration
from foretune.tables import ColumnType, Table

COVERAGE = 0.8
# Number of tasks named in a reason
NAMED_TASKS = 2
SHOWN_CLIPPED = 5


@dataclass(frozen=True)
class Recommender:
    """Recommender of configurations for one new table: ranking, explanation and search.

    Attributes
    ----------
    memory
        What was learnt from other tables.
    table
        The new table; None if there is none.
    task_type
        Of the new table.
    metafeatures
        Of the new table, not clipped to the range of the known tasks; empty if there is none.
    learners
        Learners to choose from.
    feasibility, guard
        Limits of what can be fitted to the table, and settings that protect from bad recommendations.
    seed
        Seed of everything random.
    n_more
        New configurations of each learner beside those in the memory.
    n_least
        Minimum number of candidates: new ones are drawn if the memory has fewer.
    merges_rounds
        Whether candidates that differ only in the number of boosting rounds count as one, because early
        stopping chooses it.
    fills_rounds
        Whether candidates whose number of rounds the memory left to early stopping get the one that is usual
        for them.
    usual_score
        Score of a search that is given none.
    choice_notes, lost_settings
        Notes on what was taken for learner and score, and those by which settings of the user are lost.
    """

    memory: Memory
    table: Table | None
    task_type: TaskType
    metafeatures: pd.Series
    learners: tuple[str, ...]
    feasibility: Feasibility
    guard: Guard
    seed: int
    n_more: int = 0
    n_least: int = 0
    merges_rounds: bool = False
    fills_rounds: bool = False
    choice_notes: tuple[str, ...] = ()
    lost_settings: tuple[str, ...] = ()
    usual_score: str | None = None

    @classmethod
    def for_table(  # noqa: PLR0913
        cls,
        X: pd.DataFrame | ArrayLike,
        y: pd.Series | ArrayLike,
        learner: Any = AUTO,
        *,
        task_type: TaskType | None = None,
        memory: MemorySource = None,
        exclude_families: str | Collection[str] | None = None,
        metafeatures: pd.Series | Mapping[str, float] | None = None,
        n_more: int = 0,
        max_rows: int = MAX_ROWS,
        guard: Guard | None = None,
        seed: int = 0,
        column_types: Mapping[str, ColumnType] | None = None,
        scoring: Any = None,
        n_rows: int | None = None,
    ) -> Recommender:
        """Read a table, compute its metafeatures and load the memory.

        Parameters
        ----------
        X, y, task_type, max_rows, column_types
            As for :func:`foretune.recommendation.core.new_table.read_table`.
        learner
            One or several, or ``"auto"`` for all learners of the memory, except those that
            :func:`.keep_known_sizes` leaves out; see :func:`.choose_learners`.
        memory
            Folder written by the pipeline ``meta_training``, or a loaded memory; None for the shipped one. A
            list of folders, such as ``["reference", "data/06_models/surrogates"]``, is merged, once.
        exclude_families
            Families of tasks to leave out of the memory, by name.
        metafeatures
            Metafeatures of the table by name, if Foretune did not compute those of the memory's tasks.
        n_more
            New configurations of each learner beside those in the memory.
        guard
            See :class:`foretune.meta_model.parameters.Guard`; that of the memory if None.
        seed
            Seed of everything random.
        scoring
            Scorer whose metric, or the nearest one, is predicted where the folder has a memory of it; None
            for balanced accuracy or R2.
        n_rows
            Rows of the whole table, for :func:`.choose_memory`, from a caller that chooses boosting rounds on
            the table: what knows larger tables has left them open.

        Raises
        ------
        UserError
            If the table, the learner or the memory cannot be used.
        """
        _check_arguments(task_type, memory, metafeatures, guard, seed, column_types)
        _check_target(y)
        check_whole("max_rows", max_rows, LEAST_ROWS)
        check_whole("n_more", n_more, 0)
        new_task = read_table(X, y, task_type or task_type_by_score(scoring, y), max_rows, seed, column_types)
        kind = new_task.task_type
        known, metric_notes, usual_score = choose_memory(
            memory,
            kind,
            scoring,
            exclude_families,
            lambda one: _knows_learner(one, learner, kind),
            n_rows,
        )
        provenance = provenance_of(known)
        chosen = choose_learners(
            learner, provenance.learners, kind, lambda: learners_beside(memory, kind, known)
        )
        guard = guard or known.guard
        feasibility = Feasibility.of(new_task, guard, provenance.n_folds)
        if metafeatures is None and known.metafeatures:
            described = describe_table(new_task, provenance.metafeature_settings)
        else:
            described = check_metafeatures({} if metafeatures is None else metafeatures, known)
        names, size_notes = _fit_sizes(chosen, known, described)
        return cls(
            known,
            new_task,
            kind,
            described,
            names,
            feasibility,
            guard,
            seed,
            n_more,
            choice_notes=(*chosen.notes, *size_notes, *metric_notes),
            lost_settings=chosen.lost,
            usual_score=usual_score,
        )

    @classmethod
    def without_table(  # noqa: PLR0913
        cls,
        learner: Any = AUTO,
        *,
        task_type: TaskType | None = None,
        memory: MemorySource = None,
        exclude_families: str | Collection[str] | None = None,
        metafeatures: pd.Series | Mapping[str, float] | None = None,
        n_more: int = 0,
        guard: Guard | None = None,
        seed: int = 0,
    ) -> Recommender:
        """Load the memory for a task of which there is no table: nothing is left out for its number of rows.

        Parameters
        ----------
        learner, memory, exclude_families, n_more, guard, seed
            As for :meth:`for_table`.
        task_type
            Needed if the memory has several, or none and a learner that Foretune knows how to build.
        metafeatures
            Of the new task by name; without them what does well on all known tasks is recommended.

        Raises
        ------
        UserError
            If the learner or the memory cannot be used, or the task type is not known.
        """
        _check_arguments(task_type, memory, metafeatures, guard, seed, None)
        check_whole("n_more", n_more, 0)
        kind = task_type or _only_task_type(memory)
        of_kind = kind or "classification"
        known, metric_notes, usual_score = choose_memory(
            memory, of_kind, None, exclude_families, lambda one: _knows_learner(one, learner, of_kind)
        )
        provenance = provenance_of(known)
        chosen = choose_learners(
            learner, provenance.learners, of_kind, lambda: learners_beside(memory, of_kind, known)
        )
        built = [name for name in chosen.names if name in known_learners()]
        if kind is None and built:
            raise SearchError(
                f"task_type is missing: this memory does not know it, and the library default of {built[0]} "
                f"depends on it; give 'classification' or 'regression'"
            )
        guard = guard or known.guard
        described = (
            pd.Series(dtype="float64") if metafeatures is None else check_metafeatures(metafeatures, known)
        )
        names, size_notes = _fit_sizes(chosen, known, described)
        return cls(
            known,
            None,
            of_kind,
            described,
            names,
            Feasibility.without_limits(guard),
            guard,
            seed,
            n_more,
            choice_notes=(*chosen.notes, *size_notes, *metric_notes),
            lost_settings=chosen.lost,
            usual_score=usual_score,
        )

    @property
    def new_task(self) -> Table:
        """The new table.

        Raises
        ------
        SearchError
            If there is none.
        """
        if self.table is None:
            raise SearchError("this recommender has no table: make it by Recommender.for_table")
        return self.table

    @cached_property
    def candidates(self) -> Candidates:
        """Configurations to choose from."""
        candidates = list_candidates(self.provenance, self.learners, self.feasibility)
        if self.merges_rounds:
            candidates = merge_rounds(candidates)
        missing = self.n_least - len(candidates.configurations)
        n_more = max(self.n_more, -(-missing // len(self.learners)))
        if n_more > 0:
            candidates = draw_more(
                candidates,
                self.memory,
                self.learners,
                self.task_type,
                n_more,
                self.feasibility,
                self.seed,
            )
        chosen = shorten(merge_rounds(candidates) if self.merges_rounds else candidates, self.memory)
        if not self.fills_rounds:
            return chosen
        filled = (with_typical_rounds(one, self.provenance) for one in chosen.configurations)
        return replace(chosen, configurations=tuple(filled))

    @cached_property
    def familiarity(self) -> Familiarity:
        """Distances of the table to the known tasks."""
        return look_around(self.memory, self.metafeatures)

    @property
    def is_out_of_distribution(self) -> bool:
        """Whether no known task is near enough to rely on the metafeatures."""
        known = self.familiarity
        return self.guard.is_out_of_distribution(known.nearest_distance, known.largest_distance)

    @property
    def has_few_rows(self) -> bool:
        """Whether the table has so few rows that the library default comes first."""
        return self.table is not None and self.guard.has_few_rows(self.table.n_rows)

    @property
    def provenance(self) -> Provenance:
        """The search whose trials the memory was trained on."""
        return provenance_of(self.memory)

    @property
    def preprocessing(self) -> PreprocessingParameters:
        """Preprocessing of the known tables and of this one; the default if a log does not name it."""
        return self.provenance.preprocessing or PreprocessingParameters()

    @property
    def score_bounds(self) -> tuple[float, float]:
        """Bounds of the predicted score; infinite where it has none."""
        metric = METRICS[self.task_type].get(self.provenance.score or "")
        return metric.score_bounds if metric else (-np.inf, np.inf)

    @cached_property
    def clipped_metafeatures(self) -> pd.Series:
        """Metafeatures clipped to the range of the known tasks."""
        clipped = self.metafeatures.copy()
        outside = self.familiarity.clipped
        clipped[list(outside["metafeature"])] = np.clip(
            outside["value"].to_numpy(), outside["low"].to_numpy(), outside["high"].to_numpy()
        )
        return clipped

    @cached_property
    def prior(self) -> SurfacePrior:
        """Prior over the table's score surface at the candidates."""
        return self.prior_at(self.candidates.configurations)

    def prior_at(self, configurations: Sequence[Configuration]) -> SurfacePrior:
        """Return the prior over the table's score surface at any configurations."""
        encoded = self.memory.encode(configurations)
        described = None if self.is_out_of_distribution else self.clipped_metafeatures
        return self.memory.prior(described, encoded, self.seed)

    def start_search(self, *, knows_metric: bool = True) -> GuardedSearch:
        """Start a guarded search over the candidates."""
        return GuardedSearch(
            self.prior,
            self.memory.policy,
            self.guard,
            range(self.candidates.n_defaults),
            np.random.default_rng(self.seed),
            default_first=self.has_few_rows,
            knows_metric=knows_metric,
        )

    def notes(self) -> list[str]:
        """List what was changed, clipped, left out and guarded, one sentence each."""
        notes = [*self.new_task.notes, *self.choice_notes]
        if self.is_out_of_distribution:
            notes.append(self.describe_distance())
        elif not self.memory.metafeatures:
            notes.append(
                "this memory knows no metafeatures: recommended is what does well on all tasks, whatever the "
                "table"
            )
        if without := self._learners_without_default():
            notes.append(
                f"this memory does not know the library default of {', '.join(without)}: nothing is compared "
                f"with it"
            )
        if self.has_few_rows and self.candidates.n_defaults:
            notes.append(
                f"{self.new_task.n_rows} rows are fewer than {self.guard.min_rows}: the library default "
                f"comes first"
            )
        clipped = self.familiarity.clipped
        if len(clipped):
            names = ", ".join(clipped["metafeature"].head(SHOWN_CLIPPED))
            more = f" and {len(clipped) - SHOWN_CLIPPED} more" if len(clipped) > SHOWN_CLIPPED else ""
            verbs = ("lies", "counts") if len(clipped) == 1 else ("lie", "count")
            notes.append(
                f"{len(clipped)} of {self.metafeatures.notna().sum()} metafeatures {verbs[0]} outside of the "
                f"known range and {verbs[1]} as its end: {names}{more}"
            )
        notes += _describe_left_out(self.candidates.infeasible)
        return [*notes, *self.new_task.remarks]

    def describe_distance(self) -> str:
        """Return the note on a table that is out of distribution."""
        nearest = self.familiarity
        return (
            f"no known task is like this one (distance {nearest.nearest_distance:.2f} to the nearest, "
            f"known tasks are at most {nearest.largest_distance:.2f} apart from theirs): recommended is "
            f"what does well on all tasks"
        )

    def rank(self, k: int) -> pd.DataFrame:
        """Rank the ``k`` configurations to try first, in this order.

        Returns
        -------
        pandas.DataFrame
            ``rank, learner, params, predicted_score, score_low, score_high`` (an interval of 80 %),
            ``expected_regret`` (of this configuration alone, as a share of the distance between the task's
            best and worst), ``regret_so_far`` (of the best of all up to this rank), ``is_default, reason,
            config_id``. ``params`` are ready for the constructor of the learner's estimator.

        Raises
        ------
        SearchError
            If k is no whole number of at least 1.
        """
        check_whole("k", k, 1)
        search = self.start_search()
        chosen = np.array(search.plan(k))
        relative = self.prior.relative_surfaces()
        best = relative.max(axis=1)
        lowest, highest = self.score_bounds
        low, high = (np.clip(end, lowest, highest) for end in self.prior.interval(COVERAGE))
        predicted = np.clip(self.prior.predict_scores(), lowest, highest)
        so_far = np.maximum.accumulate(relative[:, chosen], axis=1)
        configurations = [self.candidates.configurations[at] for at in chosen]
        return pd.DataFrame(
            {
                "rank": range(1, len(chosen) + 1),
                "learner": [one.learner for one in configurations],
                "params": [dict(with_typical_rounds(one, self.provenance).params) for one in configurations],
                "predicted_score": predicted[chosen],
                "score_low": low[chosen],
                "score_high": high[chosen],
                "expected_regret": (best[:, None] - relative[:, chosen]).mean(axis=0),
                "regret_so_far": (best[:, None] - so_far).mean(axis=0),
                "is_default": chosen < self.candidates.n_defaults,
                "reason": self._reasons(chosen.tolist(), relative, predicted),
                "config_id": [one.config_id for one in configurations],
            }
        )

    def _learners_without_default(self) -> list[str]:
        have = {one.learner for one in self.provenance.configurations.values() if one.strategy == DEFAULT}
        return [name or "the learner" for name in self.learners if name not in have]

    def _reasons(self, chosen: list[int], relative: Any, predicted: Any) -> list[str]:
        """Return the reason for each chosen configuration; the first surfaces are one known task each."""
        tasks = list(self.memory.task_hashes)
        reasons = []
        for position, at in enumerate(chosen):
            if at < self.candidates.n_defaults:
                reasons.append("the library default: what you would have had")
                continue
            if position == 0:
                near = ", ".join(self.familiarity.near["task_id"].head(NAMED_TASKS))
                # One with a higher prediction may do worse on the tables that this one may be like
                is_highest = predicted[at] >= predicted[chosen].max()
                what = "highest expected score" if is_highest else "smallest expected regret"
                reasons.append(
                    "does well on all known tasks"
                    if self.is_out_of_distribution or not near
                    else f"{what}; the nearest known tasks are {near}"
                )
                continue
            gain = relative[: len(tasks), at] - relative[: len(tasks)][:, chosen[:position]].max(axis=1)
            order = np.argsort(-gain, kind="stable")[:NAMED_TASKS]
            names = ", ".join(tasks[task] for task in order)
            reasons.append(f"in case the above fail, as they would if this table is like {names}")
        return reasons


def _only_task_type(memory: MemorySource) -> TaskType | None:
    """Return the only task type that a memory is for; None if its logs do not say."""
    sources = [memory] if memory is None or isinstance(memory, (Memory, *PATH)) else list(memory)
    found = {
        kind
        for one in sources
        for kind in ([one.task_type] if isinstance(one, Memory) else task_types_in(folder_of(one)))
    }
    if found <= {ANY_TYPE}:
        return None
    if len(found - {ANY_TYPE}) > 1:
        raise SearchError(
            f"task_type is missing: the memory is for {' and '.join(sorted(found))} tasks; name one of them, "
            f"or give the table"
        )
    return "regression" if "regression" in found else "classification"


def _knows_learner(memory: Memory, learner: Any, task_type: TaskType) -> bool:
    try:
        choose_learners(learner, provenance_of(memory).learners, task_type)
    except UnknownLearnerError:
        return False
    return True


def _check_arguments(
    task_type: Any, memory: Any, metafeatures: Any, guard: Any, seed: Any, column_types: Any
) -> None:
    check_task_type(task_type, optional=True)
    kinds: tuple[type, ...] = (Memory, *PATH, list, tuple)
    what = "a folder, a list of folders, or what load_memory returned"
    check_kind("memory", memory, kinds, what, optional=True)
    kinds = (Mapping, pd.Series, pd.DataFrame)
    check_kind("metafeatures", metafeatures, kinds, "a mapping of names to numbers", optional=True)
    check_kind("guard", guard, Guard, "foretune.Guard(...)", optional=True)
    check_seed("seed", seed)
    check_kind("column_types", column_types, Mapping, "a mapping of columns to types", optional=True)


def _check_target(y: Any) -> None:
    if y is None:
        raise ArgumentError("y is None: give the target, one value per row")
    if isinstance(y, str):
        raise ArgumentError(
            f"y = {shortened(repr(y))} is a name: give values, as in suggest(X.drop(columns=name), X[name])"
        )


def _fit_sizes(
    chosen: LearnerChoice, known: Memory, described: pd.Series
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the learners that stay, and notes on the others: what is named stays, whatever its sizes."""
    return keep_known_sizes(known, chosen.names, described) if chosen.is_auto else (tuple(chosen.names), ())


def _describe_left_out(infeasible: Mapping[str, int]) -> list[str]:
    """Describe the configurations left out in one note: every value of a hyperparameter is a reason."""
    if not infeasible:
        return []
    why = max(infeasible, key=lambda reason: infeasible[reason])
    others = f", and {counted(len(infeasible) - 1, 'reason')} more" if len(infeasible) > 1 else ""
    return [f"{counted(sum(infeasible.values()), 'configuration')} left out: {why}{others}"]


def provenance_of(memory: Memory) -> Provenance:
    """Return the search whose trials a memory was trained on.

    Raises
    ------
    MemoryNotFoundError
        If the memory has no provenance.
    """
    if memory.provenance is None:
        raise MemoryNotFoundError(
            "this memory does not know its search: train it by the pipeline meta_training"
        )
    return memory.provenance
