"""The part of an estimator that a memory knows: found by its class, with the values set on it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from foretune.base import TaskType
from foretune.learners import get_learner, known_learners
from foretune.recommendation.core.learner_names import ALIASES, SHARED_ALIASES, changed_settings
from foretune.recommendation.core.values import is_finite_number

# Classes of the estimators whose hyperparameters are those of a learner
LIBRARY_CLASSES = {
    "xgboost": ("XGBClassifier", "XGBRegressor"),
    "lightgbm": ("LGBMClassifier", "LGBMRegressor"),
    "catboost": ("CatBoostClassifier", "CatBoostRegressor"),
    "hist_gradient_boosting": ("HistGradientBoostingClassifier", "HistGradientBoostingRegressor"),
    "random_forest": ("RandomForestClassifier", "RandomForestRegressor"),
    "extra_trees": ("ExtraTreesClassifier", "ExtraTreesRegressor"),
    "gradient_boosting": ("GradientBoostingClassifier", "GradientBoostingRegressor"),
    "svm": ("SVC", "SVR"),
    "k_nearest_neighbours": ("KNeighborsClassifier", "KNeighborsRegressor"),
    "linear": ("LogisticRegression", "ElasticNet"),
    "mlp": ("MLPClassifier", "MLPRegressor"),
}
# Linear models with a penalty of squares alone, in other units than those of the memory
RIDGE, RIDGE_CLASSIFIER = "Ridge", "RidgeClassifier"
# Penalty and mixture of the elastic net, and inverse penalty of the logistic regression
PENALTY, MIXTURE, INVERSE = "alpha", "l1_ratio", "C"
WEAKEST = 1e-12
LEARNER_OF_CLASS = {name: learner for learner, names in LIBRARY_CLASSES.items() for name in names}
LEARNER_OF_CLASS |= {RIDGE: "linear", RIDGE_CLASSIFIER: "linear"}
LIBRARIES = frozenset({"xgboost", "lightgbm", "catboost", "sklearn"})
MLP = LIBRARY_CLASSES["mlp"]
# Of the network in the memory; scikit-learn's has one tuple instead, and scales nothing
LAYERS, WIDTH, SCALING, SIZES = "n_layers", "width", "scaling", "hidden_layer_sizes"
# Of LightGBM: how often rows are sampled, and which parameters say that gradients choose them
BAGGING, BY_GRADIENT = "subsample_freq", "goss"
SAMPLING = ("boosting_type", "boosting", "data_sample_strategy")


@dataclass(frozen=True)
class KnownPart:
    """Part of an estimator that is a learner of the memory.

    Attributes
    ----------
    learner
        Name of the learner in the memory.
    prefix
        Of the part's parameters in those of the whole estimator, such as ``clf__``.
    estimator
        The part itself.
    n_rows
        Number of rows of the table, by which scikit-learn's penalties of squares and the elastic net differ.
    """

    learner: str
    prefix: str
    estimator: Any
    n_rows: int = 1

    @cached_property
    def kind(self) -> str:
        """Name of the class of a library that the part is, or is derived from."""
        if self.learner not in LIBRARY_CLASSES:
            return ""
        return next(
            (one.__name__ for one in type(self.estimator).__mro__ if one.__name__ in LEARNER_OF_CLASS), ""
        )

    @cached_property
    def as_given(self) -> dict[str, Any]:
        """Values of the part as the user gave it, as far as the memory's defaults do not tell them."""
        if self.kind not in (RIDGE, RIDGE_CLASSIFIER):
            return self.fixed
        return {PENALTY: self.estimator.get_params(deep=False)[PENALTY], **self.fixed}

    @cached_property
    def fixed(self) -> dict[str, Any]:
        """Values that are set on the part, by the names of the learner; they differ from the defaults."""
        own = self.estimator.get_params(deep=False)
        return {self.proper(name): own[name] for name in changed_settings(self.estimator)}

    def implied(self, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return values that the library demands beside those of the part, by the names of the learner.

        LightGBM refuses to sample rows where it samples them by their gradients.

        Parameters
        ----------
        params
            Values that take the place of the part's.
        """
        own = self.estimator.get_params(deep=False) | dict(params or {})
        by_gradient = self.learner == "lightgbm" and any(own.get(name) == BY_GRADIENT for name in SAMPLING)
        return {BAGGING: 0} if by_gradient else {}

    def proper(self, name: str) -> str:
        """Return the learner's name of a parameter, which may be an alias of the library."""
        known = {**SHARED_ALIASES.get(self.learner, {}), **ALIASES.get(self.learner, {})}
        return known.get(name, name)

    def local(self, name: str) -> str | None:
        """Return the learner's name of a parameter of the whole estimator; None if it is of another part."""
        rest = name.removeprefix(self.prefix)
        return self.proper(rest) if name.startswith(self.prefix) and "__" not in rest else None

    def express(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Convert hyperparameters of the memory to parameters of the part."""
        if self.kind == RIDGE:
            return {PENALTY: params[PENALTY] * self.n_rows} if PENALTY in params else {}
        if self.kind == RIDGE_CLASSIFIER:
            own = {name: value for name, value in params.items() if name != INVERSE}
            return own | ({PENALTY: 1 / (2 * max(params[INVERSE], WEAKEST))} if INVERSE in params else {})
        if type(self.estimator).__name__ not in MLP:
            return dict(params)
        own = {name: value for name, value in params.items() if name not in (LAYERS, WIDTH, SCALING)}
        if LAYERS in params and WIDTH in params:
            own[SIZES] = (params[WIDTH],) * params[LAYERS]
        return own

    def read(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Convert parameters of the part to hyperparameters of the memory, the inverse of :meth:`express`."""
        # NumPy's numbers have no JSON, by which configurations are told apart
        read = {
            name: value.item() if isinstance(value, np.generic) else value for name, value in params.items()
        }
        if self.kind == RIDGE:
            # The mixture of the elastic net that it is
            known = {PENALTY: read[PENALTY] / self.n_rows} if is_finite_number(read.get(PENALTY)) else {}
            return {MIXTURE: 0.0, **known}
        if self.kind == RIDGE_CLASSIFIER:
            penalty = read.pop(PENALTY, None)
            return read | ({INVERSE: 1 / (2 * max(penalty, WEAKEST))} if is_finite_number(penalty) else {})
        sizes = read.pop(SIZES, None) if type(self.estimator).__name__ in MLP else None
        layers = [sizes] if is_finite_number(sizes) else list(sizes or ())
        if layers:
            read |= {LAYERS: len(layers), WIDTH: round(sum(layers) / len(layers))}
        return read


def find_known_part(estimator: Any, learners: Collection[str], task_type: TaskType) -> KnownPart | None:
    """Find the outermost part that predicts and is a learner of the memory; None if there is none.

    Parameters
    ----------
    estimator
        Any estimator. Parts are the last step of a pipeline, and the only predictor in another estimator.
    learners
        Learners of the memory.
    task_type
        Selects the class of a registered learner.
    """
    for prefix, part in predicting_parts(estimator):
        learner = learner_of(part, learners, task_type)
        if learner is not None:
            return KnownPart(learner, prefix, part)
    return None


def predicting_parts(estimator: Any) -> Iterator[tuple[str, Any]]:
    """Yield an estimator and those in it that predict for it, outermost first, with their prefixes."""
    prefix = ""
    while estimator is not None:
        yield prefix, estimator
        name, estimator = _inner(estimator)
        prefix = f"{prefix}{name}__"


def learner_of(part: Any, learners: Collection[str], task_type: TaskType) -> str | None:
    """Return the learner of the memory of which an estimator is; None if there is none."""
    registered = set(learners) & set(known_learners()) - LIBRARY_CLASSES.keys()
    if (
        own := next((name for name in sorted(registered) if _builds(name, type(part), task_type)), None)
    ) is not None:
        return own
    # A class of the user's own is what it is derived from
    known = next((one for one in type(part).__mro__ if one.__module__.split(".")[0] in LIBRARIES), None)
    found = LEARNER_OF_CLASS.get(known.__name__) if known is not None else None
    return found if found in learners else None


def _builds(learner: str, kind: type, task_type: TaskType) -> bool:
    try:
        return type(get_learner(learner).build({}, task_type, 0)) is kind
    except (ImportError, TypeError, ValueError):
        return False


def _inner(estimator: Any) -> tuple[str, Any]:
    """Return name and estimator of the part that predicts; without one, the latter is None."""
    if steps := getattr(estimator, "steps", None):
        name, last = steps[-1]
        return name, last if hasattr(last, "get_params") else None
    parts = [
        (name, value)
        for name, value in estimator.get_params(deep=False).items()
        if hasattr(value, "get_params") and hasattr(value, "predict") and not isinstance(value, type)
    ]
    return parts[0] if len(parts) == 1 else ("", None)
