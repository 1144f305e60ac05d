"""A fitted search as figures show it, and what its memory says of configurations."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from foretune.meta_model import Memory
from foretune.plots import Scale, ShownSearch, ShownTrial, score_in_words
from foretune.recommendation.core import (
    SCORERS,
    KnownPart,
    LearnerVocabulary,
    Recommender,
    SearchError,
    choose_memory,
    find_known_part,
    predict_scores,
    provenance_of,
    with_typical_rounds,
)
from foretune.recommendation.search_cv.own_space import OwnSpace, read_space
from foretune.recommendation.search_cv.scoring import SCORE, TEST
from foretune.recommendation.search_cv.search_record import SearchRecord, fingerprint_of
from foretune.recommendation.search_cv.searched_parameter import SearchedParameter
from foretune.recommendation.search_cv.several_scores import MEAN, leading_column, leading_scoring
from foretune.spaces import Configuration, Hyperparameter, configuration_at

Floats = npt.NDArray[np.float64]
NOT_FITTED = "this search is not fitted yet: call fit first"
OLD_SEARCH = "this search was fitted by an earlier version of Foretune, which kept too little: fit it again"
OWN_DEFAULT, LIBRARY_DEFAULT = "Estimator as given", "Library default"
# Places at which a distribution of the user's own is asked whether it is logarithmic
QUARTERS = (0.25, 0.5, 0.75)


def view_search(search: Any) -> ShownSearch:
    """Return a fitted :class:`.MetaSearchCV` as figures show it.

    Raises
    ------
    SearchError
        If it is not fitted, or its memory has changed since.
    """
    record, results = record_of(search), search.cv_results_
    is_own = record.is_own
    memory = view_memory(search, record)
    scales = _own_scales(search, memory) if is_own else _memory_scales(memory)
    return ShownSearch(
        trials=tuple(_read_trials(results, lead_of(search))),
        score_name=name_score(search),
        scales=scales,
        memory=memory,
        why_no_memory=f"this search has no memory: {search.notes_[-1]}" if is_own else "",
        default_name=OWN_DEFAULT if is_own else LIBRARY_DEFAULT,
    )


def record_of(search: Any) -> SearchRecord:
    """Return what a search keeps of its fit.

    Raises
    ------
    SearchError
        If there is nothing.
    """
    if not hasattr(search, "cv_results_"):
        raise SearchError(NOT_FITTED)
    record = getattr(search, "_record_", None)
    if record is None:
        raise SearchError(OLD_SEARCH)
    found: SearchRecord = record
    return found


def name_score(search: Any) -> str:
    """Return the name of the score of a search in words."""
    record = record_of(search)
    if record.scorer_name is not None:
        return score_in_words(record.scorer_name)
    lead = lead_of(search)
    name = getattr(search.scoring, "__name__", "") if lead in (None, SCORE) else lead
    return score_in_words(name) if name and "<" not in name else "Score"


def lead_of(search: Any) -> str | None:
    """Return the name that the leading score has in ``cv_results_``; None if nothing was measured."""
    column = leading_column(search.refit, search.cv_results_)
    return None if column is None else column.removeprefix(MEAN)


def best_score_of(search: Any) -> float:
    """Return the leading score of the chosen trial; NaN if nothing was measured."""
    column = leading_column(search.refit, search.cv_results_)
    return math.nan if column is None else float(search.cv_results_[column][search.best_index_])


def view_memory(search: Any, record: SearchRecord) -> SearchMemory | None:
    """Return the view of the memory of a search; None without one.

    Raises
    ------
    SearchError
        If it is not the memory of the fit any more.
    """
    if not record.fingerprint:
        return None
    is_own = record.is_own
    kind = search.task_type_
    wanted = set() if record.recommender is None else set(record.recommender["learners"])

    def knows(one: Memory) -> bool:
        learners = provenance_of(one).learners
        if is_own:
            return find_known_part(search.learner, learners, kind) is not None
        return wanted <= set(learners)

    lead = leading_scoring(search.scoring, search.refit)
    # The one for tables of its size, or the one for any: the search could choose rounds, or could not
    for n_rows in (record.n_rows, None):
        memory = choose_memory(search.memory, kind, lead, search.exclude_families, knows, n_rows).memory
        if fingerprint_of(memory) == record.fingerprint:
            break
    else:
        raise SearchError(
            "the memory of this search has changed since it was fitted, so that nothing can be said of what "
            "it predicted then: fit the search again"
        )
    part, space = None, OwnSpace()
    if is_own:
        part = find_known_part(search.learner, provenance_of(memory).learners, kind)
        space = read_space(search.learner, search.param_distributions)
    return SearchMemory(memory, record.recommend(memory), record, kind, part, space)


@dataclass(frozen=True)
class SearchMemory:
    """View of a memory from a fitted search.

    Attributes
    ----------
    memory, recommender
        The memory, and the recommender of the table; None if that could not be read.
    record, task_type
        Of the search.
    part, space
        Part of the user's own estimator that the memory knows, and what is searched; None and nothing for
        Foretune's estimators.
    """

    memory: Memory
    recommender: Recommender | None
    record: SearchRecord
    task_type: Any
    part: KnownPart | None
    space: OwnSpace

    @property
    def score_name(self) -> str:
        """Name of the score that it predicts, in words."""
        score = provenance_of(self.memory).score
        return "Score" if score is None else score_in_words(SCORERS.get(score, score))

    @property
    def knows_metric(self) -> bool:
        """Whether that is the score of the search."""
        return self.record.knows_metric

    @property
    def learners(self) -> Sequence[str]:
        """Learners of the search."""
        if self.part is not None:
            return [self.part.learner]
        return [] if self.recommender is None else list(self.recommender.learners)

    def predict(
        self, learner: str, configurations: Sequence[Mapping[str, Any]]
    ) -> tuple[Floats, Floats, Floats]:
        """Return predicted scores with the ends of their intervals, NaN where it cannot predict."""
        known = [self._in_words(learner, one) for one in configurations]
        return predict_scores(self.memory, self.recommender, known, self.record.seed)

    def draw(self, learner: str, n: int, rng: np.random.Generator) -> list[dict[str, Any]]:
        """Draw configurations from the search space, none if it is unknown."""
        space = self._space_of(learner)
        if self.part is None:
            if not space:
                return []
            return [configuration_at(point, space) for point in rng.random((n, len(space))).tolist()]
        drawn = []
        branches = self.space.branches
        for at, point in enumerate(rng.random((n, max(len(space), 1))).tolist()):
            known = configuration_at(point[: len(space)], space) if space else {}
            params = {
                f"{self.part.prefix}{name}": value
                for name, value in self.part.express(known).items()
                if name not in self.part.fixed
            }
            if branches:
                branch = branches[at % len(branches)]
                params |= branch.at(rng.random(len(branch.parameters)))
            drawn.append(params)
        return drawn

    def _in_words(self, learner: str, params: Mapping[str, Any]) -> Configuration:
        """Return a configuration in the words of the memory."""
        if self.part is None:
            return with_typical_rounds(Configuration(learner, dict(params)), provenance_of(self.memory))
        local = {name: own for name in params if (own := self.part.local(name)) is not None}
        fixed = {name: value for name, value in self.part.fixed.items() if name not in local.values()}
        vocabulary = self._vocabulary
        written = vocabulary.read_over(vocabulary.default, self.part.read(fixed))
        given = self.part.read({own: params[name] for name, own in local.items()})
        return vocabulary.active(vocabulary.read_over(written, given))

    def _space_of(self, learner: str) -> Mapping[str, Hyperparameter]:
        spaces = provenance_of(self.memory).spaces
        return spaces[learner].of(self.task_type) if learner in spaces else {}

    @cached_property
    def _vocabulary(self) -> LearnerVocabulary:
        part = self.part
        assert part is not None
        return LearnerVocabulary.of(part.learner, provenance_of(self.memory), self.task_type)

    def scales(self, learner: str) -> dict[str, Scale]:
        """Return what the memory's search space says of a learner's hyperparameters."""
        return {name: _scale_of(one) for name, one in self._space_of(learner).items()}


def _read_trials(results: Mapping[str, Any], lead: str | None) -> list[ShownTrial]:
    lead = lead or SCORE
    n_rows = len(results["params"])
    nan = np.full(n_rows, math.nan)
    # One that was chosen without a trial has no row of scores
    status = results.get("status", np.full(n_rows, "not evaluated", dtype=object))
    n_folds = sum(re.fullmatch(rf"split\d+_{TEST}{re.escape(lead)}", name) is not None for name in results)
    seconds = (results.get("mean_fit_time", nan) + results.get("mean_score_time", nan)) * n_folds
    return [
        ShownTrial(
            number=at + 1,
            learner=str(results["learner"][at]),
            params=dict(results["params"][at]),
            score=float(results.get(f"mean_{TEST}{lead}", nan)[at]) if status[at] == "ok" else math.nan,
            std=float(results.get(f"std_{TEST}{lead}", nan)[at]),
            status=str(status[at]),
            error=str(results.get("error", np.full(n_rows, ""))[at]),
            seconds=float(seconds[at]),
            is_default=bool(results["is_default"][at]),
            predicted=float(results["predicted_score"][at]),
        )
        for at in range(n_rows)
    ]


def _memory_scales(memory: SearchMemory | None) -> dict[str, dict[str, Scale]]:
    return {} if memory is None else {learner: memory.scales(learner) for learner in memory.learners}


def _own_scales(search: Any, memory: SearchMemory | None) -> dict[str, dict[str, Scale]]:
    """Return what the user's space says, and that of the memory where the user says nothing."""
    space = read_space(search.learner, search.param_distributions)
    own = {name: _scale_of_own(one) for branch in space.branches for name, one in branch.parameters.items()}
    learners = dict.fromkeys(str(learner) for learner in search.cv_results_["learner"])
    if memory is None or memory.part is None:
        return dict.fromkeys(learners, own)
    part = memory.part
    known = {
        f"{part.prefix}{name}": scale
        for name, scale in memory.scales(part.learner).items()
        if name not in part.fixed
    }
    return {learner: {**known, **own} for learner in [*learners, part.learner]}


def _scale_of(one: Hyperparameter) -> Scale:
    choices = getattr(one, "choices", None)
    if choices is not None:
        return Scale(choices=tuple(choices))
    return Scale(float(getattr(one, "low", math.nan)), float(getattr(one, "high", math.nan)), one.log)  # type: ignore[union-attr]


def _scale_of_own(one: SearchedParameter) -> Scale:
    if one.values is not None:
        return Scale(choices=one.values)
    ends = float(one.at(0.0)), float(one.at(1.0))
    return Scale(*ends, is_log=_is_log(one, *ends))


def _is_log(one: SearchedParameter, low: float, high: float) -> bool:
    """Return whether the quarters of a range are nearer to even in the logarithm than as they are."""
    if low <= 0 or low >= high:
        return False
    values = np.array([float(one.at(share)) for share in QUARTERS])
    even = np.abs((values - low) / (high - low) - QUARTERS).max()
    even_in_log = np.abs(np.log(values / low) / np.log(high / low) - QUARTERS).max()
    return bool(even_in_log < even)
