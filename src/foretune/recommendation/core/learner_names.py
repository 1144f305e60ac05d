"""Names of learners as users write them: common names, classes and estimators."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from textwrap import shorten
from typing import Any, NamedTuple

from foretune.base import TaskType, UserError, close_matches, quoted
from foretune.learners import known_learners

AUTO = "auto"
# Common names without case, blanks, punctuation and the ending Classifier or Regressor
COMMON_NAMES = {
    "random_forest": ("rf", "randomforests"),
    "extra_trees": ("et", "xt", "extratree", "extremelyrandomizedtrees", "extremelyrandomisedtrees"),
    "gradient_boosting": ("gb", "gbm", "gbt", "gbdt", "gbrt", "gradientboostedtrees"),
    "xgboost": ("xgb", "xgbtree"),
    "svm": ("svc", "svr", "supportvectormachine", "supportvectormachines", "supportvector", "libsvm"),
    "k_nearest_neighbours": ("knn", "kneighbors", "knearestneighbors", "nearestneighbors", "kneighbours"),
    "linear": ("logisticregression", "logistic", "logreg", "logit", "lr", "elasticnet", "linearmodel"),
    "lightgbm": ("lgbm", "lgb"),
    "hist_gradient_boosting": ("hgb", "hgbt", "hgbm", "hgbdt", "histgb", "histgbm", "histgbdt"),
    "catboost": ("cat", "cb"),
    "mlp": ("multilayerperceptron", "neuralnetwork", "neuralnet", "nn", "scaledmlp"),
}
CANONICAL = {common: name.replace("_", "") for name, commons in COMMON_NAMES.items() for common in commons}
# Native names of a library besides those of its scikit-learn interface
ALIASES = {
    "xgboost": {"eta": "learning_rate", "lambda": "reg_lambda", "num_boost_round": "n_estimators"},
    "lightgbm": {
        **dict.fromkeys(("eta", "shrinkage_rate"), "learning_rate"),
        **dict.fromkeys(("num_iterations", "num_iteration", "num_boost_round", "n_iter"), "n_estimators"),
        **dict.fromkeys(("num_trees", "num_tree"), "n_estimators"),
        **dict.fromkeys(("min_data_in_leaf", "min_data_per_leaf", "min_data"), "min_child_samples"),
        **dict.fromkeys(("min_sum_hessian_in_leaf", "min_sum_hessian_per_leaf"), "min_child_weight"),
        **dict.fromkeys(("min_sum_hessian", "min_hessian"), "min_child_weight"),
        **dict.fromkeys(("bagging_fraction", "bagging", "sub_row"), "subsample"),
        "bagging_freq": "subsample_freq",
        **dict.fromkeys(("feature_fraction", "sub_feature"), "colsample_bytree"),
        **dict.fromkeys(("lambda_l2", "lambda", "l2_regularization"), "reg_lambda"),
        **dict.fromkeys(("num_leaf", "max_leaf", "max_leaves", "max_leaf_nodes"), "num_leaves"),
    },
    "catboost": {
        "eta": "learning_rate",
        "max_depth": "depth",
        "reg_lambda": "l2_leaf_reg",
        "colsample_bylevel": "rsm",
        "num_leaves": "max_leaves",
        "min_child_samples": "min_data_in_leaf",
        **dict.fromkeys(("n_estimators", "num_boost_round", "num_trees"), "iterations"),
    },
}
# Further ones, of which a study cannot tell a learner: other libraries have them, too
SHARED_ALIASES = {
    "lightgbm": {
        **dict.fromkeys(("max_iter", "num_round", "num_rounds", "nrounds"), "n_estimators"),
        "min_samples_leaf": "min_child_samples",
    },
}
# Settings of an estimator that are not about its model
TECHNICAL = frozenset({"n_jobs", "nthread", "random_state", "verbose", "verbosity", "cache_size"})
# Characters of what was given, and number of known learners, in a message
LONGEST, SHOWN = 60, 12


class UnknownLearnerError(UserError, ValueError):
    """A learner that is not in the memory; the message lists the known ones."""


class LearnerChoice(NamedTuple):
    """Learners to choose from.

    Attributes
    ----------
    names
        Names in the memory, distinct.
    notes
        What was taken for a learner though it is none, one sentence each.
    lost
        Those of them by which settings of the user are lost.
    is_auto
        Whether they are all learners of the memory, none of which was named.
    """

    names: list[str]
    notes: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    is_auto: bool = False


def choose_learners(
    learner: Any,
    known: Sequence[str],
    task_type: TaskType,
    beside: Callable[[], Sequence[str]] = tuple,
) -> LearnerChoice:
    """Resolve the argument ``learner``: one, several, or ``"auto"`` for all learners of the memory.

    Parameters
    ----------
    learner
        Name of a learner in the memory, a common name such as ``"rf"``, the class of an estimator or its
        name, or an estimator, whose own settings are not kept.
    known
        Names of the learners in the memory.
    task_type
        Task type of the table.
    beside
        Returns the names of learners that only other memories of the same folder have, for the message.

    Raises
    ------
    UnknownLearnerError
        If the memory lacks one of them, or it is something else.
    """
    several = list(learner) if _is_collection(learner) else [learner]
    if not several:
        raise UnknownLearnerError(f"no learner is given; {_choices(known, beside())}")
    if all(one == AUTO for one in several if isinstance(one, str)) and isinstance(several[0], str):
        return LearnerChoice(list(known), is_auto=True)
    names: list[str] = []
    notes: list[str] = []
    lost: list[str] = []
    for one in several:
        name = _name_of(one)
        found = None if name is None else find_learner(name, known)
        if found is None:
            others = beside()
            raise UnknownLearnerError(f"{_why_unknown(one, known, others)}; {_choices(known, others)}")
        names.append(found)
        if not isinstance(one, str):
            own, note = changed_settings(one), _describe(one, found, task_type)
            (lost if own else notes).append(note)
    return LearnerChoice(list(dict.fromkeys(names)), (*notes, *lost), tuple(lost))


def _choices(known: Sequence[str], beside: Sequence[str]) -> str:
    more = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
    alone = f", or {' or '.join(beside)} alone" if beside else ""
    return f"choose from: {', '.join([AUTO, *known[:SHOWN]])}{more}{alone}"


def find_learner(text: str, known: Iterable[str]) -> str | None:
    """Return the learner that a text is a name of; None if there is none, or several."""
    known = list(known)
    if text in known:
        return text
    found = [name for name in known if canonical_name(name) == canonical_name(text)]
    return found[0] if len(found) == 1 else None


def canonical_name(text: str) -> str:
    """Return a name that is equal for all common names of a learner."""
    plain = re.sub(r"[^a-z0-9]", "", text.lower())
    plain = re.sub(r"(?<=.)(classifier|regressor)$", "", plain)
    return CANONICAL.get(plain, plain)


def is_grid(value: object) -> bool:
    """Whether a value is a grid of hyperparameters, or a list of grids, as for ``GridSearchCV``."""
    if isinstance(value, Mapping):
        return True
    return isinstance(value, list | tuple) and bool(value) and all(is_grid(one) for one in value)


def _is_collection(learner: object) -> bool:
    is_one = isinstance(learner, str | Mapping | type) or hasattr(learner, "get_params")
    return isinstance(learner, Iterable) and not is_one and not is_grid(learner)


def _name_of(learner: object) -> str | None:
    """Return the name of a learner, of its class if it is an estimator or a class of them; else None."""
    if isinstance(learner, str):
        return learner
    kind = learner if isinstance(learner, type) else type(learner)
    return kind.__name__ if hasattr(kind, "fit") and hasattr(kind, "get_params") else None


def _parts(learner: object) -> list[object]:
    """Return the estimators in an estimator, such as the steps of a pipeline; the last one predicts."""
    if steps := getattr(learner, "steps", None):
        return [step for _, step in steps]
    inner = getattr(learner, "estimator", None)
    return [] if inner is None or isinstance(learner, type) else [inner]


def _why_unknown(learner: object, known: Sequence[str], beside: Sequence[str] = ()) -> str:
    name = _name_of(learner)
    if name is not None and (found := find_learner(name, beside)):
        return f"learner {found} is in another memory of the folder, that of another score"
    if isinstance(learner, str):
        # One of another memory may be meant, which is taken where it is named
        names = [*known, *(one for one in known_learners() if one not in known)]
        hint = _how_to_tune(learner, known) or close_matches(learner.lower(), names)
        return f"learner {shorten(learner, LONGEST)!r} is not in this memory{hint}"
    if is_grid(learner):
        return "learner is a grid of hyperparameters, but Foretune takes its search spaces from the memory"
    kind = learner if isinstance(learner, type) else type(learner)
    if parts := _parts(learner):
        name = _name_of(parts[-1])
        found = None if name is None else find_learner(name, known)
        instead = f"give its last step by name, learner={found!r}" if found else "give a learner by name"
        return f"learner is a {kind.__name__}, but Foretune prepares tables and searches by itself: {instead}"
    if hasattr(kind, "fit"):
        return f"learner: {kind.__name__} is the estimator of no learner in this memory" + _how_to_tune(
            kind.__name__, known
        )
    return f"learner = {shorten(repr(learner), LONGEST)} must be a name, or several"


def _how_to_tune(text: str, known: Sequence[str]) -> str:
    """Return what to do for a learner of Foretune of which the memory has no trials, empty for another."""
    name = find_learner(text, known_learners())
    if name is None or canonical_name(name) in map(canonical_name, known):
        return ""
    return (
        f", which has no trials of it: tune it on tables of yours (hpo.learners=[{name}]), then give "
        "memory=FOLDER (docs/own-memory.md)"
    )


def _describe(learner: Any, name: str, task_type: TaskType) -> str:
    """Return a note on an estimator, or a class of them, that is taken for a learner."""
    kind = learner if isinstance(learner, type) else type(learner)
    note = f"{kind.__name__} is taken for the learner {name}"
    other = {"classification": "Regressor", "regression": "Classifier"}[task_type]
    if kind.__name__.endswith(other):
        note += f", whose estimator for {task_type} is used"
    if own := changed_settings(learner):
        note += f"; its own settings are not kept: {quoted(own)}"
    return note


def changed_settings(learner: Any) -> list[str]:
    """Return the names of an estimator's settings that are not the default and matter to its model."""
    if isinstance(learner, type):
        return []
    try:
        defaults = type(learner)().get_params(deep=False)
    except TypeError:
        return []
    own = learner.get_params(deep=False)
    # By their text, since NaN differs from itself and arrays have no truth value
    return [name for name in own if name not in TECHNICAL and repr(own[name]) != repr(defaults.get(name))]
