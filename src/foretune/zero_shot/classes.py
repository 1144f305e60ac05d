"""Classes of the estimators that choose their hyperparameters, made from those of the libraries."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import Any

from sklearn.utils import get_tags

from foretune.base import MissingExtraError, TaskType, how_to_install
from foretune.recommendation.core import LEARNER_OF_CLASS
from foretune.zero_shot.estimator import OURS, ZeroShotEstimator

MODULES = {
    "xgboost": "xgboost",
    "lightgbm": "lightgbm",
    "catboost": "catboost",
    "hist_gradient_boosting": "sklearn.ensemble",
    "random_forest": "sklearn.ensemble",
    "extra_trees": "sklearn.ensemble",
    "gradient_boosting": "sklearn.ensemble",
    "svm": "sklearn.svm",
    "k_nearest_neighbours": "sklearn.neighbors",
    "linear": "sklearn.linear_model",
    "mlp": "sklearn.neural_network",
}
DOC = """{library} whose hyperparameters a memory of other tables chooses at ``fit``, without any trial.

Parameters that are set stay as they are, also those of a default value; everything else is as in
:class:`{module}.{name}`.

Parameters
----------
memory
    Folder of your own surrogates, a loaded memory, or a list of folders; None for the memory that ships.
memory_scoring
    Score for which hyperparameters are chosen, such as ``"neg_log_loss"``, if the memory knows it; otherwise
    the nearest that it knows. None for the log loss or R2 with LightGBM, and for balanced accuracy or R2 with
    other learners, then without weights of classes.
**params
    Those of :class:`{module}.{name}`.

Attributes
----------
chosen_params_ : dict
    Parameters that the memory chose; empty if the library's defaults stay.
notes_ : list of str
    What was decided and why, one sentence each.
library_model_ : {name}
    The fitted model of the library's own class.
"""


def make_class(name: str) -> type[Any]:
    """Make the class of a name of the libraries, such as ``LGBMClassifier``.

    Raises
    ------
    ModuleNotFoundError
        If its library is not installed; the message says how to.
    """
    learner = LEARNER_OF_CLASS[name]
    module = MODULES[learner]
    try:
        library = getattr(import_module(module), name)
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"{name} needs an optional package: {how_to_install(module)}", name=error.name
        ) from error
    namespace = {
        "__module__": "foretune.zero_shot",
        "__qualname__": name,
        "__doc__": DOC.format(library=f"{module.split('.')[0]}'s {name}", module=module, name=name),
        "__init__": _like(library.__init__, ZeroShotEstimator.__init__, OURS),
        "fit": _like(library.fit, ZeroShotEstimator.fit),
        "library": library,
        "learner": learner,
        "only_task_type": _task_type_of(library),
    }
    made: type[Any] = type(library)(name, (ZeroShotEstimator, library), namespace)
    return made


def _task_type_of(library: Any) -> TaskType:
    return "classification" if get_tags(library()).estimator_type == "classifier" else "regression"


def _like(of_library: Callable[..., Any], own: Callable[..., Any], more: tuple[str, ...] = ()) -> Any:
    """Return a method with the signature of the library's, and more keywords that are None by default."""

    @wraps(own)
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return own(self, *args, **kwargs)

    signature = inspect.signature(of_library)
    keywords = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None) for name in more]
    parameters = list(signature.parameters.values())
    has_rest = bool(parameters) and parameters[-1].kind is inspect.Parameter.VAR_KEYWORD
    rest = [parameters.pop()] if has_rest else []
    method.__signature__ = signature.replace(parameters=[*parameters, *keywords, *rest])  # type: ignore[attr-defined]
    return method
