"""Suggestions for other libraries: plain dicts, trials of any Optuna study, points of Hyperopt."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from foretune.base import UserError
from foretune.recommendation.core import canonical, is_number

if TYPE_CHECKING:
    import optuna

RANK = "foretune:rank"
# Hyperopt computes exponentials: a value at the end of a range is a little off
TOLERANCE = 1e-9


class ExportError(UserError, ValueError):
    """A suggestion has no place in the space that it is to be tried in; the message says which value."""


class MissingHyperoptError(UserError, ImportError):
    """Hyperopt is not installed."""


def to_dicts(suggestions: pd.DataFrame, learner_parameter: str | None = None) -> list[dict[str, Any]]:
    """Return the suggested hyperparameters as plain dicts, ready for an estimator's constructor.

    Parameters
    ----------
    suggestions
        What :func:`foretune.suggest` returned.
    learner_parameter
        Key under which each dict also names its learner; None for none.

    Examples
    --------
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> models = [RandomForestClassifier(**params) for params in to_dicts(suggestions)]  # doctest: +SKIP
    """
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
    """Enqueue suggestions in an Optuna study, whatever its sampler: they are its next trials, in order.

    Parameters
    ----------
    study
        The study. Configurations that it has tried are not enqueued again.
    suggestions
        What :func:`foretune.suggest` returned.
    names
        Name in the study to name in the constructor, as for
        :class:`foretune.recommendation.optuna.sampler.ForetuneSampler`; where several learners have a
        hyperparameter, the learner may stand in front: ``{"xgb_depth": "xgboost__max_depth"}``. Names that
        are not among them are the same in both.
    learner_parameter
        The study's parameter that chooses the learner; None where there is none.

    Returns
    -------
    int
        How many trials were enqueued.
    """
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
    """Return suggestions as Hyperopt's ``fmin(..., points_to_evaluate=...)`` takes them.

    Parameters
    ----------
    suggestions
        What :func:`foretune.suggest` returned.
    space
        The space that ``fmin`` gets: dicts, lists and choices, nested as you like. What a value is for is
        told by its key; outside of any dict by its label. An option of a choice is taken if all that it
        states is what the suggestion says.
    names
        Key or label in the space to name in the constructor, where they differ.
    learner_parameter
        Key of the space that names the learner; an option that states another learner is not taken.
    others
        Values, by label, of what a suggestion does not say: what has no effect under its other values, or is
        not the learner's. Of a choice the option itself.

    Returns
    -------
    list of dict
        Label to value for each suggestion; of a choice the number of the option.

    Raises
    ------
    ExportError
        If the space does not hold a value, or asks for one that the suggestion does not have.
    MissingHyperoptError
        If Hyperopt is not installed.
    """
    try:
        from hyperopt.pyll import as_apply
    except ModuleNotFoundError as error:
        raise MissingHyperoptError(
            f"points for Hyperopt need the package {error.name}: pip install 'foretune[hyperopt]'"
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


def _study_names(names: Mapping[str, str], learner: str, params: Mapping[str, Any]) -> dict[str, str]:
    """Name in the constructor to name in the study; under the empty name that of the learner."""
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
    """A part of a space does not hold what is wanted."""


class _Matcher:
    """Reads a space of Hyperopt backwards: from what comes out of it to the labels' values."""

    def __init__(self, wanted: Mapping[str, Any], others: Mapping[str, Any]) -> None:
        self._wanted = dict(wanted)
        self._others = dict(others)

    def match(self, node: Any, key: str | None) -> dict[str, Any]:
        """Return the values of the labels below a node, whose value is called ``key``."""
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
        # What the space states beyond the suggestion is the user's own affair
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
        if not is_number(value) or not _holds(distribution.name, arguments, float(value)):
            said = ", ".join(f"{one}={given}" for one, given in arguments.items() if is_number(given))
            raise _Mismatch(f"{name or label} = {value!r}, but {label!r} is {distribution.name}({said})")
        return {label: value}

    def _name(self, label: str, key: str | None) -> str | None:
        return next((name for name in (key, label) if name in self._wanted), None)


def _keys(node: Any) -> Iterator[str]:
    """Keys of all dicts in a part of a space."""
    if node.name == "dict":
        yield from (str(name) for name, _ in node.named_args)
    for part in node.inputs():
        yield from _keys(part)


def _literal(node: Any) -> Any:
    return getattr(node, "obj", None)


def _holds(kind: str, arguments: Mapping[str, Any], value: float) -> bool:
    """Whether a distribution of Hyperopt can give a value."""
    low: Any
    high: Any
    low, high, step = (arguments.get(name) for name in ("low", "high", "q"))
    if kind == "randint":
        # With one argument that is the upper end
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
