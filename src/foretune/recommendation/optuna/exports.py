"""Export of suggestions: plain dicts, enqueued trials of Optuna, points of Hyperopt."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import optuna
import pandas as pd

from foretune.base import UserError, check_kind, how_to_install
from foretune.recommendation.core import canonical, is_finite_number

RANK = "foretune:rank"
# Hyperopt's exponentials make the ends of a range inexact
TOLERANCE = 1e-9


class ExportError(UserError, ValueError):
    """A suggestion is not in the target space; the message names the value."""


class MissingHyperoptError(UserError, ImportError):
    """Hyperopt is not installed."""


def to_dicts(suggestions: pd.DataFrame, learner_parameter: str | None = None) -> list[dict[str, Any]]:
    """Convert suggestions to dicts of arguments of the estimators' constructors.

    Parameters
    ----------
    suggestions
        Result of :func:`foretune.suggest`.
    learner_parameter
        Key of the learner's name in each dict; None for none.

    Examples
    --------
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> models = [RandomForestClassifier(**params) for params in to_dicts(suggestions)]  # doctest: +SKIP
    """
    _check_suggestions(suggestions, learner_parameter)
    return [
        {**({learner_parameter: learner} if learner_parameter else {}), **params}
        for learner, params in zip(suggestions["learner"], suggestions["params"], strict=True)
    ]


def to_enqueued(
    study: optuna.Study,
    suggestions: pd.DataFrame,
    names: Mapping[str, str] | None = None,
    *,
    learner_parameter: str | None = None,
) -> int:
    """Enqueue suggestions as next trials of an Optuna study with any sampler; return the number enqueued.

    Parameters
    ----------
    study, suggestions
        The study, and the result of :func:`foretune.suggest`. Configurations already tried are not enqueued.
    names
        Constructor's names by the study's names, as for
        :class:`foretune.recommendation.optuna.sampler.ForetuneSampler`; with the learner as prefix if several
        learners have the hyperparameter: ``{"xgb_depth": "xgboost__max_depth"}``. Other names are equal.
    learner_parameter
        The study's parameter for the choice of the learner, if any.
    """
    check_kind("study", study, optuna.Study, "a study of Optuna")
    _check_suggestions(suggestions, learner_parameter)
    _check_names(names)
    n_before = len(study.get_trials(deepcopy=False))
    for rank, learner, params in zip(
        suggestions["rank"], suggestions["learner"], suggestions["params"], strict=True
    ):
        own = _study_names(names or {}, str(learner), params)
        values = {own[name]: value for name, value in params.items()}
        if learner_parameter is not None:
            values[learner_parameter] = own.get("", learner)
        study.enqueue_trial(values, user_attrs={RANK: int(rank)}, skip_if_exists=True)
    return len(study.get_trials(deepcopy=False)) - n_before


def to_points_to_evaluate(
    suggestions: pd.DataFrame,
    space: Any,
    names: Mapping[str, str] | None = None,
    *,
    learner_parameter: str | None = None,
    others: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """Convert suggestions to points for Hyperopt's ``fmin(..., points_to_evaluate=...)``.

    Parameters
    ----------
    suggestions
        Result of :func:`foretune.suggest`.
    space
        Space of ``fmin``: nested dicts, lists and choices. A value is identified by its key, or by its label
        outside of any dict. An option of a choice is taken if all its constants agree with the suggestion.
    names
        Constructor's names by key or label in the space, where they differ.
    learner_parameter
        Key of the learner's name in the space; options of other learners are not taken.
    others
        Values by label for what is not in a suggestion: inactive hyperparameters and those of other learners.
        For a choice the option itself.

    Returns
    -------
    list of dict
        Values by label for each suggestion; for a choice the index of the option.

    Raises
    ------
    ExportError
        If a value is not in the space, or the space needs a value that the suggestion lacks.
    MissingHyperoptError
        If Hyperopt is not installed.
    """
    _check_suggestions(suggestions, learner_parameter)
    _check_names(names)
    check_kind("others", others, Mapping, "a mapping of labels to values", optional=True)
    try:
        from hyperopt.pyll import as_apply
    except ModuleNotFoundError as error:
        raise MissingHyperoptError(
            f"points for Hyperopt need the package {error.name}: {how_to_install('hyperopt')}"
        ) from error
    root = as_apply(space)
    points = []
    for rank, learner, params in zip(
        suggestions["rank"], suggestions["learner"], suggestions["params"], strict=True
    ):
        own = _study_names(names or {}, str(learner), params)
        wanted = {own[name]: value for name, value in params.items()}
        if learner_parameter is not None:
            wanted[learner_parameter] = own.get("", learner)
        try:
            points.append(_Matcher(wanted, dict(others or {})).match(root, None))
        except _Mismatch as mismatch:
            raise ExportError(f"suggestion {rank} ({learner}) is not in this space: {mismatch}") from None
    return points


def _check_suggestions(suggestions: Any, learner_parameter: Any) -> None:
    check_kind("suggestions", suggestions, pd.DataFrame, "what foretune.suggest returned")
    missing = [name for name in ("rank", "learner", "params") if name not in suggestions.columns]
    if missing:
        raise ExportError(f"suggestions has no column {missing[0]!r}: give what foretune.suggest returned")
    check_kind("learner_parameter", learner_parameter, str, "the name of a parameter", optional=True)


def _check_names(names: Any) -> None:
    check_kind("names", names, Mapping, "a mapping of the study's names to the learner's", optional=True)


def _study_names(names: Mapping[str, str], learner: str, params: Mapping[str, Any]) -> dict[str, str]:
    """Return the study's names by constructor's names; the learner's under the empty name."""
    own = {name: name for name in params}
    for study_name, meant in names.items():
        prefix, found, name = meant.partition("__")
        if meant == learner:
            own[""] = study_name
        elif meant in own:
            own[meant] = study_name
        elif found and prefix == learner and name in own:
            own[name] = study_name
    return own


class _Mismatch(Exception):  # noqa: N818
    """A part of a space does not contain the wanted value."""


class _Matcher:
    """Inversion of a Hyperopt space: from its output to the values of labels."""

    def __init__(self, wanted: Mapping[str, Any], others: Mapping[str, Any]) -> None:
        self._wanted = dict(wanted)
        self._others = dict(others)

    def match(self, node: Any, key: str | None) -> dict[str, Any]:
        """Return the values of the labels below the node of a key."""
        if node.name == "dict":
            parts = [(str(name), part) for name, part in node.named_args]
        elif node.name == "pos_args":
            parts = [(None, part) for part in node.pos_args]  # type: ignore[misc]
        elif node.name == "switch":
            return self._match_choice(node, key)
        elif node.name == "literal":
            self._match_literal(node.obj, key)
            return {}
        else:
            return self._match_number(node, key)
        point: dict[str, Any] = {}
        for name, part in parts:
            point |= self.match(part, name)
        return point

    def _match_literal(self, value: Any, key: str | None) -> None:
        # Constants of the space that are not in the suggestion are the user's choice
        if key in self._wanted and canonical(value) != canonical(self._wanted[key]):
            raise _Mismatch(f"{key} = {self._wanted[key]!r}, but the space has {value!r}")

    def _match_choice(self, node: Any, key: str | None) -> dict[str, Any]:
        chooser, *options = node.pos_args
        label = str(chooser.pos_args[0].obj)
        name = self._name(label, key)
        best: tuple[int, int, dict[str, Any]] | None = None
        reasons = []
        for position, option in enumerate(options):
            if name is None and option.name == "literal":
                if label not in self._others:
                    continue
                if canonical(option.obj) != canonical(self._others[label]):
                    continue
            try:
                point = self.match(option, name)
            except _Mismatch as mismatch:
                reasons.append(str(mismatch))
                continue
            said = sum(1 for stated in _keys(option) if stated in self._wanted)
            if best is None or said > best[0]:
                best = (said, position, point)
        if best is not None:
            return {label: best[1], **best[2]}
        if name is not None and all(option.name == "literal" for option in options):
            choices = ", ".join(repr(option.obj) for option in options)
            raise _Mismatch(f"{name} = {self._wanted[name]!r}, but {label!r} has the choices {choices}")
        if reasons:
            raise _Mismatch(f"no option of {label!r} fits: {reasons[0]}")
        raise _Mismatch(f"the suggestion says nothing of {label!r}: give its value in `others`")

    def _match_number(self, node: Any, key: str | None) -> dict[str, Any]:
        while node.name in ("float", "int"):
            (node,) = node.pos_args
        if node.name != "hyperopt_param":
            raise _Mismatch(f"{key or 'a part'} is computed by {node.name!r}, which cannot be read backwards")
        label, distribution = str(node.pos_args[0].obj), node.pos_args[1]
        name = self._name(label, key)
        if name is None and label not in self._others:
            raise _Mismatch(f"the suggestion says nothing of {label!r}: give its value in `others`")
        value = self._others[label] if name is None else self._wanted[name]
        arguments = {argument: _literal(one) for argument, one in distribution.arg.items()}
        if not is_finite_number(value) or not _holds(distribution.name, arguments, float(value)):
            said = ", ".join(f"{one}={given}" for one, given in arguments.items() if is_finite_number(given))
            raise _Mismatch(f"{name or label} = {value!r}, but {label!r} is {distribution.name}({said})")
        return {label: value}

    def _name(self, label: str, key: str | None) -> str | None:
        return next((name for name in (key, label) if name in self._wanted), None)


def _keys(node: Any) -> Iterator[str]:
    """Generate the keys of all dicts in a part of a space."""
    if node.name == "dict":
        yield from (str(name) for name, _ in node.named_args)
    for part in node.inputs():
        yield from _keys(part)


def _literal(node: Any) -> Any:
    return getattr(node, "obj", None)


def _holds(kind: str, arguments: Mapping[str, Any], value: float) -> bool:
    """Whether a value is in the support of a Hyperopt distribution."""
    low: Any
    high: Any
    low, high, step = (arguments.get(name) for name in ("low", "high", "q"))
    if kind == "randint":
        # A single argument is the upper end
        first, last = (0, low) if high is None else (low, high)
        return value.is_integer() and first <= value < last
    if step is not None and abs(value / step - round(value / step)) > TOLERANCE:
        return False
    if kind.endswith(("lognormal", "loguniform")) and value < 0:
        return False
    if low is None or high is None:
        return True
    if kind.endswith("loguniform"):
        low, high = math.exp(low), math.exp(high)
    # A rounded value may lie half a step outside
    slack = (step or 0.0) / 2 + TOLERANCE * max(abs(low), abs(high))
    return bool(low - slack <= value <= high + slack)
