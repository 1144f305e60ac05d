"""Metadata of a search over the user's own estimator: what goes to fits, scorers and the splitter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from inspect import isfunction, signature
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn import get_config
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping
from sklearn.utils.validation import has_fit_parameter

from foretune.base import quoted
from foretune.recommendation.core import METRIC_OF_SCORER, SearchError
from foretune.recommendation.search_cv.folds import take_rows
from foretune.recommendation.search_cv.scoring import SCORE

WEIGHTS = "sample_weight"
# Private name of scikit-learn 1.9: whether a scorer takes weights; where it is missing, its metric says it
ACCEPTS_WEIGHTS = "_accept_sample_weight"
Params = Mapping[str, Any]


@dataclass(frozen=True)
class Metadata:
    """Arguments beside rows and target.

    Attributes
    ----------
    fit, split
        Of the estimator's ``fit``, and of the splitter's ``split``.
    score
        Of each scorer by its name; of a single one by ``score``.
    """

    fit: Params = field(default_factory=dict)
    split: Params = field(default_factory=dict)
    score: Mapping[str, Params] = field(default_factory=dict)

    def take(self, rows: npt.NDArray[np.intp], n_rows: int) -> tuple[Params, Mapping[str, Params]]:
        """Return the arguments of fit and of scorers for some of the rows."""
        score = {name: take_params(one, rows, n_rows) for name, one in self.score.items()}
        return take_params(self.fit, rows, n_rows), score


NO_METADATA = Metadata()


def take_params(params: Params, rows: npt.NDArray[np.intp], n_rows: int) -> dict[str, Any]:
    """Take rows of the arguments that have one value for each row; others stay as they are."""
    return {name: take_rows(one, rows) if has_rows(one, n_rows) else one for name, one in params.items()}


def has_rows(value: Any, n_rows: int) -> bool:
    """Whether an argument has one value for each row."""
    if isinstance(value, str | bytes | Mapping):
        return False
    shape = getattr(value, "shape", None)
    if shape is not None:
        return len(shape) > 0 and shape[0] == n_rows
    return hasattr(value, "__len__") and len(value) == n_rows


def is_routing() -> bool:
    """Whether metadata routing is enabled."""
    return bool(get_config().get("enable_metadata_routing", False))


def make_router(owner: Any, estimator: Any, scorers: Mapping[str, Any], splitter: Any) -> MetadataRouter:
    """Return a router to an estimator, to scorers by their names, and to a splitter."""
    router = MetadataRouter(owner=owner)
    router.add(estimator=estimator, method_mapping=MethodMapping().add(caller="fit", callee="fit"))
    for name, scorer in scorers.items():
        mapping = MethodMapping().add(caller="fit", callee="score").add(caller="score", callee="score")
        router.add(**{_router_name(name): scorer}, method_mapping=mapping)
    router.add(splitter=splitter, method_mapping=MethodMapping().add(caller="fit", callee="split"))
    return router


def route_fit(
    router: MetadataRouter | None, estimator: Any, scorers: Mapping[str, Any], given: Params
) -> tuple[Metadata, list[str]]:
    """Divide the arguments of ``fit`` among estimator, scorers and splitter, with notes for the user.

    With metadata routing they go where they are requested. Without it ``groups`` go to the splitter, and
    everything else to the estimator; sample weights to the step that predicts, and to the scorers that take
    them.

    Parameters
    ----------
    router
        Of :func:`make_router`; None without metadata routing.
    estimator, scorers
        The estimator, and the scorers by name.
    given
        The arguments; None counts as not given.

    Raises
    ------
    SearchError
        If the estimator takes no sample weights.
    """
    given = {name: value for name, value in given.items() if value is not None}
    weights = given.get(WEIGHTS)
    if router is not None and is_routing():
        router.validate_metadata(params=given, method="fit")
        routed = router.route_params(params=given, caller="fit")
        score = {name: dict(routed.get(_router_name(name), {}).get("score", {})) for name in scorers}
        for name, scorer in scorers.items():
            # A function cannot request
            if weights is not None and isfunction(scorer) and accepts_weights(scorer):
                score[name][WEIGHTS] = weights
        return Metadata(routed.estimator.fit, routed.splitter.split, score), []
    groups = given.pop("groups", None)
    if weights is None:
        return Metadata(given, {"groups": groups}), []
    del given[WEIGHTS]
    try:
        given[name_of_weights(estimator)] = weights
    except TypeError as error:
        raise SearchError(f"sample_weight: {error}") from None
    takes = {name: accepts_weights(scorer) for name, scorer in scorers.items()}
    score = {name: {WEIGHTS: weights} if takes[name] else {} for name in scorers}
    notes = [
        f"sample_weight is left out of the score: {quoted([scorers[one]])} takes none"
        for one in takes
        if not takes[one]
    ]
    return Metadata(given, {"groups": groups}, score), notes


def route_score(router: MetadataRouter | None, name: str, given: Params) -> Params:
    """Return the arguments of ``score`` for the scorer of a name.

    Raises
    ------
    SearchError
        If anything but sample weights is given without metadata routing.
    """
    given = {name: value for name, value in given.items() if value is not None}
    if router is None or not is_routing():
        if more := given.keys() - {WEIGHTS}:
            raise SearchError(
                f"score takes X, y and sample_weight, but not {quoted(sorted(more))}: leave it out, or "
                f"enable metadata routing"
            )
        return given
    router.validate_metadata(params=given, method="score")
    return dict(
        router.route_params(params=given, caller="score").get(_router_name(name), {}).get("score", {})
    )


def name_of_weights(estimator: Any) -> str:
    """Return the argument of ``fit`` by which the estimator that predicts gets sample weights.

    Raises
    ------
    TypeError
        If there is none.
    """
    if steps := getattr(estimator, "steps", None):
        name, last = steps[-1]
        return f"{name}__{name_of_weights(last)}"
    # It hands on whatever it is given
    inner = getattr(estimator, "regressor", None)
    if type(estimator).__name__ == "TransformedTargetRegressor" and inner is not None:
        return name_of_weights(inner)
    if not has_fit_parameter(estimator, "sample_weight"):
        raise TypeError(f"{type(estimator).__name__} takes no sample_weight in fit")
    return "sample_weight"


def accepts_weights(scorer: Any) -> bool:
    """Whether a scorer takes sample weights, by itself or in its metric."""
    own = getattr(scorer, ACCEPTS_WEIGHTS, None)
    if own is not None:
        return bool(own())
    try:
        taking = getattr(scorer, METRIC_OF_SCORER, scorer)
        return WEIGHTS in signature(taking).parameters
    except (TypeError, ValueError):
        return False


def _router_name(name: str) -> str:
    return "scorer" if name == SCORE else f"scorer {name}"
