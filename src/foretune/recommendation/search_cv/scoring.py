"""Scorers of a search, and scoring of stored predictions by scikit-learn's own scorers."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from inspect import isfunction, signature
from numbers import Number
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import sklearn.metrics
from sklearn import get_config
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.metaestimators import available_if

from foretune.base import TaskType, UserError, close_matches, describe_error, quoted, shortened
from foretune.learners import METRICS, Fold, NotNestedError, Response, restore_unit, to_predictions
from foretune.recommendation.core import (
    METRIC_OF_SCORER,
    SAME,
    SCORERS,
    USUAL_SCORES,
    is_metric,
    is_of_classes,
    is_of_values,
)

# Without the log loss, which scikit-learn sums in the precision of the probabilities
METRIC_NAMES = {scorer: metric for metric, scorer in SCORERS.items() if metric != "log_loss"}
# Those that equal the scorer up to rounding, which is enough to choose a number of boosting rounds
CURVE_METRICS = {scorer: metric for metric, scorer in SCORERS.items()} | SAME
SCORE = "score"
# Columns of a trial's further scores on a fold begin with it
TEST, TRAIN = "test_", "train_"
# Private name of scikit-learn: what a scorer gives to its metric; where it is missing, trials tell
ARGUMENTS_OF_SCORER = "_kwargs"
# Metrics for two classes, and those for one of two
AREA = "roc_auc_score"
OF_ONE_CLASS = ("f1_score", "fbeta_score", "precision_score", "recall_score", "jaccard_score")
MOST_FOR_ONE = 2
SHOWN_LABEL = 40
# The sum of squares of larger scores may overflow
LARGE = 1e150
# First parameters of a metric, which is no scorer
METRIC_PARAMETERS = {"y_true", "y_pred", "y_score", "y_proba", "y_prob"}


class ScoringError(UserError, ValueError):
    """The argument ``scoring`` cannot be used; the message gives the alternatives."""


@dataclass(frozen=True)
class Scoring:
    """Scorer of trials, and its relation to the memory's score.

    Attributes
    ----------
    scorer
        ``scorer(estimator, X, y)``, higher is better.
    knows_metric
        Whether it is the score predicted by the memory.
    metric
        Name of the same metric in the engine; None if there is none.
    needs_estimator
        Whether it gets the fitted estimator and the user's rows; if not, it asks for nothing but the
        predictions for the test part, in its order, and stored ones do.
    curve_metric
        Name of a metric in the engine that equals it up to rounding; None if there is none.
    lead
        Name of the scorer among several, or the score that is to lead where a function returns several.
    scorers
        Several scorers by name, this one among them; empty if it is the only one.
    name
        Name of the scorer in scikit-learn; one that has none is its own.
    """

    scorer: Callable[..., Any]
    knows_metric: bool
    metric: str | None = None
    needs_estimator: bool = False
    curve_metric: str | None = None
    lead: str | None = None
    scorers: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    name: Any = None

    def among(self, scorers: Mapping[str, Callable[..., Any]], lead: str) -> Scoring:
        """Return the scoring by several scorers, of which this one leads."""
        needs = not all(map(asks_for_predictions_only, scorers.values()))
        return replace(self, scorers=scorers, lead=lead, needs_estimator=needs)

    @property
    def shown(self) -> Any:
        """Scorer, or scorers by name, as the attribute ``scorer_`` has them."""
        return dict(self.scorers) if self.scorers else self.scorer

    @property
    def all_scorers(self) -> list[Callable[..., Any]]:
        """The scorer, or several."""
        return list(self.scorers.values()) or [self.scorer]


def choose_scoring(
    scoring: Any, task_type: TaskType, metric: str | None, usual: str | None = None
) -> Scoring:
    """Resolve the argument ``scoring`` to a scorer.

    Parameters
    ----------
    scoring
        Name of a scorer, a callable ``scorer(estimator, X, y)``, or None for the memory's score.
    task_type
        Selects the scorer if the memory's score is unknown.
    metric
        Metric of the memory.
    usual
        Score of a search without ``scoring``; None for that of the memory.

    Raises
    ------
    ScoringError
        If the scorer is unknown.
    """
    known = SCORERS.get(metric or "")
    if scoring is None:
        name = SCORERS.get(usual or "") or known or USUAL_SCORES[task_type]
        return _named(name, knows_metric=is_metric(name, metric))
    scorer = pick_scorer(scoring)
    if callable(scoring):
        needs_estimator = not asks_for_predictions_only(scorer)
        return Scoring(scorer, False, needs_estimator=needs_estimator, name=scorer)
    return _named(scoring, knows_metric=is_metric(scoring, metric))


def pick_scorer(scoring: Any) -> Callable[..., Any]:
    """Return a scorer by its name, or one that is given as a function.

    Raises
    ------
    ScoringError
        If it is unknown, or no scorer.
    """
    if callable(scoring):
        _check_scorer(scoring)
        return scoring  # type: ignore[no-any-return]
    if not isinstance(scoring, str):
        raise ScoringError(
            f"scoring must be the name of a scorer or a callable, got {type(scoring).__name__}"
        )
    if scoring not in get_scorer_names():
        hint = close_matches(scoring, get_scorer_names()) or ": see sklearn.metrics.get_scorer_names()"
        raise ScoringError(f"scoring = {scoring!r} is no scorer{hint}")
    return get_scorer(scoring)  # type: ignore[no-any-return]


def _named(name: str, *, knows_metric: bool) -> Scoring:
    metric, curve_metric = METRIC_NAMES.get(name), CURVE_METRICS.get(name)
    return Scoring(get_scorer(name), knows_metric, metric, curve_metric=curve_metric, name=name)


def check_scoring_fits(scorer: Any, task_type: TaskType, target: npt.NDArray[Any]) -> None:
    """Refuse a scorer of scikit-learn that fails in every trial, as it is for another kind of target.

    Raises
    ------
    ScoringError
        If labels are not numbers and the scorer computes with numbers, if values are compared as classes, or
        if the scorer is for two classes, or for one that is called 1, and the target has others.
    """
    usual = f"such as {USUAL_SCORES[task_type]!r}"
    name = getattr(getattr(scorer, METRIC_OF_SCORER, None), "__name__", "")
    if task_type == "classification" and is_of_values(scorer) and target.dtype.kind not in "biuf":
        raise ScoringError(
            f"scoring: {name} needs numbers, but the target has classes such as "
            f"{shortened(str(target[0]), SHOWN_LABEL)!r}: give a score of classes, {usual}"
        )
    if task_type == "regression" and is_of_classes(scorer):
        raise ScoringError(
            f"scoring: {name} compares classes, but the target has values: give a score of values, {usual}, "
            f"or task_type='classification'"
        )
    if task_type == "classification":
        _check_two_classes(scorer, name, target)


def _check_two_classes(scorer: Any, name: str, target: npt.NDArray[Any]) -> None:
    """Refuse a scorer for two classes where there are more, or where it does not know which one is meant."""
    given = getattr(scorer, ARGUMENTS_OF_SCORER, None)
    short, is_area = name.removesuffix("_score"), name == AREA
    if given is None or not (is_area or name in OF_ONE_CLASS):
        return
    classes = np.unique(target)
    if len(classes) > MOST_FOR_ONE:
        if is_area and given.get("multi_class", "raise") == "raise":
            instead = "'roc_auc_ovr', each class against the rest, or 'roc_auc_ovo'"
        elif not is_area and given.get("average", "binary") == "binary":
            macro = f"{short}_macro" if name != "fbeta_score" else "f1_macro"
            instead = f"a mean over the classes, such as {macro!r} or {macro.replace('macro', 'weighted')!r}"
        else:
            return
        raise ScoringError(
            f"scoring: {name} is for two classes, but the target has {len(classes)}: give {instead}"
        )
    if is_area or given.get("average", "binary") != "binary" or given.get("pos_label", 1) in list(classes):
        return
    shown = shortened(str(classes[-1]), SHOWN_LABEL)
    raise ScoringError(
        f"scoring: {name} asks for the class {given.get('pos_label', 1)!r}, but the target has "
        f"{quoted(classes)}: give make_scorer({name}, pos_label={shown!r}), or '{short}_macro'"
    )


def _check_scorer(scorer: Callable[..., Any]) -> None:
    """Refuse a metric ``metric(y_true, y_pred)`` before any trial, in scikit-learn's words."""
    name = getattr(scorer, "__name__", type(scorer).__name__)
    try:
        parameters = signature(scorer)
    except (TypeError, ValueError):
        return
    is_known = getattr(sklearn.metrics, name, None) is scorer
    if is_known or METRIC_PARAMETERS & set(list(parameters.parameters)[:2]):
        raise ScoringError(
            f"scoring value {name} looks like it is a metric function rather than a scorer. A scorer should "
            f"require an estimator as its first parameter. Please use `make_scorer` to convert a metric to a "
            f"scorer: scoring=make_scorer({name})"
        )
    try:
        parameters.bind(None, None, None)
    except TypeError as error:
        raise ScoringError(
            f"scoring = {name} cannot be called as scorer(estimator, X, y): {error}; use `make_scorer` to "
            f"convert a metric to a scorer"
        ) from None


def asks_for_predictions_only(scorer: Any) -> bool:
    """Whether a scorer is one of ``make_scorer`` with a metric of scikit-learn.

    Any other may look at the rows, change them, or ask the estimator more than once.
    """
    metric = getattr(scorer, METRIC_OF_SCORER, None)
    is_own = getattr(sklearn.metrics, getattr(metric, "__name__", ""), None) is metric
    return is_own and metric is not None and type(scorer) is type(get_scorer("accuracy"))


def takes_weights(scorer: Any) -> bool:
    """Whether a scorer asks for sample weights.

    One of scikit-learn does by ``set_score_request(sample_weight=True)`` with metadata routing enabled, a
    function by a parameter ``sample_weight``.
    """
    if isfunction(scorer):
        return "sample_weight" in signature(scorer).parameters
    if not get_config().get("enable_metadata_routing", False):
        return False
    return "sample_weight" in get_routing_for_object(scorer).consumes("score", ["sample_weight"])


def call_scorer(
    scorer: Callable[..., Any],
    estimator: Any,
    X: Any,
    y: Any,
    weights: Any = None,
    params: Mapping[str, Any] | None = None,
) -> dict[str, float]:
    """Score an estimator, with sample weights and further arguments if there are any.

    Returns
    -------
    dict
        The score under the key ``score``, or all scores by the names that the scorer gives them.

    Raises
    ------
    ScoringError
        If the scorer returns neither a single number nor numbers by name.
    """
    given = dict(params or {}) | ({} if weights is None else {"sample_weight": weights})
    score = scorer(estimator, X, **given) if y is None else scorer(estimator, X, y, **given)
    if not isinstance(score, Mapping):
        return {SCORE: _as_number(score)}
    if not score or not all(isinstance(name, str) for name in score):
        raise ScoringError("scoring gave a dictionary that is empty, or whose keys are no texts")
    return {name: _as_number(value, f" for {name!r}") for name, value in score.items()}


def _as_number(score: Any, what: str = "") -> float:
    value = score.item() if getattr(score, "size", 0) == 1 else score
    if not isinstance(value, Number) or isinstance(value, complex):
        raise ScoringError(f"scoring must give one number{what}, got {type(score).__name__}")
    return float(cast("Any", value))


def mean_and_std(scores: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Return mean and standard deviation of fold scores, without overflow for the largest floats."""
    largest = float(np.abs(scores).max())
    scale = largest if largest > LARGE else 1.0
    return float((scores / scale).mean() * scale), float((scores / scale).std() * scale)


@dataclass(frozen=True)
class SearchFold(Fold):
    """Fold of the user's table.

    Attributes
    ----------
    rows
        Features of the test part, as the user gave them.
    truth
        Target of the test part: labels, or values as ``float64``.
    classes
        Labels in the training part, in increasing order, coded in ``y_train``. None for regression.
    test_weights
        Sample weights of the test part; None if all rows count alike.
    """

    rows: Any = None
    truth: Any = None
    classes: Any = None
    test_weights: npt.NDArray[np.float64] | None = None

    @property
    def knows_all_classes(self) -> bool:
        """Whether the training part has every class of the test part."""
        return self.classes is None or bool(np.isin(self.truth, self.classes).all())

    def of_rows(self, rows: Any) -> SearchFold:
        """Return the fold with the user's rows of the test part."""
        return replace(self, rows=rows)


@dataclass(frozen=True)
class SeveralScores:
    """Scores of a trial beside the one that leads the search.

    Attributes
    ----------
    lead
        Name of the leading score among several; None for the first.
    scorers
        All scorers by name; empty if there is one.
    weighed
        Names of those that get the sample weights of the test part.
    on_training
        Whether trials are also scored on their training part.
    error_score
        Score where one that does not lead raises; None to raise.
    """

    lead: str | None = None
    scorers: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    weighed: frozenset[str] = frozenset()
    on_training: bool = False
    error_score: float | None = np.nan


ONE_SCORE = SeveralScores()


@dataclass(frozen=True)
class ScorerMeasure:
    """Scorer of the predictions on a fold; see :data:`foretune.learners.fit.Measure`.

    Attributes
    ----------
    scorer
        ``scorer(estimator, X, y)``, higher is better. It may return several scores by name.
    metric
        Name of the same metric in the engine, which is a millisecond faster per fold. If it is not finite,
        the scorer is used.
    weighs
        Whether the scorer gets the sample weights of the test part.
    several
        Further scores.
    """

    scorer: Callable[..., Any]
    metric: str | None = None
    weighs: bool = False
    several: SeveralScores = ONE_SCORE

    def __call__(self, response: Response, fold: Fold, task_type: TaskType) -> dict[str, float]:
        """Score the predictions for the test part of a fold.

        Raises
        ------
        ScoringError
            If the scorer does not return numbers, or asks for what the learner has not, such as
            ``decision_function``.
        """
        if not isinstance(fold, SearchFold):
            raise TypeError("a scorer needs the rows of the fold")
        known = self._compute(response, fold, task_type)
        if known is not None and not self.several.scorers:
            return {SCORE: known}
        stored = StoredClassifier if task_type == "classification" else StoredRegressor
        try:
            return self.score(stored(response, fold), fold.rows, fold.truth, fold.test_weights, known=known)
        except AttributeError as error:
            lacking = f"{stored.__name__} has none of the following attributes"
            if lacking not in str(error):
                raise
            raise ScoringError(str(error).replace(lacking, "scoring needs what this learner lacks")) from None

    def score(
        self,
        estimator: Any,
        X: Any,
        y: Any,
        weights: Any,
        params: Mapping[str, Mapping[str, Any]] | None = None,
        known: float | None = None,
    ) -> dict[str, float]:
        """Return the leading score of an estimator, and all by name if there are several.

        Parameters
        ----------
        estimator, X, y
            A fitted estimator, rows and their target.
        weights
            Sample weights, for the scorers that ask for them.
        params
            Further arguments by the name of a scorer; of a single one by ``score``.
        known
            The leading score, if it is known.
        """
        given = params or {}
        if not self.several.scorers:
            own = weights if self.weighs else None
            return _with_lead(
                call_scorer(self.scorer, estimator, X, y, own, given.get(SCORE)), self.several.lead
            )
        scores = {}
        for name, scorer in self.several.scorers.items():
            leads = name == self.several.lead
            if leads and known is not None:
                scores[name] = known
                continue
            own = weights if name in self.several.weighed else None
            try:
                scores[name] = _only(call_scorer(scorer, estimator, X, y, own, given.get(name)))
            except Exception as error:
                if leads or self.several.error_score is None:
                    raise
                scores[name] = self.several.error_score
                warnings.warn(f"{name}: {describe_error(error)}", stacklevel=2)
        return _with_lead(scores, self.several.lead)

    def look(
        self,
        estimator: Any,
        X: Any,
        y: Any,
        weights: Any,
        params: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> dict[str, float]:
        """Return the leading score of an estimator, without calling any other scorer.

        Parameters are those of :meth:`score`.
        """
        name = self.several.lead or next(iter(self.several.scorers), None)
        if name is None or name not in self.several.scorers:
            return self.score(estimator, X, y, weights, params)
        alone = replace(self.several, lead=name, scorers={name: self.several.scorers[name]})
        return replace(self, several=alone).score(estimator, X, y, weights, params)

    def _compute(self, response: Response, fold: SearchFold, task_type: TaskType) -> float | None:
        metric = METRICS[task_type].get(self.metric or "")
        if metric is None or not fold.knows_all_classes or (self.weighs and fold.test_weights is not None):
            return None
        value = metric.function(to_predictions(response.output, fold, response.labels))
        if not np.isfinite(value):
            return None
        return value if metric.higher_is_better else -value


def _only(scores: dict[str, float]) -> float:
    if list(scores) != [SCORE]:
        raise ScoringError("one of several scorers gave several scores: each must give one number")
    return scores[SCORE]


def _with_lead(scores: dict[str, float], lead: str | None) -> dict[str, float]:
    """Return the leading score, and all with the names of their columns if there are several."""
    if list(scores) == [SCORE]:
        return scores
    first = lead if lead in scores else next(iter(scores))
    return {SCORE: scores[first], **{TEST + name: score for name, score in scores.items()}}


class _Stored(BaseEstimator):
    """Fitted estimator with stored predictions for the test part of one fold."""

    def __init__(self, response: Response, fold: SearchFold) -> None:
        self.response = response
        self.fold = fold
        self.n_features_in_ = fold.X_train.shape[1]

    def _check(self, X: Any) -> None:
        # A frame, an array or a sparse matrix, which has no length
        n_rows = X.shape[0] if hasattr(X, "shape") else len(X)
        if n_rows != len(self.fold.truth):
            raise ValueError("scoring asks for predictions of other rows than those of the fold's test part")

    def __sklearn_is_fitted__(self) -> bool:
        return True


class StoredRegressor(RegressorMixin, _Stored):
    """Regressor with stored predictions."""

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """Return the stored values in the target's unit."""
        self._check(X)
        return restore_unit(self.response.output, self.fold.target_scaler)


def _decides(stored: StoredClassifier) -> bool:
    return stored.response.decide is not None


class StoredClassifier(ClassifierMixin, _Stored):
    """Classifier with stored predictions."""

    @property
    def classes_(self) -> npt.NDArray[Any]:
        """Labels seen in training."""
        return np.asarray(self.fold.classes)

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """Return the stored labels."""
        self._check(X)
        codes = self.response.labels
        if codes is None:
            codes = self.response.output.argmax(axis=1)
        return np.asarray(self.classes_[np.asarray(codes, dtype=np.intp)])

    def predict_proba(self, X: Any) -> npt.NDArray[np.floating[Any]]:
        """Return the stored probabilities, shape (n_rows, n_classes)."""
        self._check(X)
        return np.asarray(self.response.output)

    @available_if(_decides)
    def decision_function(self, X: Any) -> npt.NDArray[np.floating[Any]]:
        """Compute the decision values, on demand."""
        self._check(X)
        if self.response.decide is None:
            raise NotNestedError
        return np.asarray(self.response.decide())
