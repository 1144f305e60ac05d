"""Choice of hyperparameters for an estimator of a library and a table, from a memory alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone

from foretune.base import (
    PATH,
    TaskType,
    UserError,
    check_kind,
    first_line,
    quoted,
)
from foretune.learners import EarlyStopping, NestedAxis, axis_of_rounds, get_learner, known_learners
from foretune.meta_model import GuardedSearch, Memory, SurfacePrior
from foretune.recommendation.core import (
    USUAL_SCORES,
    ChosenMemory,
    Feasibility,
    KnownPart,
    LearnerVocabulary,
    Recommender,
    check_asked_score,
    choose_memory,
    describe_other_metric,
    find_learner,
    list_candidates,
    provenance_of,
    shorten,
    with_typical_rounds,
)
from foretune.spaces import DEFAULT, Configuration
from foretune.zero_shot.scale import OF_FEATURES, OF_TARGET, is_target_unscaled, unscaled_features

SEED = 0
CLASS_WEIGHT = "class_weight"
# What the estimators of the memory's trials have beside the hyperparameters, and a recommendation needs: more
# iterations than the library's default, and every round that is asked for
OF_TRIALS: dict[tuple[str, TaskType], dict[str, Any]] = {
    ("linear", "classification"): {"max_iter": 1000},
    ("linear", "regression"): {"max_iter": 10_000},
    ("hist_gradient_boosting", "classification"): {"early_stopping": False},
    ("hist_gradient_boosting", "regression"): {"early_stopping": False},
}
KEEPS_DEFAULT = "the library's parameters stay: what the memory recommends may be worse"
KEEPS_WEIGHTS = (
    "class_weight stays as it is, since weights shift the probabilities: "
    "memory_scoring='balanced_accuracy' chooses it"
)
STOPS_EARLY = "the fit stops early, so that the number of rounds is its limit of {limit:,}"
HELD_OUT_ROUNDS = "the number of rounds is the best on a fifth of the rows, scaled to all of them"
OTHER_NETWORK = "the network of the memory's trials scales its inputs, and trains longer on few rows"


class Choice(NamedTuple):
    """Hyperparameters that were chosen for an estimator.

    Attributes
    ----------
    params
        Arguments of the constructor; empty if the library's parameters stay as they are.
    notes
        What was decided and why, one sentence each.
    warnings
        Those of them by which the user gets less than is expected.
    """

    params: dict[str, Any]
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class ZeroShotChoice:
    """What a memory recommends for an estimator of a library.

    Attributes
    ----------
    estimator
        Estimator of the library's own class with the user's parameters, unfitted.
    given
        Names of the parameters that the user has set, which stay.
    learner, task_type
        Name of the learner, and its task type.
    memory, scoring
        As for :func:`foretune.recommendation.core.choose_memory`.
    stops_early
        Whether the fit stops boosting by itself.
    fit_params
        Its arguments beside the table.
    n_rows
        Rows of the table, for a memory that knows tables of its size; None for any.
    """

    estimator: Any
    given: Collection[str]
    learner: str
    task_type: TaskType
    memory: Any = None
    scoring: str | None = None
    stops_early: bool = False
    fit_params: Mapping[str, Any] = field(default_factory=dict)
    n_rows: int | None = None

    def choose(self, X: Any, y: Any) -> Choice:
        """Choose for a table; one that cannot be described gets what does well on all known tables.

        Raises
        ------
        UserError
            If the memory cannot be used, or has no trials of the learner.
        """
        recommender, why_not = self._describe(X, y)
        n_rows = count_rows(y) if recommender is None else recommender.new_task.n_rows
        notes = self._notes(recommender, why_not)
        if problem := self._why_other_scale(recommender):
            return Choice({}, (*notes, problem), (problem,))
        configurations, n_defaults = self._candidates(n_rows)
        at = self._search(configurations, n_defaults, recommender, n_rows).plan(1)[0]
        if at < n_defaults:
            return Choice({}, (*notes, KEEPS_DEFAULT))
        params, more = self._params(configurations[at])
        n_rounds = self._choose_rounds(params, X, y)
        if n_rounds:
            params |= n_rounds
            more.append(HELD_OUT_ROUNDS)
        return Choice(params, (*notes, *more))

    def _choose_rounds(self, params: Mapping[str, Any], X: Any, y: Any) -> dict[str, int]:
        """Return the number of rounds that stopped on held-out rows; nothing if it is not open."""
        stopping, axis = provenance_of(self._known).early_stopping, self._rounds
        if stopping is None or axis is None or self.stops_early or axis.hyperparameter not in params:
            return {}
        # It takes what a fit needs, which a choice without rounds does not
        from foretune.recommendation.search_cv import choose_rounds_on_split

        estimator = clone(self.estimator).set_params(**params, **self._quiet())
        n_rounds = choose_rounds_on_split(
            estimator, self._part, X, y, self.task_type, stopping, SEED, fit_params=self.fit_params
        )
        return {} if n_rounds is None else {axis.hyperparameter: n_rounds}

    def _quiet(self) -> dict[str, Any]:
        """Return what keeps a fit that nobody asked for from printing: LightGBM warns in each round."""
        asked = {"verbose", "verbosity"} & set(self.estimator.get_params(deep=False))
        return {"verbosity": -1} if self.learner == "lightgbm" and not asked else {}

    @cached_property
    def _known(self) -> Memory:
        """The memory of the learner, without the notes on it."""
        return self._chosen_memory[0]

    @cached_property
    def _chosen_memory(self) -> tuple[Memory, tuple[str, ...]]:
        check_kind("memory", self.memory, (Memory, *PATH, list, tuple), "a folder or a memory", optional=True)
        check_asked_score("memory_scoring", self.scoring)
        found = choose_memory(
            self.memory,
            self.task_type,
            self.scoring,
            None,
            lambda one: self._name_in(one) is not None,
            self.n_rows if self._are_rounds_open else None,
        )
        if self._name_in(found.memory) is None:
            kind = type(self.estimator).__name__
            raise UserError(
                f"{kind}: the memory has no trials of the learner {self.learner}, so nothing can be chosen; "
                f"tune it on tables of yours (hpo.learners=[{self.learner}]), then give memory=FOLDER "
                f"(docs/own-memory.md), or take the library's own {kind}"
            )
        return found.memory, found.notes if self.scoring is not None else self._with_score(found)

    @cached_property
    def _rounds(self) -> NestedAxis | None:
        """The number of boosting rounds; None where the learner has none."""
        return axis_of_rounds(get_learner(self.learner)) if self.learner in known_learners() else None

    @property
    def _are_rounds_open(self) -> bool:
        """Whether the number of boosting rounds is chosen on held-out rows, if the memory leaves it open."""
        axis = self._rounds
        return axis is not None and axis.hyperparameter not in self.given and not self.stops_early

    def _with_score(self, found: ChosenMemory) -> tuple[str, ...]:
        """Return the notes on a memory, with its score in the place of the usual one, which nobody wants."""
        score = provenance_of(found.memory).score
        missed = describe_other_metric(USUAL_SCORES[self.task_type], score)
        others = tuple(note for note in found.notes if note not in missed)
        named = f"chosen for {score}, which is what the memory knows of {type(self.estimator).__name__}"
        return others if len(others) == len(found.notes) else (named, *others)

    def _name_in(self, memory: Memory) -> str | None:
        """Return the name that the learner has in a memory; None if it has no trials of it."""
        return find_learner(self.learner, provenance_of(memory).learners)

    @cached_property
    def _part(self) -> KnownPart:
        return KnownPart(str(self._name_in(self._known)), "", self.estimator)

    @cached_property
    def _vocabulary(self) -> LearnerVocabulary:
        return LearnerVocabulary.of(self._part.learner, provenance_of(self._known), self.task_type)

    @cached_property
    def _keeps_weights(self) -> bool:
        """Whether weights of classes stay as they are, because nobody asked for a balanced score."""
        is_known = CLASS_WEIGHT in self._vocabulary.names and CLASS_WEIGHT not in self.given
        return self.scoring is None and is_known

    @cached_property
    def _fixed(self) -> dict[str, Any]:
        """Values that stay, by the names of the memory."""
        own: Mapping[str, Any] = self.estimator.get_params(deep=False)
        names = [*self.given, *([CLASS_WEIGHT] if self._keeps_weights else [])]
        given = {self._part.proper(name): own[name] for name in names if name in own}
        return {**self._part.implied(), **given}

    def _describe(self, X: Any, y: Any) -> tuple[Recommender | None, str]:
        """Return the recommender for the table; None and the reason if it cannot be described."""
        memory = self._known
        try:
            return Recommender.for_table(
                X, y, self._part.learner, task_type=self.task_type, memory=memory, seed=SEED
            ), ""
        except (UserError, TypeError, ValueError) as error:
            # Whether the library can be fitted to it is the library's business
            return None, first_line(error)

    def _notes(self, recommender: Recommender | None, why_not: str) -> list[str]:
        notes = [*self._chosen_memory[1]]
        if recommender is None:
            notes.append(f"X and y are no table that can be described ({why_not}): the average of all counts")
        else:
            notes += recommender.notes()
        if kept := sorted(name for name in self.given if self._part.proper(name) in self._vocabulary.names):
            notes.append(f"{quoted(kept)} stay{'s' if len(kept) == 1 else ''} as given")
        if self._keeps_weights:
            notes.append(KEEPS_WEIGHTS)
        return notes

    def _why_other_scale(self, recommender: Recommender | None) -> str:
        """Return why the trials of the memory tell nothing about rows of this scale; empty if they do."""
        kind = type(self.estimator).__name__
        stays = f"so {kind} keeps the library's parameters: its memory is of standardised"
        if self.learner in OF_FEATURES:
            if recommender is None:
                return f"X may not be standardised, {stays} columns"
            if unscaled := unscaled_features(recommender.new_task):
                many = f" and {len(unscaled) - 1} more" if len(unscaled) > 1 else ""
                return (
                    f"column {unscaled[0]!r}{many} of X {'are' if many else 'is'} not standardised, {stays} "
                    f"columns; make_pipeline(StandardScaler(), {kind}()) has such"
                )
        if self.learner in OF_TARGET and recommender is not None and is_target_unscaled(recommender.new_task):
            return (
                f"y is not standardised, {stays} targets; TransformedTargetRegressor({kind}(), "
                f"transformer=StandardScaler()) has such"
            )
        return ""

    def _candidates(self, n_rows: int) -> tuple[list[Configuration], int]:
        """Return what the memory knows with the user's values in it, and how many, at first, are defaults."""
        provenance = provenance_of(self._known)
        feasibility = Feasibility(n_rows, self._known.guard)
        listed = shorten(
            list_candidates(provenance, [self._part.learner], feasibility), self._known
        ).configurations
        fixed = self._part.read(self._fixed)
        adapted = [
            self._vocabulary.active(
                self._vocabulary.read_over(with_typical_rounds(one, provenance).params, fixed), one.strategy
            )
            for one in listed
        ]
        distinct: dict[str, Configuration] = {}
        for one in adapted:
            distinct.setdefault(one.config_id, one)
        return list(distinct.values()), sum(one.strategy == DEFAULT for one in distinct.values())

    def _search(
        self,
        configurations: Sequence[Configuration],
        n_defaults: int,
        recommender: Recommender | None,
        n_rows: int,
    ) -> GuardedSearch:
        memory = self._known
        prior: SurfacePrior = (
            memory.prior(None, memory.encode(configurations), SEED)
            if recommender is None
            else recommender.prior_at(configurations)
        )
        return GuardedSearch(
            prior,
            memory.policy,
            memory.guard,
            range(n_defaults),
            np.random.default_rng(SEED),
            default_first=memory.guard.has_few_rows(n_rows),
        )

    def _params(self, configuration: Configuration) -> tuple[dict[str, Any], list[str]]:
        """Return the arguments of the constructor for a configuration, and notes on them."""
        chosen = self._part.express(configuration.params)
        chosen = OF_TRIALS.get((self.learner, self.task_type), {}) | chosen
        notes = []
        axis = axis_of_rounds(get_learner(self.learner)) if self.learner in known_learners() else None
        if axis is not None and self.stops_early and axis.hyperparameter not in self._fixed:
            chosen[axis.hyperparameter] = limit = EarlyStopping().max_rounds
            notes.append(STOPS_EARLY.format(limit=limit))
        if self.learner == "mlp":
            notes.append(OTHER_NETWORK)
        kept = {name: value for name, value in chosen.items() if self._is_free(name)}
        return kept, notes

    def _is_free(self, name: str) -> bool:
        return name not in self.given and self._part.proper(name) not in self._fixed


def count_rows(y: Any) -> int:
    """Return the number of rows of a target of any kind."""
    # Not by numpy's functions, which an object that stands for an array may refuse
    shape = y.shape if hasattr(y, "shape") else np.asarray(y).shape
    return int(shape[0]) if shape else 0


def stops_early(learner: str, params: Mapping[str, Any], fit_params: Mapping[str, Any]) -> bool:
    """Return whether a fit with these parameters chooses its number of boosting rounds by itself.

    Parameters
    ----------
    learner
        Name of the learner.
    params
        Parameters of the estimator.
    fit_params
        Further arguments of ``fit``.
    """
    if learner == "gradient_boosting":
        return params.get("n_iter_no_change") is not None
    if learner == "hist_gradient_boosting":
        return params.get("early_stopping") is True
    callbacks = [*(params.get("callbacks") or ()), *(fit_params.get("callbacks") or ())]
    if any("EarlyStopping" in type(one).__name__ for one in callbacks):
        return True
    names = ("early_stopping_rounds", "early_stopping_round", "early_stopping", "od_wait", "od_type")
    is_booster = learner in ("xgboost", "lightgbm", "catboost")
    return is_booster and any((params.get(name) or fit_params.get(name)) for name in names)
