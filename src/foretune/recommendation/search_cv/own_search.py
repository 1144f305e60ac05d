"""Search over the user's own estimator: led by the memory where it knows a part, else by its own trials."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import issparse
from sklearn.base import is_classifier, is_regressor
from sklearn.utils import get_tags

from foretune.base import TaskType, derive_seed, first_line
from foretune.learners import EarlyStopping, has_open_rounds, known_learners
from foretune.meta_model import Guard, GuardedSearch, Memory, SurfacePrior
from foretune.recommendation.core import (
    ChosenMemory,
    Feasibility,
    KnownPart,
    LearnerVocabulary,
    Recommender,
    SearchError,
    changed_settings,
    choose_memory,
    draw_more,
    find_known_part,
    find_learner,
    growth_of_rounds,
    list_candidates,
    merge_rounds,
    notes_to_show,
    predicting_parts,
    provenance_of,
    shorten,
    with_typical_rounds,
)
from foretune.recommendation.search_cv.column_reader import check_table
from foretune.recommendation.search_cv.extended_prior import extend_prior
from foretune.recommendation.search_cv.folds import GivenData, Splits
from foretune.recommendation.search_cv.learning_search import LearningSearch
from foretune.recommendation.search_cv.own_configuration import OwnConfiguration, text_of
from foretune.recommendation.search_cv.own_evaluator import (
    OwnEvaluator,
    build_own,
    choose_threads,
    make_own_folds,
)
from foretune.recommendation.search_cv.own_metadata import Metadata
from foretune.recommendation.search_cv.own_pool import OwnPool
from foretune.recommendation.search_cv.own_rounds import OwnRounds, find_own_rounds
from foretune.recommendation.search_cv.own_space import OwnSpace, parameters_of, read_space
from foretune.recommendation.search_cv.own_target import OwnTarget, has_several_targets
from foretune.recommendation.search_cv.run import Proposals
from foretune.recommendation.search_cv.scoring import Scoring, SeveralScores
from foretune.recommendation.search_cv.searched_table import SearchedTable
from foretune.recommendation.search_cv.time_limit import MOST_OF_LAST
from foretune.tables import ColumnType, TableError, sample_rows, unmasked

OPEN_ROUNDS = "{name} is chosen on the folds for each configuration, unless you set or search it"
NO_OPEN_ROUNDS = (
    "early_stopping chooses the boosting rounds of LightGBM and XGBoost where they predict last and the "
    "memory knows them, and where neither the number of rounds nor a stopping of their own is set: not those "
    "of {kind}; leave it out"
)
DESCRIBED = "description of the table, by which the memory knows it: "
# Hyperparameters for an example
USUAL = ("learning_rate", "max_depth", "C", "alpha")
NO_SPACE = (
    "the memory has no trials of {kind}: give what to search, such as param_distributions={{{name!r}: [...]}}"
)


class OwnProposals(NamedTuple):
    """A search over candidates.

    Attributes
    ----------
    search
        Proposes positions among the configurations.
    configurations
        The candidates; a search may add to them.
    predict
        Returns the predicted score of candidates, NaN if nothing is known.
    n_planned
        Number of first trials that are always evaluated.
    """

    search: Proposals
    configurations: Sequence[OwnConfiguration]
    predict: Callable[[Sequence[int]], npt.NDArray[np.float64]]
    n_planned: int

    def plan(self, length: int) -> list[int]:
        """Return what to try first, before any trial."""
        return [self.search.ask() for _ in range(min(length, self.search.n_left))]


@dataclass(frozen=True)
class OwnGuide:
    """What the memory knows of a part of the user's estimator, and of the table.

    Attributes
    ----------
    memory, task_type
        What was learnt from other tables, and its task type.
    part
        The part of the estimator.
    recommender
        Of the table; None if it cannot be read.
    guard
        Settings that protect from bad recommendations.
    seed
        Seed of everything random.
    rounds
        How the number of boosting rounds of configurations is chosen; None if it is not.
    """

    memory: Memory
    task_type: TaskType
    part: KnownPart
    recommender: Recommender | None
    guard: Guard
    seed: int
    rounds: OwnRounds | None = None

    def list_configurations(self, feasibility: Feasibility, n_least: int) -> list[Any]:
        """List the configurations of the part's learner, at least ``n_least`` if its space is known.

        Where early stopping chose their number of boosting rounds in the memory, it is the one that is usual
        for a configuration, from which the folds may choose another.
        """
        provenance, learners = provenance_of(self.memory), [self.part.learner]
        candidates = list_candidates(provenance, learners, feasibility)
        n_more = n_least - len(candidates.configurations)
        if n_more > 0:
            kind = self.task_type
            candidates = draw_more(candidates, self.memory, learners, kind, n_more, feasibility, self.seed)
        if self.rounds is not None:
            candidates = merge_rounds(candidates)
        kept = shorten(candidates, self.memory).configurations
        return [with_typical_rounds(one, provenance) for one in kept]

    def prior(self, configurations: Sequence[OwnConfiguration]) -> SurfacePrior:
        """Return the prior over the scores of configurations, by metafeatures if the table was read."""
        known = [one.known for one in configurations if one.known is not None]
        if self.recommender is not None:
            return self.recommender.prior_at(known)
        return self.memory.prior(None, self.memory.encode(known), self.seed)

    @cached_property
    def vocabulary(self) -> LearnerVocabulary:
        """Hyperparameters of the part's learner in the memory."""
        return LearnerVocabulary.of(self.part.learner, provenance_of(self.memory), self.task_type)

    def notes(self, searched: Sequence[str]) -> list[str]:
        """List what is taken for known, and what stays as it is though the memory would search it."""
        part, kind = self.part, type(self.part.estimator).__name__
        notes = [f"the memory leads the hyperparameters of {kind} ({part.learner})"]
        own = {part.local(name) for name in searched}
        if kept := sorted(name for name in part.fixed if name in self.vocabulary.names - own):
            notes.append(f"{kind} keeps its own {', '.join(kept)}")
        provenance = provenance_of(self.memory)
        own_ones = [one for one in provenance.configurations.values() if one.learner == part.learner]
        if any(has_open_rounds(with_typical_rounds(one, provenance)) for one in own_ones):
            notes.append(
                f"{kind} keeps its number of rounds, which the memory does not know: give it in "
                f"param_distributions to search it"
            )
        return notes

    def start(
        self,
        estimator: Any,
        space: OwnSpace,
        feasibility: Feasibility,
        n_least: int,
        *,
        knows_metric: bool,
    ) -> OwnProposals:
        """Start the search of the memory over the candidates of an estimator.

        Raises
        ------
        SearchError
            If nothing of the memory can be fitted.
        """
        pool = OwnPool(estimator, self.part, self.vocabulary, space, self.seed)
        known = self.list_configurations(feasibility, n_least)
        configurations, n_defaults = pool.build(known, lambda one: feasibility.why_not(one) is None)
        if not configurations:
            raise SearchError(f"no configuration of {self.part.learner} can be fitted to so few rows")
        if self.rounds is not None:
            configurations = tuple(self.rounds.mark(one) for one in configurations)
        prior = self._extended(pool, configurations, self.prior(configurations))
        search = GuardedSearch(
            prior,
            self.memory.policy,
            self.guard,
            range(n_defaults),
            np.random.default_rng(self.seed),
            default_first=self.recommender is None or self.recommender.has_few_rows,
            knows_metric=knows_metric,
        )
        scores = prior.predict_scores() if knows_metric else np.full(len(configurations), np.nan)
        return OwnProposals(search, configurations, lambda at: scores[list(at)], self.memory.policy.n_planned)

    def _extended(
        self, pool: OwnPool, configurations: Sequence[OwnConfiguration], prior: SurfacePrior
    ) -> SurfacePrior:
        """Return the prior with the unknown effect of what the memory does not know."""
        others = pool.others
        if not others and len(pool.space.branches) < 2:
            return prior
        unknown = [
            {name: one.params[name] for name in others if name in one.params} for one in configurations
        ]
        coordinates = pool.space.coordinates(unknown, [one.branch for one in configurations])
        current = {name: text_of(value) for name, value in pool.estimator.get_params(deep=True).items()}
        is_changed = np.array(
            [any(text_of(value) != current.get(name) for name, value in one.items()) for one in unknown]
        )
        rng = np.random.default_rng(derive_seed(self.seed, "own", "others"))
        return extend_prior(prior, coordinates, is_changed, rng)


@dataclass(frozen=True)
class OwnSearch:
    """Search over the user's own estimator on one table.

    Attributes
    ----------
    estimator, space
        The estimator, and what the user gives to be searched.
    task_type
        Task type of the table.
    guide
        What the memory knows of it; None if nothing.
    frame
        The table as it was read; None if it is none.
    rows
        Positions of the rows that the search looks at.
    seed
        Seed of everything random.
    notes, warnings
        What was found and left out, one sentence each; those that users should see.
    usual_score
        Score of a search that is given none; None if the memory knows nothing of the estimator.
    rounds
        How the number of boosting rounds of configurations is chosen; None if it is not.
    target
        Of the table; None where no rows are drawn from it.
    """

    estimator: Any
    space: OwnSpace
    task_type: TaskType
    guide: OwnGuide | None
    frame: pd.DataFrame | None
    rows: npt.NDArray[np.intp]
    seed: int
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    usual_score: str | None = None
    rounds: OwnRounds | None = None
    target: OwnTarget | None = None

    @classmethod
    def read(  # noqa: PLR0913
        cls,
        estimator: Any,
        param_distributions: Any,
        data: GivenData,
        target: OwnTarget,
        *,
        seed: int,
        memory: Any,
        metafeatures: pd.Series | Mapping[str, float] | None,
        max_rows: int,
        guard: Guard | None,
        column_types: Mapping[str, ColumnType] | None,
        scoring: Any = None,
        exclude_families: str | Collection[str] | None = None,
        chooses_rounds: bool = True,
    ) -> OwnSearch:
        """Read the user's space and table, and find what the memory knows of the estimator.

        Parameters
        ----------
        estimator, param_distributions
            As for :class:`.MetaSearchCV`.
        data, target
            What the user gave, and its target.
        seed, memory, metafeatures, max_rows, guard, column_types, scoring, exclude_families
            As for :meth:`.Recommender.for_table`.
        chooses_rounds
            Whether boosting rounds that are open may be chosen on the folds.

        Raises
        ------
        UserError
            If the space or the memory cannot be used.
        """
        space, task_type = read_space(estimator, param_distributions), target.split_as
        if target.task_type is not None:
            task_type = target.task_type

        def find(one: Memory) -> KnownPart | None:
            return find_known_part(estimator, provenance_of(one).learners, task_type)

        def choose(n_rows: int | None) -> ChosenMemory:
            return choose_memory(
                memory, task_type, scoring, exclude_families, lambda one: find(one) is not None, n_rows
            )

        known, metric_notes, usual_score = choose(len(target.values) if chooses_rounds else None)
        part = find(known)
        stopping = provenance_of(known).early_stopping
        if stopping is not None and find_own_rounds(estimator, part, space.names, stopping) is None:
            known, metric_notes, usual_score = choose(None)
            part = find(known)
        if part is not None and any(part.prefix.startswith(f"{name}__") for name in space.names):
            # The part itself is searched, and may be another
            part = None
        frame, why = _read_frame(data.X)
        why = f"X is no table that can be read, so there are no metafeatures: {why}"
        rows = _sample(target, max_rows, seed)
        part = part and replace(part, n_rows=len(rows))
        if part is None:
            kind = _described(estimator)
            note = f"the memory has no trials of {kind}: the search learns from its own alone"
            return cls(estimator, space, task_type, None, frame, rows, seed, (note,), target=target)
        recommender = None
        try:
            if not target.is_single:
                why = f"there are no metafeatures: {target.why_not_single}"
            elif _is_pairwise(estimator):
                why = "there are no metafeatures: X is a kernel matrix, or distances between its rows"
            elif frame is not None:
                recommender = Recommender.for_table(
                    frame,
                    pd.Series(target.values, name=target.name),
                    part.learner,
                    task_type=task_type,
                    memory=known,
                    metafeatures=metafeatures,
                    max_rows=max_rows,
                    guard=guard,
                    seed=seed,
                    column_types=column_types,
                    scoring=scoring,
                )
        except TableError as error:
            if metafeatures is not None or column_types is not None:
                raise
            why = f"X is no table that can be read, so there are no metafeatures: {first_line(error)}"
        if recommender is None and (metafeatures is not None or column_types is not None):
            raise SearchError(
                f"metafeatures and column_types are for tables that the memory knows, but {why}"
            )
        guide = OwnGuide(known, task_type, part, recommender, guard or known.guard, seed)
        notes, warnings = guide.notes(space.names), []
        if recommender is None:
            notes.append(why)
        else:
            rows = recommender.new_task.rows
            # What the memory's description of the table leaves out, the estimator still gets
            of_table = {*recommender.new_task.notes, *recommender.new_task.remarks}
            notes += [f"{DESCRIBED}{one}" if one in of_table else one for one in recommender.notes()]
            warnings = [one for one in notes_to_show(recommender) if one not in of_table]
        notes += [note for note in metric_notes if note not in notes]
        return cls(
            *(estimator, space, task_type, guide, frame, rows, seed, tuple(notes), tuple(warnings)),
            usual_score,
            target=target,
        )

    def with_early_stopping(
        self, given: bool | EarlyStopping | None, max_seconds: float | None = None
    ) -> OwnSearch:
        """Return the search with the number of boosting rounds of its trials chosen on the folds, if it can.

        Parameters
        ----------
        given
            The argument of the search; None for what the memory says.
        max_seconds
            A trial that has taken so long grows no more.

        Raises
        ------
        SearchError
            If it is asked for, and the estimator has no number of rounds that is open.
        """
        guide = self.guide
        part = None if guide is None else guide.part
        stopping = None if guide is None else provenance_of(guide.memory).early_stopping
        if given is not None:
            stopping = EarlyStopping() if given is True else given or None
        rounds = find_own_rounds(self.estimator, part, self.space.names, stopping)
        if rounds is None or guide is None:
            if given:
                raise SearchError(NO_OPEN_ROUNDS.format(kind=_described(self.estimator)))
            return self
        note = f"{_described(self.estimator)}: {OPEN_ROUNDS.format(name=rounds.parameter)}"
        guide = replace(guide, rounds=replace(rounds, max_seconds=max_seconds))
        return replace(self, guide=guide, rounds=guide.rounds, notes=(*self.notes, note))

    @property
    def score(self) -> str | None:
        """Metric that the memory predicts; None if it knows nothing of the estimator."""
        return None if self.guide is None else provenance_of(self.guide.memory).score

    def start(self, n_training: int, n_last: int, n_least: int, *, knows_metric: bool) -> OwnProposals:
        """Start a search.

        Parameters
        ----------
        n_training, n_last
            Number of rows of a training fold, and of the last fit.
        n_least
            Number of candidates at least, if they are drawn.
        knows_metric
            Whether the memory predicts the score of the search.

        Raises
        ------
        SearchError
            If there is nothing to be searched.
        """
        if self.guide is None:
            return self._start_learning()
        feasibility = Feasibility(n_training, self.guide.guard, n_last)
        return self.guide.start(
            self.estimator,
            self.space,
            feasibility,
            n_least,
            knows_metric=knows_metric and self.guide.recommender is not None,
        )

    def _start_learning(self) -> OwnProposals:
        """Start a search that learns from its own trials alone."""
        if not self.space.branches:
            raise SearchError(NO_SPACE.format(kind=_described(self.estimator), name=_example(self.estimator)))
        search = LearningSearch(
            self.space,
            self.estimator.get_params(deep=True),
            _described(self.estimator),
            np.random.default_rng(derive_seed(self.seed, "own", "learning")),
        )
        return OwnProposals(
            search, search.configurations, lambda at: np.full(len(at), np.nan), search.n_first
        )

    def fits_of_last(self, splits: Splits, n_rows: int) -> float:
        """Return how many fits to a fold take as long as a last fit to all rows."""
        ratio = max(n_rows / splits.n_training, 1.0)
        return ratio * (1.0 if self.rounds is None else growth_of_rounds(splits.n_training, n_rows))

    @property
    def takes_samples(self) -> bool:
        """Whether a fit to some of the rows is one to a smaller table; not of a kernel matrix."""
        return self.target is not None and not _is_pairwise(self.estimator)

    def draw_rows(self, n_rows: int) -> npt.NDArray[np.intp]:
        """Draw so many rows of the table; classes of a single target are kept in proportion."""
        assert self.target is not None
        return _sample(self.target, n_rows, self.seed)

    def make_evaluator(
        self,
        data: GivenData,
        splits: Splits,
        scoring: Scoring,
        several: SeveralScores,
        metadata: Metadata,
        n_jobs: int | None,
    ) -> OwnEvaluator:
        """Return the evaluator on the user's own rows."""
        part = None if self.guide is None else self.guide.part
        return OwnEvaluator(
            make_own_folds(data, splits, metadata, is_pairwise=_is_pairwise(self.estimator)),
            self.task_type,
            self.seed,
            scoring.scorer,
            n_jobs,
            build=partial(build_own, self.estimator, choose_threads(part, data.X)),
            several=several,
            rounds=self.rounds,
        )

    def describe(
        self,
        data: GivenData,
        splits: Splits,
        scoring: Scoring,
        several: SeveralScores,
        metadata: Metadata,
    ) -> SearchedTable:
        """Return what the trials depend on; the seed of the search is not among it."""
        return SearchedTable(
            data,
            splits,
            self.task_type,
            str(getattr(data.y, "name", None) or "table"),
            scoring.name,
            0,
            {
                "estimator": self.estimator,
                "fit_params": dict(metadata.fit),
                "score_params": {name: dict(params) for name, params in metadata.score.items()},
            },
            early_stopping=None if self.rounds is None else self.rounds.early_stopping,
            own_learner=_name_parts(self.estimator),
            several=several,
        )


def _name_parts(estimator: Any) -> str:
    """Return the class of an estimator, of a pipeline those of its steps."""
    if steps := getattr(estimator, "steps", None):
        return f"Pipeline({', '.join(_name_parts(step) for _, step in steps)})"
    return estimator if isinstance(estimator, str) else type(estimator).__name__


def _read_frame(X: Any) -> tuple[pd.DataFrame | None, str]:
    """Return a table as a frame; None and the reason if it is none."""
    try:
        return check_table(unmasked(X)), ""
    except (TypeError, ValueError) as error:
        return None, first_line(error)


def _sample(target: OwnTarget, max_rows: int, seed: int) -> npt.NDArray[np.intp]:
    """Return positions of rows to search on; classes of a single target are kept in proportion."""
    n_rows = len(target.values)
    if n_rows <= max_rows:
        return np.arange(n_rows)
    if not target.is_single:
        return np.sort(np.random.default_rng(seed).choice(n_rows, max_rows, replace=False))
    return sample_rows(pd.Series(target.values, name=target.name), max_rows, seed)


def _is_pairwise(estimator: Any) -> bool:
    """Whether an estimator takes a kernel matrix or distances between rows."""
    return hasattr(estimator, "__sklearn_tags__") and bool(get_tags(estimator).input_tags.pairwise)


def _described(estimator: Any) -> str:
    """Return the class of an estimator, of a pipeline that of its last step."""
    *_, (_, part) = predicting_parts(estimator)
    return type(part).__name__


def _example(estimator: Any) -> str:
    """Return the full name of a parameter of the part that predicts, one of the usual if it has any."""
    *_, (prefix, part) = predicting_parts(estimator)
    names = parameters_of(part)
    return prefix + next((name for name in [*USUAL, *names] if name in names), USUAL[0])


def is_own_estimator(learner: Any, param_distributions: Any) -> bool:
    """Whether the first argument of a search is an estimator that is used as it is.

    It is if it has parts, settings of its own that matter to its model, or a class that is no learner. A
    class, a name or a list is none, and an estimator with nothing but defaults stands for its learner.
    """
    if isinstance(learner, type) or not (hasattr(learner, "get_params") and hasattr(learner, "fit")):
        return False
    has_parts = any(hasattr(value, "get_params") for value in learner.get_params(deep=False).values())
    return (
        param_distributions is not None
        or has_parts
        or hasattr(learner, "steps")
        or bool(changed_settings(learner))
        or find_learner(type(learner).__name__, known_learners()) is None
    )


def needs_own_estimator(learner: Any, X: Any, y: Any) -> bool:
    """Whether data are such that an estimator is used as it is, though it has nothing of its own.

    A sparse table, a target of several columns and a search without any are nothing for a learner of the
    memory with Foretune's preprocessing.
    """
    is_estimator = (
        hasattr(learner, "get_params") and hasattr(learner, "fit") and not isinstance(learner, type)
    )
    return is_estimator and (issparse(X) or y is None or has_several_targets(y))


def task_type_of(estimator: Any, given: TaskType | None) -> TaskType | None:
    """Return the task type of an estimator; that given if it has none.

    Raises
    ------
    SearchError
        If it has another one than that given.
    """
    own: TaskType | None = None
    # An estimator need not be derived from scikit-learn's
    if hasattr(estimator, "__sklearn_tags__"):
        own = "classification" if is_classifier(estimator) else own
        own = "regression" if is_regressor(estimator) else own
    if own is not None and given not in (None, own):
        raise SearchError(f"task_type = {given!r}, but {type(estimator).__name__} is an estimator for {own}")
    return own or given


class Deadline:
    """Search that proposes nothing once another trial would end too late.

    Parameters
    ----------
    search
        The search.
    seconds
        Seconds until the deadline, from now on.
    n_fits
        Fits of a trial, as many as folds.
    last_fit
        So many fits of a trial take as long as a last fit to all rows; 0 without one. More than half of the
        seconds is not kept for it.
    """

    def __init__(self, search: Proposals, seconds: float, n_fits: int, *, last_fit: float = 0.0) -> None:
        self._search = search
        self._end = time.monotonic() + seconds
        self._last_share, self._most_of_last = last_fit / n_fits, MOST_OF_LAST * seconds
        self._asked_at = time.monotonic()
        self._longest = 0.0
        self._n_told = 0

    @property
    def n_left(self) -> int:
        """Number of candidates that may still be proposed; the first trial is, whatever the time."""
        last = min(self._longest * self._last_share, self._most_of_last)
        is_late = time.monotonic() + self._longest + last > self._end
        return 0 if self._n_told and is_late else self._search.n_left

    @property
    def default(self) -> int | None:
        """Candidate that is evaluated in any case."""
        return self._search.default

    def ask(self) -> int:
        """Return the candidate to try next."""
        self._asked_at = time.monotonic()
        return self._search.ask()

    def tell(self, candidate: int, score: float) -> None:
        """Record a score."""
        self._longest = max(self._longest, time.monotonic() - self._asked_at)
        self._n_told += 1
        self._search.tell(candidate, score)

    def expected_gains(self) -> npt.NDArray[np.float64]:
        """Return each candidate's expected gain over the best so far."""
        return self._search.expected_gains()
