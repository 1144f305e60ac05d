"""Numbers of boosting rounds of the user's own estimators: chosen on the folds by the search's scorer."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.metrics import get_scorer, make_scorer, mean_pinball_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline

from foretune.base import TaskType
from foretune.learners import (
    EarlyStopping,
    FoldOutcome,
    FoldRace,
    Rounds,
    Trial,
    axis_of_rounds,
    get_learner,
    record_trial,
)
from foretune.recommendation.core import KnownPart, scale_to_all_rows
from foretune.recommendation.search_cv.folds import RawFold, take_rows
from foretune.recommendation.search_cv.kept_rows import keep_rows
from foretune.recommendation.search_cv.own_configuration import OwnConfiguration
from foretune.recommendation.search_cv.own_metadata import WEIGHTS, has_rows, take_params
from foretune.recommendation.search_cv.scoring import ONE_SCORE, SCORE, ScorerMeasure
from foretune.recommendation.search_cv.trial_evaluator import with_training_scores
from foretune.spaces import DEFAULT

# Numbers of rounds that are scored are so far apart: a curve changes little between them
RATIO = 1.25
# A trial first grows to so many times the usual number of rounds, and to so many times as many again while
# the best number so far is near to the end
GROWTH = 2.0
WELL_BEFORE = 1.5
# Of the score on one fold, less than which is no reason to grow
LEAST_GAIN = 1e-3
# A curve is scored from this share of the first growth on, and below it only if its best is there
FIRST_SHARE = 1 / 16
# Boosters whose first rounds are those of a shorter fit
NESTED_BOOSTING = {"lightgbm": ("gbdt", "goss", "gbrt", None), "xgboost": ("gbtree", None)}
BOOSTING = {"lightgbm": "boosting_type", "xgboost": "booster"}
ALIASES_OF_BOOSTING = ("boosting", "boost")
# Rows, and the share of them, on which the rounds of a booster without any folds are chosen, by which score
FEWEST_ROWS, HELD_OUT = 100, 0.2
SCORER_OF_ROUNDS: dict[TaskType, str] = {
    "classification": "neg_log_loss",
    "regression": "neg_root_mean_squared_error",
}
# Objectives of regression that ask for something else than the mean, or for other weights of errors
ABSOLUTE, POISSON, GAMMA = "neg_mean_absolute_error", "neg_mean_poisson_deviance", "neg_mean_gamma_deviance"
SCORER_OF_OBJECTIVE = {
    **dict.fromkeys(("regression", "regression_l2", "l2", "mse", "rmse"), SCORER_OF_ROUNDS["regression"]),
    **dict.fromkeys(("reg:squarederror", "mean_squared_error"), SCORER_OF_ROUNDS["regression"]),
    **dict.fromkeys(("regression_l1", "l1", "mae", "mean_absolute_error", "reg:absoluteerror"), ABSOLUTE),
    **dict.fromkeys(("poisson", "count:poisson"), POISSON),
    **dict.fromkeys(("gamma", "reg:gamma"), GAMMA),
    "mape": "neg_mean_absolute_percentage_error",
}
# Objective, and the parameter that is its quantile, with the library's default
QUANTILES = {"quantile": ("alpha", 0.9), "reg:quantileerror": ("quantile_alpha", None)}
# Arguments of a fit from which boosting starts: they are no part of what a model predicts
OFFSETS = ("init_score", "base_margin")
# Those that concern the rows and columns of a fit; stopping, printing and recording are for the last fit
OF_ROUNDS_FIT = (WEIGHTS, "categorical_feature", "feature_name")
OWN_STOPPING = ("early_stopping_rounds", "early_stopping_round", "early_stopping", "n_iter_no_change")
STOPPING_CALLBACK = "EarlyStopping"


@dataclass(frozen=True)
class OwnRounds:
    """How the number of boosting rounds of an estimator of the user's own is chosen.

    Attributes
    ----------
    part
        The booster in the estimator.
    parameter
        The number of rounds, by its full name.
    max_rounds
        The largest number.
    max_seconds
        A trial that has taken so long grows no more; None for no limit.
    """

    part: KnownPart
    parameter: str
    max_rounds: int
    max_seconds: float | None = None

    @property
    def early_stopping(self) -> EarlyStopping:
        """The same as settings of a search."""
        return EarlyStopping(max_rounds=self.max_rounds)

    def mark(self, configuration: OwnConfiguration) -> OwnConfiguration:
        """Return a configuration that says which of its parameters is chosen on the folds.

        None is where the booster is searched, too, and the first rounds of this one are not a shorter fit: it
        has its usual number, or the largest that is allowed.
        """
        kind = configuration.params.get(f"{self.part.prefix}{BOOSTING[self.part.learner]}")
        if kind in NESTED_BOOSTING[self.part.learner]:
            return replace(configuration, rounds=self.parameter)
        is_ours = self.parameter in configuration.params and configuration.strategy != DEFAULT
        if not is_ours or configuration.params[self.parameter] <= self.max_rounds:
            return configuration
        return replace(configuration, params={**configuration.params, self.parameter: self.max_rounds})

    def numbers(self) -> list[int]:
        """Return the numbers of rounds that may be chosen, a quarter apart, ascending."""
        values = [1]
        while values[-1] < self.max_rounds:
            values.append(min(max(values[-1] + 1, round(values[-1] * RATIO)), self.max_rounds))
        return values


def find_own_rounds(
    estimator: Any, part: KnownPart | None, searched: Sequence[str], stopping: EarlyStopping | None
) -> OwnRounds | None:
    """Return how the number of rounds of an estimator is chosen; None if it is not.

    It is if the estimator ends in a booster of LightGBM or XGBoost of which a shorter fit is the beginning of
    a longer one, and if the user has neither set nor searched the number, nor stops early in another way.

    Parameters
    ----------
    estimator, part
        The estimator, and the part of it that the memory knows.
    searched
        Full names of the parameters that the user searches.
    stopping
        Settings of early stopping; None without it.
    """
    if stopping is None or part is None or part.learner not in NESTED_BOOSTING or not _is_reached(estimator):
        return None
    axis = axis_of_rounds(get_learner(part.learner))
    if axis is None:
        return None
    name, own = axis.hyperparameter, part.estimator.get_params(deep=False)
    own_names = {name, *OWN_STOPPING}
    is_chosen = name in part.fixed or any(part.local(one) in own_names for one in searched)
    stops = any(own.get(one) for one in OWN_STOPPING) or any(
        type(one).__name__ == STOPPING_CALLBACK for one in own.get("callbacks") or ()
    )
    kind = own.get(BOOSTING[part.learner])
    boosting = {own.get(alias) for alias in ALIASES_OF_BOOSTING} - {None}
    if is_chosen or stops or kind not in NESTED_BOOSTING[part.learner] or boosting:
        return None
    return OwnRounds(part, f"{part.prefix}{name}", stopping.max_rounds)


def evaluate_rounds(
    rounds: OwnRounds,
    build: Callable[[OwnConfiguration], Any],
    configuration: OwnConfiguration,
    folds: Sequence[RawFold],
    measure: ScorerMeasure,
    fit: Callable[[Any, RawFold], Any],
    race: FoldRace | None = None,
) -> Trial:
    """Choose the number of rounds of a configuration on all folds, and score it with that number.

    The estimator is fitted with twice the usual number of rounds, and again with twice as many as long as the
    best mean score is near to the end of the curve, and better than in its first half by more than its
    standard error over the folds. Scores at smaller numbers of rounds are those of the
    first rounds of such a fit, which are those of a shorter fit.

    Parameters
    ----------
    rounds
        How the number is chosen.
    build, fit
        Build the unfitted estimator of a configuration, and fit it to the training part of a fold.
    configuration
        With the usual number of rounds.
    folds
        The user's own rows.
    measure
        The scorers.
    race
        Stops a trial whose first folds are behind; its outcome is then that of these folds.
    """
    growing = _Growing(rounds, build, configuration, folds, measure, fit)
    trial = record_trial(lambda: growing.run(race), must_converge=False)
    if trial.status != "ok":
        return trial
    found = Rounds(growing.best, SCORE, growing.n_grown, is_cut=growing.is_cut)
    return replace(growing.with_training_scores(trial), rounds=found)


@dataclass
class _Curve:
    """A fitted estimator, and its scores by the number of rounds.

    Of several scores the leading one is all that is looked at; the others are computed for the chosen number.
    """

    fold: RawFold
    fitted: Any = None
    n_grown: int = 0
    # No longer fit has more rounds: nothing is left to learn
    is_complete: bool = False
    # The first rounds are those of a shorter fit
    is_nested: bool = True
    # Fits of their own by the number of rounds
    refitted: dict[int, Any] = field(default_factory=dict)
    looks: dict[int, dict[str, float]] = field(default_factory=dict)
    metrics: dict[int, dict[str, float]] = field(default_factory=dict)
    score_seconds: float = 0.0

    def leading(self, n_rounds: int) -> float:
        """Return the leading score at a number of rounds."""
        return self.looks[n_rounds][SCORE]


class _Growing:
    """Fits of one configuration on folds, with more and more rounds."""

    def __init__(
        self,
        rounds: OwnRounds,
        build: Callable[[OwnConfiguration], Any],
        configuration: OwnConfiguration,
        folds: Sequence[RawFold],
        measure: ScorerMeasure,
        fit: Callable[[Any, RawFold], Any],
    ) -> None:
        self._rounds, self._build, self._configuration = rounds, build, configuration
        self._measure, self._fit = measure, fit
        self._curves = [_Curve(fold) for fold in folds]
        self._numbers = rounds.numbers()
        usual = configuration.params[rounds.parameter]
        self.n_grown = self._at_least(GROWTH * usual)
        self._lowest = self._at_least(FIRST_SHARE * self.n_grown)
        self._end = np.inf if rounds.max_seconds is None else time.perf_counter() + rounds.max_seconds
        self.best = self.n_grown
        self.is_cut = False

    def run(self, race: FoldRace | None) -> list[FoldOutcome]:
        """Return the outcome on all folds, or on the first if the race stops the trial there."""
        looks = [look for look in race.looks if look < len(self._curves)] if race else []
        for n_seen in (*looks, len(self._curves)):
            outcomes = self._find(self._curves[:n_seen])
            if race and n_seen < len(self._curves) and race.is_hopeless([one.metrics for one in outcomes]):
                return outcomes
        return outcomes

    def with_training_scores(self, trial: Trial) -> Trial:
        """Return a trial with the scores on the training parts, if they are asked for."""
        if not self._measure.several.on_training:
            return trial
        parts = []
        for curve, metrics in zip(self._curves, trial.fold_metrics, strict=False):
            fitted = self._fitted(curve)
            one = replace(trial, fold_metrics=[metrics])
            fold = curve.fold
            parts.append(
                with_training_scores(
                    one, [fitted], fold, fold.y_train, self._measure, fold.training_score_params
                )
            )
        failed = next((one for one in parts if one.status != "ok"), None)
        said = sorted({text for one in parts for text in one.error.split("; ") if text})
        metrics_of_folds = [metrics for one in parts for metrics in one.fold_metrics]
        return failed or replace(trial, fold_metrics=metrics_of_folds, error="; ".join(said))

    def _at_least(self, n_rounds: float) -> int:
        return next((one for one in self._numbers if one >= n_rounds), self._numbers[-1])

    def _find(self, curves: Sequence[_Curve]) -> list[FoldOutcome]:
        """Grow on folds until the best number of rounds is settled, and return the outcome with it."""
        while True:
            before = time.perf_counter()
            for curve in curves:
                self._grow(curve)
            self.best = self._find_best(curves)
            now = time.perf_counter()
            if (
                self.best * WELL_BEFORE <= self.n_grown
                or not self._has_improved(curves)
                or self.n_grown >= self._rounds.max_rounds
                or all(curve.is_complete for curve in curves)
            ):
                break
            # The next fit takes as many times as long
            if now + GROWTH * max(now - before, 0.0) > self._end:
                self.is_cut = True
                break
            self.n_grown = self._at_least(GROWTH * self.n_grown)
        return [FoldOutcome(self._metrics(curve), curve.score_seconds) for curve in curves]

    def _metrics(self, curve: _Curve) -> dict[str, float]:
        """Return the scores at the chosen number of rounds, of a fit with that number."""
        if curve.is_nested and not self._measure.several.scorers:
            return curve.looks[self.best]
        if self.best in curve.metrics:
            return curve.metrics[self.best]
        fitted = curve.fitted
        if curve.is_nested:
            keep_rounds(self._rounds.part, fitted, self.best)
        else:
            fitted = self._fit(self._build(self._configuration.with_rounds(self.best)), curve.fold)
            curve.refitted[self.best] = fitted
        start = time.perf_counter()
        curve.metrics[self.best] = self._measure.score(*self._rows_for_scores(curve.fold, fitted))
        curve.score_seconds += time.perf_counter() - start
        return curve.metrics[self.best]

    def _fitted(self, curve: _Curve) -> Any:
        """Return the fitted estimator of a fold with the chosen number of rounds."""
        if not curve.is_nested:
            return curve.refitted[self.best]
        keep_rounds(self._rounds.part, curve.fitted, self.best)
        return curve.fitted

    @staticmethod
    def _rows_for_scores(fold: RawFold, fitted: Any) -> tuple[Any, ...]:
        """Return what a scorer is called with; the test part is transformed once for all calls."""
        return keep_rows(fitted, fold.X_test), fold.X_test, fold.y_test, None, fold.score_params

    def _grow(self, curve: _Curve) -> None:
        if curve.n_grown < self.n_grown and not curve.is_complete:
            longer = self._configuration.with_rounds(self.n_grown)
            curve.fitted = self._fit(self._build(longer), curve.fold)
            curve.is_complete = count_rounds(self._rounds.part, curve.fitted) < self.n_grown
            # LightGBM adds no tree in a round without a split, and one after it may have one; and a callback
            # of the user's own may have stopped
            curve.is_nested = not curve.is_complete and not has_stopped(self._rounds.part, curve.fitted)
            curve.n_grown = self.n_grown
        self._score(curve, self._lowest)

    def _score(self, curve: _Curve, lowest: int) -> None:
        """Score the numbers of rounds that are not known."""
        within = itertools.takewhile(lambda one: one <= self.n_grown, self._numbers)
        unknown = [one for one in within if one >= lowest and one not in curve.looks]
        if not unknown:
            return
        start = time.perf_counter()
        given = self._rows_for_scores(curve.fold, curve.fitted)
        for n_rounds in unknown:
            keep_rounds(self._rounds.part, curve.fitted, n_rounds)
            curve.looks[n_rounds] = self._measure.look(*given)
        curve.score_seconds += time.perf_counter() - start

    def _find_best(self, curves: Sequence[_Curve]) -> int:
        """Return the number of rounds with the best mean score, the smallest of equal ones."""
        best = self._best_of(curves)
        if best == self._lowest and best > self._numbers[0]:
            self._lowest = self._numbers[0]
            for curve in curves:
                self._score(curve, self._lowest)
            best = self._best_of(curves)
        return best

    def _has_improved(self, curves: Sequence[_Curve]) -> bool:
        """Whether the second half of the curve is better than the first by more than chance.

        By the standard error of the difference on the same folds; on one fold, by a thousandth of the score.
        """
        first = [one for one in curves[0].looks if one * GROWTH <= self.n_grown]
        if not first:
            return True
        means = {one: np.mean([curve.leading(one) for curve in curves]) for one in first}
        before = max(first, key=lambda one: means[one])
        gains = np.array([one.leading(self.best) - one.leading(before) for one in curves])
        if len(gains) == 1:
            least = LEAST_GAIN * abs(curves[0].leading(self.best))
        else:
            least = float(gains.std(ddof=1)) / np.sqrt(len(gains))
        return bool(gains.mean() > least)

    def _best_of(self, curves: Sequence[_Curve]) -> int:
        known = sorted(set.intersection(*(set(curve.looks) for curve in curves)))
        means = np.array([[curve.leading(one) for one in known] for curve in curves]).mean(axis=0)
        return known[int(np.argmax(np.where(np.isfinite(means), means, -np.inf)))]


def _is_reached(estimator: Any) -> bool:
    """Whether the fitted booster can be reached: through last steps and regressors of transformed targets."""
    last = _last_part(estimator, "regressor")
    return hasattr(last, "get_params") and not any(
        hasattr(one, "fit") for one in last.get_params(deep=False).values()
    )


def fitted_booster(estimator: Any) -> Any:
    """Return the booster that a fitted estimator ends in."""
    return _last_part(estimator, "regressor_")


def _last_part(estimator: Any, regressor: str) -> Any:
    """Return what an estimator ends in; ``regressor`` is the attribute of transformed targets to follow."""
    while isinstance(estimator, Pipeline | TransformedTargetRegressor):
        is_pipeline = isinstance(estimator, Pipeline)
        estimator = estimator.steps[-1][1] if is_pipeline else getattr(estimator, regressor)
    return estimator


def count_rounds(part: KnownPart, fitted: Any) -> int:
    """Return the number of rounds that a fitted estimator has, which may be fewer than it was asked for."""
    booster = fitted_booster(fitted)
    if part.learner == "lightgbm":
        return int(booster.booster_.current_iteration())
    return int(booster.get_booster().num_boosted_rounds())


def has_stopped(part: KnownPart, fitted: Any) -> bool:
    """Whether an estimator that was just fitted has chosen the rounds that predict by itself."""
    booster = fitted_booster(fitted)
    return bool(part.learner == "lightgbm" and booster.booster_.best_iteration > 0)


def keep_rounds(part: KnownPart, fitted: Any, n_rounds: int) -> None:
    """Let a fitted estimator predict with its first rounds only, as after early stopping."""
    booster = fitted_booster(fitted)
    if part.learner == "lightgbm":
        booster.booster_.best_iteration = n_rounds
    else:
        own = booster.get_booster()
        own.set_attr(best_iteration=str(min(n_rounds, own.num_boosted_rounds()) - 1))


def choose_rounds_on_split(  # noqa: PLR0913
    estimator: Any,
    part: KnownPart,
    X: Any,
    y: Any,
    task_type: TaskType,
    stopping: EarlyStopping,
    seed: int,
    *,
    fit_params: Mapping[str, Any] | None = None,
) -> int | None:
    """Choose the number of rounds of a booster on a fifth of the rows, for a fit to all of them.

    Parameters
    ----------
    estimator, part
        The unfitted booster with the usual number of rounds, and what it was made from.
    X, y, task_type
        The table. The loss of the booster's objective chooses: log loss, the root mean squared error, or what
        belongs to another objective.
    stopping
        The largest number of rounds.
    seed
        Draws the fifth.
    fit_params
        Arguments of the fit to all rows. Weights count in fit and score.

    Returns
    -------
    int or None
        None if the number is not open, the table has fewer than a hundred rows or others than the target,
        boosting starts from given scores, the objective is unknown, or a fit fails.
    """
    n_rows = int(np.shape(y)[0]) if np.shape(y) else 0
    rounds = find_own_rounds(part.estimator, part, (), stopping)
    scorer = scorer_of_objective(estimator, task_type)
    given = {name: value for name, value in (fit_params or {}).items() if value is not None}
    if rounds is None or scorer is None or n_rows < FEWEST_ROWS or given.keys() & set(OFFSETS):
        return None
    if not has_rows(X, n_rows):
        return None
    given = {name: given[name] for name in OF_ROUNDS_FIT if name in given}
    rows = np.arange(n_rows)
    classes, counts = np.unique(np.asarray(y), return_counts=True)
    strata = np.asarray(y) if task_type == "classification" and counts.min() > 1 else None
    held = max(HELD_OUT, len(classes) / n_rows) if strata is not None else HELD_OUT
    train, test = train_test_split(rows, test_size=held, stratify=strata, random_state=seed)
    fold = RawFold(
        take_rows(X, train),
        take_rows(y, train),
        take_rows(X, test),
        take_rows(y, test),
        None,
        None,
        {
            name: take_params({name: value}, train, n_rows)[name] if name == WEIGHTS else value
            for name, value in given.items()
        },
        {SCORE: take_params({WEIGHTS: given[WEIGHTS]}, test, n_rows)} if WEIGHTS in given else {},
    )
    measure = ScorerMeasure(scorer, None, weighs=False, several=ONE_SCORE)
    start = OwnConfiguration(part.learner, {rounds.parameter: estimator.get_params()[rounds.parameter]})
    trial = evaluate_rounds(
        rounds,
        lambda one: one.set_on(estimator),
        rounds.mark(start),
        [fold],
        measure,
        lambda one, of: one.fit(of.X_train, of.y_train, **of.fit_params),
    )
    if trial.rounds is None or not np.isfinite(trial.fold_metrics[0][SCORE]):
        return None
    return scale_to_all_rows(trial.rounds.chosen, len(train), n_rows)


def scorer_of_objective(estimator: Any, task_type: TaskType) -> Any:
    """Return the scorer that belongs to the objective of a booster; None if it is none that is known.

    Parameters
    ----------
    estimator, task_type
        The unfitted booster, and its task type.
    """
    params = estimator.get_params(deep=False)
    objective = params.get("objective")
    if task_type == "classification" or objective is None:
        return get_scorer(SCORER_OF_ROUNDS[task_type])
    if not isinstance(objective, str):
        return None
    if objective in QUANTILES:
        name, usual = QUANTILES[objective]
        quantile = params.get(name, usual)
        known = isinstance(quantile, float)
        return make_scorer(mean_pinball_loss, alpha=quantile, greater_is_better=False) if known else None
    known_one = SCORER_OF_OBJECTIVE.get(objective)
    return None if known_one is None else get_scorer(known_one)
