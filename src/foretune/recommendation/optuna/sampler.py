"""Optuna sampler of Foretune."""

from __future__ import annotations

import copy
import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import optuna
import pandas as pd
from numpy.typing import ArrayLike
from optuna.distributions import BaseDistribution
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from foretune.base import TaskType, UserError, check_kind, check_seed
from foretune.meta_model import Guard, GuardedSearch, SurfacePrior
from foretune.recommendation.core import (
    AUTO,
    NO_VALUE,
    MemorySource,
    RecommendationWarning,
    Recommender,
    StudyNames,
    key_of,
    notes_to_show,
)
from foretune.recommendation.optuna.history import (
    FAILED,
    INTENDED,
    StudyHistory,
    TrialReader,
    pack_intend,
)
from foretune.recommendation.optuna.notes import (
    given_values,
    is_shared,
    note_reader,
    whole_study,
    write_note,
)
from foretune.recommendation.optuna.pool import N_AROUND, StudyPool, StudySpace
from foretune.recommendation.optuna.study_memory import StudyMemory
from foretune.recommendation.optuna.vocabulary import StudyVocabulary
from foretune.spaces import Configuration
from foretune.tables import ColumnType

# New configurations of each learner in addition to those of the memory
N_MORE = 64
# Number of scores after which neighbours of the best configuration are added, repeatedly
REFINE_EVERY = 10
# Gain, as a share of the distance between a task's best and worst, below which the search has converged
CONVERGED_GAIN = 0.003
USUAL_LEARNER = "xgboost"
KEPT_PRIORS = 4
SHOWN_NAMES = 4
# Maximum number of choices per trial, if other processes choose the same
MOST_CHOICES = 5


class SamplerError(UserError, ValueError):
    """The sampler cannot be used for the study; the message gives the reason."""


class ForetuneSampler(optuna.samplers.BaseSampler):
    """Optuna sampler that starts from a memory and learns from the scores of the study.

    The first trials are configurations that are good on similar tasks; the library default is among the first
    three if it is in the study's space. Then each score updates the choice. The space need not be known in
    advance: at each ``trial.suggest_*`` the sampler follows its intended configuration, or takes the best one
    that agrees with the values of the trial so far. Parameters that are not in the memory are left to another
    sampler.

    The state is in the study's storage: parallel workers share their results, studies begun by other samplers
    are continued, and no configuration is repeated while there are others, except once if its process was
    lost during the trial (failed by Optuna's heartbeat or by ``study.tell`` of another process).

    Parameters
    ----------
    X, y
        The table, as for :func:`foretune.suggest`. None for both where ``memory`` is all there is, such as
        that of your own studies: it then starts with what does well on all of its tasks.
    learner
        The learner to tune, as for :func:`foretune.suggest`. Several, or ``"auto"`` for all of the memory,
        need ``learner_parameter``. None for XGBoost, and without a table for the learner of the memory.
    names
        Constructor's names by the study's names where they differ, such as ``{"lr": "learning_rate"}``; with
        several learners ``{"depth": "xgboost__max_depth"}``. Also choices of the learner, such as
        ``{"forest": "random_forest"}``. Prefixes of the learner or its role are recognised:
        ``xgboost__max_depth``, ``xgb_max_depth``, ``classifier__max_depth``.
    learner_parameter
        The study's categorical parameter for the choice of the learner, to be suggested first.
    fixed
        Arguments that the objective passes to the constructor, such as ``{"n_estimators": 300}``. Others that
        are not suggested have the library default.
    knows_metric
        Whether the objective is the score predicted by the memory (``suggest(...).attrs["score"]``), with its
        sign. Otherwise its location and scale are estimated from the first scores.
    task_type, memory, exclude_families, guard, column_types
        As for :func:`foretune.suggest`. Without a table, ``task_type`` is needed if the memory does not say
        it and a library default depends on it.
    metafeatures
        Metafeatures of the table, for a memory of logs with custom metafeatures, or in place of the table.
    independent_sampler
        Sampler for parameters that are not in the memory, and when no candidate is left; None for Optuna's
        ``TPESampler``.
    constraints_func
        Constraints of a finished trial, as for Optuna's ``TPESampler``; a trial is feasible if none is above
        zero. From Optuna 5 the objective can call ``trial.set_constraint`` instead. An
        ``independent_sampler`` has its own.
    seed
        Random seed. With None only the independent sampler is random.

    Raises
    ------
    UserError
        If the table, the learner, the memory or a name cannot be used; the message gives the reason.

    Warns
    -----
    RecommendationWarning
        If the table was sampled or is out of distribution; once, if a trial has no parameter in the memory.
    """

    def __init__(  # noqa: PLR0913
        self,
        X: pd.DataFrame | ArrayLike | None = None,
        y: pd.Series | ArrayLike | None = None,
        learner: Any = None,
        *,
        names: Mapping[str, str] | None = None,
        learner_parameter: str | None = None,
        fixed: Mapping[str, Any] | None = None,
        knows_metric: bool = False,
        task_type: TaskType | None = None,
        memory: MemorySource = None,
        exclude_families: str | Collection[str] | None = None,
        guard: Guard | None = None,
        column_types: Mapping[str, ColumnType] | None = None,
        metafeatures: pd.Series | Mapping[str, float] | None = None,
        independent_sampler: optuna.samplers.BaseSampler | None = None,
        constraints_func: Callable[[FrozenTrial], Sequence[float]] | None = None,
        seed: int | None = None,
    ) -> None:
        check_kind("names", names, Mapping, "a mapping of the study's names to the learner's", optional=True)
        check_kind("learner_parameter", learner_parameter, str, "the name of a parameter", optional=True)
        check_kind("fixed", fixed, Mapping, "a mapping of names to values", optional=True)
        check_kind("knows_metric", knows_metric, (bool, np.bool_), "True or False")
        kind = optuna.samplers.BaseSampler
        check_kind("independent_sampler", independent_sampler, kind, "a sampler of Optuna", optional=True)
        check_kind("constraints_func", constraints_func, Callable, "a function of a trial", optional=True)  # type: ignore[arg-type]
        check_seed("seed", seed, optional=True)
        chosen: dict[str, Any] = {
            "task_type": task_type,
            "memory": memory,
            "exclude_families": exclude_families,
            "metafeatures": metafeatures,
            "n_more": N_MORE,
            "guard": guard,
            "seed": seed or 0,
        }
        if X is None and y is None:
            recommender = _without_table(learner, column_types, chosen)
        elif X is None:
            raise SamplerError("X is None: give the table as well, or neither X nor y")
        else:
            own = USUAL_LEARNER if learner is None else learner
            # Its checks name y where it is missing
            recommender = Recommender.for_table(X, y, own, column_types=column_types, **chosen)  # type: ignore[arg-type]
        # The objective is the user's own, and stops no booster as the memory's trials were
        self._recommender = replace(recommender, fills_rounds=True)
        for note in _notes_to_show(self._recommender, metafeatures is not None):
            warnings.warn(note, RecommendationWarning, stacklevel=2)
        if independent_sampler is not None and constraints_func is not None:
            raise SamplerError(
                "constraints_func: give it to the independent_sampler, which keeps the constraints"
            )
        learners = self._recommender.learners
        if len(learners) > 1 and learner_parameter is None:
            given = "'auto'" if isinstance(learner, str) else f"{len(learners)} learners"
            instead = "" if learner is not None else f", or one of {', '.join(learners)} as learner"
            raise SamplerError(
                f"learner: {given} need the name of the study's parameter that chooses one: give "
                f"learner_parameter{instead}"
            )
        self._reader = _make_reader(self._recommender, names, learner_parameter, fixed or {})
        self._knows_metric = knows_metric
        self._seed = seed or 0
        self._independent = independent_sampler or _make_tpe(seed, constraints_func)
        self._intended: dict[tuple[str, int], Configuration | None] = {}
        self._pools: OrderedDict[Any, StudyPool] = OrderedDict()
        self._priors: OrderedDict[Any, SurfacePrior] = OrderedDict()
        self._has_warned = False
        self._lock = threading.RLock()

    def __getstate__(self) -> dict[str, Any]:
        """Return the picklable state, without the lock."""
        return {name: value for name, value in self.__dict__.items() if name != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lock = threading.RLock()

    def memory_view(self, study: Study) -> StudyMemory:
        """Return what the memory says of the trials of a study, for :mod:`foretune.plots`."""
        sign = -1.0 if study.direction == optuna.study.StudyDirection.MINIMIZE else 1.0
        return StudyMemory(self._recommender, self._reader, self._knows_metric, sign)

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Return an empty space: every parameter is sampled when the trial suggests it."""
        _check_objectives(study)
        return {}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Sample the parameters of a space one after the other; see :meth:`infer_relative_search_space`."""
        if not search_space:
            return {}
        begun = copy.deepcopy(trial)
        for name, distribution in search_space.items():
            value = self.sample_independent(study, begun, name, distribution)
            begun.params = {**begun.params, name: value}
            begun.distributions = {**begun.distributions, name: distribution}
        return {name: begun.params[name] for name in search_space}

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Check that the study has a single objective.

        Raises
        ------
        SamplerError
            If there are several objectives.
        """
        _check_objectives(study)
        self._independent.before_trial(study, trial)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Sample a value of the distribution."""
        _check_objectives(study)
        with self._lock:
            value = self._sample(whole_study(study), trial, param_name, param_distribution)
            if value is NO_VALUE:
                value = self._independent.sample_independent(study, trial, param_name, param_distribution)
        return value

    def after_trial(
        self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """Discard the trial's intended configuration; mark a failed trial as not lost with its process."""
        with self._lock:
            intended = self._intended.pop((study.study_name, trial.number), NO_VALUE)
            if intended is not NO_VALUE and state == optuna.trial.TrialState.FAIL:
                write_note(whole_study(study), trial, FAILED, True)
            self._warn_of_foreign_trials(trial)
            self._independent.after_trial(study, trial, state, values)

    def reseed_rng(self) -> None:
        """Reseed the independent sampler; parallel workers avoid running configurations by themselves."""
        self._independent.reseed_rng()

    def _sample(self, study: Study, trial: FrozenTrial, name: str, distribution: BaseDistribution) -> Any:
        if name == self._reader.learner_parameter:
            return self._sample_learner(study, trial, distribution)
        place = self._reader.names.find(name)
        learner = self._reader.learner_of(trial.params)
        if place is None or (learner is None and self._reader.learner_parameter in trial.params):
            return NO_VALUE
        if learner and (
            self._reader.is_unreadable(name, distribution, learner)
            or self._reader.is_beyond(given_values(trial, study), trial.distributions, learner)
        ):
            return NO_VALUE
        intended = self._intend(study, trial)
        if intended is not NO_VALUE and intended is not None and self._agrees(intended, trial):
            value = self._express(intended, place.learner, place.name, distribution)
            has_no_place = not self._reader.vocabularies[intended.learner].can_have(
                place.name, intended.params
            )
            if value is not NO_VALUE or place.learner not in (None, intended.learner):
                return value
            if self._reader.vocabularies[intended.learner].space and has_no_place:
                return NO_VALUE
        intended = self._choose(study, trial, name, distribution)
        return (
            NO_VALUE if intended is None else self._express(intended, place.learner, place.name, distribution)
        )

    def _sample_learner(self, study: Study, trial: FrozenTrial, distribution: BaseDistribution) -> Any:
        choices = getattr(distribution, "choices", ())
        intended = self._intend(study, trial)
        for _ in range(2):
            if intended is not NO_VALUE and intended is not None:
                for choice in choices:
                    if self._reader.names.find_learner(choice) == intended.learner:
                        return choice
            intended = self._choose(study, trial, str(self._reader.learner_parameter), distribution)
        return NO_VALUE

    def _intend(self, study: Study, trial: FrozenTrial) -> Any:
        return self._intended.get((study.study_name, trial.number), NO_VALUE)

    def _agrees(self, intended: Configuration, trial: FrozenTrial) -> bool:
        """Whether the trial's values are those of its intended configuration."""
        reader = self._reader
        learner = reader.learner_of(trial.params)
        if learner not in (None, intended.learner):
            return False
        vocabulary = reader.vocabularies[intended.learner]
        values = reader.values_of(trial.params, intended.learner)
        written = vocabulary.active(vocabulary.read_over(intended.params, values))
        return key_of(written) == key_of(intended)

    def _express(
        self, intended: Configuration, learner: str | None, name: str, distribution: BaseDistribution
    ) -> Any:
        if learner not in (None, intended.learner):
            return NO_VALUE
        space = StudySpace(self._reader.vocabularies[intended.learner], {}, {}, frozenset())
        return space.express(intended, name, distribution)

    def _choose(
        self, study: Study, trial: FrozenTrial, name: str, distribution: BaseDistribution
    ) -> Configuration | None:
        """Choose the intended configuration of a trial among those that agree with its values."""
        history = self._read_history(study, trial)
        intended: Configuration | None = None
        n_skipped = 0
        for _ in range(MOST_CHOICES):
            distributions = {name: distribution, **trial.distributions, **history.distributions}
            distributions[name] = distribution
            spaces = self._spaces(distributions, given_values(trial, study), history)
            before, intended = intended, self._search(spaces, history, n_skipped) if spaces else None
            if intended is None:
                break
            # For workers in other processes, which may be choosing the same at this moment
            write_note(study, trial, INTENDED, pack_intend(intended))
            if not is_shared(study):
                break
            known, history = history.tried(), self._read_history(study, trial)
            holders = history.holders_of(intended)
            # Another may also have begun and ended meanwhile
            is_taken = bool(holders) or key_of(intended) in history.tried() - known
            if not is_taken or (before is not None and key_of(before) == key_of(intended)):
                break
            # Both choose again, and would choose the same: the later trial leaves the next one to the earlier
            n_skipped = sum(number < trial.number for number in holders)
        self._intended[study.study_name, trial.number] = intended
        return intended

    def _read_history(self, study: Study, trial: FrozenTrial) -> StudyHistory:
        sign = -1.0 if study.direction == optuna.study.StudyDirection.MINIMIZE else 1.0
        trials, notes = study.get_trials(deepcopy=False), note_reader(study, trial)
        return StudyHistory.read(trials, trial.number, sign, self._reader, notes)

    def _spaces(
        self, distributions: Mapping[str, BaseDistribution], given: Mapping[str, Any], history: StudyHistory
    ) -> dict[str, StudySpace]:
        """Return the study's space for each learner that the trial can still have."""
        reader = self._reader
        learners = list(reader.vocabularies)
        if reader.learner_parameter in given:
            chosen = reader.learner_of(given)
            learners = [chosen] if chosen else []
        elif reader.learner_parameter in distributions:
            choices = getattr(distributions[str(reader.learner_parameter)], "choices", ())
            offered = {reader.names.find_learner(choice) for choice in choices}
            learners = [learner for learner in learners if learner in offered]
        return {
            learner: StudySpace(
                reader.vocabularies[learner],
                reader.distributions_of(distributions, learner),
                reader.values_of(given, learner),
                history.closed.get(learner, frozenset()) | reader.unreadable_of(distributions, learner),
            )
            for learner in learners
        }

    def _search(
        self, spaces: Mapping[str, StudySpace], history: StudyHistory, n_skipped: int
    ) -> Configuration | None:
        """Choose the next configuration by the guarded policy, after so many others; None if none is left."""
        scores, best = history.scores(), history.best()
        pool = self._pool(spaces)
        known = {key_of(one): one for one, _ in [*history.told, *history.estimated]}
        around = self._around(spaces, best, len(scores)) if best else []
        others = [*around, *known.values(), *history.running]
        configurations = list({key_of(one): one for one in [*pool.configurations, *others]}.values())
        # Positions of distinct configurations, with defaults and earlier ones first
        at = {key_of(one): position for position, one in enumerate(configurations)}
        search = GuardedSearch(
            self._prior(configurations, tuple(at)),
            self._recommender.memory.policy,
            self._recommender.guard,
            range(pool.n_defaults),
            np.random.default_rng(self._seed),
            default_first=self._recommender.has_few_rows,
            knows_metric=self._knows_metric,
        )
        for key, score in scores.items():
            search.tell(at[key], score)
        for one in history.running:
            search.reserve(at[key_of(one)])
        for _ in range(min(history.n_undecided + n_skipped, search.n_left - 1)):
            search.ask()
        if best and history.has_foreign and _has_converged(search):
            # Tune the foreign parameters at the best known configuration
            fits = any(
                key_of(adapted) == key_of(best)
                for space in spaces.values()
                if (adapted := space.adapt(best, self._seed)) is not None
            )
            if fits:
                return best
        return configurations[search.ask()] if search.n_left else None

    def _pool(self, spaces: Mapping[str, StudySpace]) -> StudyPool:
        signature = tuple(space.signature for space in spaces.values())
        if signature not in self._pools:
            remembered = self._recommender.candidates.configurations
            self._pools[signature] = StudyPool.build(spaces, remembered, self._is_feasible, self._seed)
            _keep_last(self._pools, KEPT_PRIORS)
        return self._pools[signature]

    def _around(
        self, spaces: Mapping[str, StudySpace], best: Configuration, n_told: int
    ) -> list[Configuration]:
        window = n_told // REFINE_EVERY
        if window == 0 or best.learner not in spaces:
            return []
        near = spaces[best.learner].look_around(best, N_AROUND, self._seed + window)
        return [one for one in near if self._is_feasible(one)]

    def _is_feasible(self, one: Configuration) -> bool:
        return self._recommender.feasibility.why_not(one) is None

    def _prior(self, configurations: Sequence[Configuration], keys: tuple[Any, ...]) -> SurfacePrior:
        if keys not in self._priors:
            self._priors[keys] = self._recommender.prior_at(configurations)
            _keep_last(self._priors, KEPT_PRIORS)
        return self._priors[keys]

    def _warn_of_foreign_trials(self, trial: FrozenTrial) -> None:
        """Warn once if no parameter of a trial is in the memory."""
        reader = self._reader
        if self._has_warned or not trial.params or reader.learner_parameter in trial.params:
            return
        if any(reader.names.find(name) for name in trial.params):
            return
        self._has_warned = True
        learner = next(iter(reader.vocabularies))
        strangers = ", ".join(list(trial.params)[:SHOWN_NAMES])
        known = ", ".join(sorted(reader.vocabularies[learner].names))
        warnings.warn(
            f"no parameter of this study ({strangers}) is a hyperparameter of {learner} that the memory "
            f"knows ({known}): all are left to {type(self._independent).__name__}; say by `names` what they "
            f"stand for",
            RecommendationWarning,
            stacklevel=2,
        )


def _without_table(learner: Any, column_types: Any, chosen: dict[str, Any]) -> Recommender:
    """Return the recommender of a memory alone."""
    if chosen["memory"] is None and chosen["task_type"] is None:
        raise SamplerError(
            "X and y are missing: give the table, or by `memory` what was learnt from studies of yours"
        )
    if column_types is not None:
        raise SamplerError("column_types: there is no table whose columns have types; give X and y")
    if learner is None:
        learner = USUAL_LEARNER if chosen["memory"] is None else AUTO
    return Recommender.without_table(learner, **chosen)


def _notes_to_show(recommender: Recommender, is_described: bool) -> list[str]:
    if recommender.table is not None:
        return notes_to_show(recommender)
    # Without a description nothing else can be expected
    is_unlike = is_described and recommender.is_out_of_distribution
    return [*recommender.lost_settings, *([recommender.describe_distance()] if is_unlike else [])]


def _make_tpe(
    seed: int | None, constraints_func: Callable[[FrozenTrial], Sequence[float]] | None
) -> optuna.samplers.BaseSampler:
    """Return Optuna's sampler, which also computes and keeps the constraints of each trial."""
    with warnings.catch_warnings():
        # Experimental in Optuna 4, deprecated in Optuna 5
        warnings.filterwarnings("ignore", ".*constraints_func", Warning)
        return optuna.samplers.TPESampler(seed=seed, constraints_func=constraints_func)


def _make_reader(
    recommender: Recommender,
    names: Mapping[str, str] | None,
    learner_parameter: str | None,
    fixed: Mapping[str, Any],
) -> TrialReader:
    vocabularies = {
        learner: StudyVocabulary.of(learner, recommender.provenance, recommender.task_type)
        for learner in recommender.learners
    }
    known = {learner: one.names for learner, one in vocabularies.items()}
    others = {learner: frozenset(one.own_defaults) for learner, one in vocabularies.items()}
    study_names = StudyNames(known, names, others)
    values: dict[str, Any] = {}
    for name, value in fixed.items():
        place = study_names.find(name)
        if place is None and not any(name in others[one] for one in known):
            raise SamplerError(f"fixed: {name!r} is no hyperparameter of {' or '.join(known)}")
        values[name if place is None else place.name] = value
    return TrialReader(study_names, vocabularies, learner_parameter, values)


def _has_converged(search: GuardedSearch) -> bool:
    if not search.n_left:
        return True
    return search.n_told >= REFINE_EVERY and float(search.expected_gains().max()) < CONVERGED_GAIN


def _check_objectives(study: Study) -> None:
    if len(study.directions) > 1:
        raise SamplerError(
            f"ForetuneSampler serves studies with one objective, this one has {len(study.directions)}: make "
            f"the others constraints, or use optuna.samplers.TPESampler"
        )


def _keep_last(kept: OrderedDict[Any, Any], n: int) -> None:
    while len(kept) > n:
        kept.popitem(last=False)
