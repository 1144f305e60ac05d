"""Search space that the user gives for an estimator: ``param_distributions`` in scikit-learn's form."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from foretune.base import close_matches, shortened
from foretune.learners import native_names
from foretune.recommendation.core import ALIASES, LEARNER_OF_CLASS
from foretune.recommendation.search_cv.searched_parameter import (
    DistributionError,
    SearchedParameter,
    read_parameter,
)

# A keyword that is so like a parameter of an estimator that takes any is a slip
SLIP = 0.85
# Coordinate of a parameter that is inactive
MIDDLE = 0.5
# Distance between two nominal values, as that between the ends of a range
NOMINAL = 0.5**0.5


@dataclass(frozen=True)
class Branch:
    """Parameters that are searched together, by their full names, parents first."""

    parameters: dict[str, SearchedParameter]

    @property
    def n_points(self) -> float:
        """Number of points if all parameters are active."""
        return prod(one.n_values for one in self.parameters.values())

    def is_active(self, name: str, params: Mapping[str, Any]) -> bool:
        """Whether a parameter is active, given the values of its parents."""
        when = self.parameters[name].when
        return all(parent in params and params[parent] in allowed for parent, allowed in when.items())

    def at(self, quantiles: Iterable[float]) -> dict[str, Any]:
        """Return the values of the active parameters at the quantiles of all."""
        params: dict[str, Any] = {}
        for (name, parameter), quantile in zip(self.parameters.items(), quantiles, strict=True):
            if self.is_active(name, params):
                params[name] = parameter.at(float(quantile))
        return params

    def holds(self, params: Mapping[str, Any]) -> bool:
        """Whether the values of all active parameters are in the space."""
        return all(
            name in params and parameter.find(params[name]) is not None
            for name, parameter in self.parameters.items()
            if self.is_active(name, params)
        )

    def coordinates(self, params: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], float]]:
        """Yield coordinates by name and value: a number's quantile, or a nominal value's axis."""
        for name, parameter in self.parameters.items():
            if name not in params:
                continue
            place = parameter.find(params[name])
            if parameter.is_ordered:
                yield (name, ""), MIDDLE if place is None else place
            elif parameter.values is not None and place is not None:
                yield (name, f"={int(place * len(parameter.values))}"), NOMINAL

    def axes(self) -> Iterator[tuple[tuple[str, str], float]]:
        """Yield the axes of :meth:`coordinates`, with the coordinate of what is inactive."""
        for name, parameter in self.parameters.items():
            if parameter.n_values == 1:
                continue
            if parameter.is_ordered:
                yield (name, ""), MIDDLE
            else:
                yield from (((name, f"={at}"), 0.0) for at in range(len(parameter.values or ())))


@dataclass(frozen=True)
class OwnSpace:
    """Search space of one or several branches; a point is of one of them."""

    branches: tuple[Branch, ...] = ()

    @property
    def names(self) -> list[str]:
        """Names of all parameters."""
        return list(dict.fromkeys(name for branch in self.branches for name in branch.parameters))

    @property
    def n_points(self) -> float:
        """Number of points."""
        return sum(branch.n_points for branch in self.branches)

    def branch_of(self, params: Mapping[str, Any]) -> int | None:
        """Return the first branch that holds the values; None if none does."""
        return next((at for at, branch in enumerate(self.branches) if branch.holds(params)), None)

    @cached_property
    def _axes(self) -> list[tuple[tuple[str, str], float]]:
        several = len(self.branches) > 1
        shared = [
            ((_axis_name(at, name, several), value), start)
            for at, branch in enumerate(self.branches)
            for (name, value), start in branch.axes()
        ]
        own = [((f"{at}", "branch"), 0.0) for at in range(len(self.branches))] if several else []
        return [*shared, *own]

    def coordinates(
        self, points: Sequence[Mapping[str, Any]], branches: Sequence[int]
    ) -> npt.NDArray[np.float64]:
        """Return coordinates with meaningful distances, shape (n_points, n_axes)."""
        several = len(self.branches) > 1
        at_axis = {axis: at for at, (axis, _) in enumerate(self._axes)}
        starts: npt.NDArray[np.float64] = np.array([start for _, start in self._axes], dtype=np.float64)
        placed = np.tile(starts, (len(points), 1))
        for row, (params, branch) in enumerate(zip(points, branches, strict=True)):
            for (name, value), coordinate in self.branches[branch].coordinates(params):
                at = at_axis.get((_axis_name(branch, name, several), value))
                if at is not None:
                    placed[row, at] = coordinate
            if several:
                placed[row, at_axis[f"{branch}", "branch"]] = NOMINAL
        return placed


def _axis_name(branch: int, name: str, several: bool) -> str:
    return f"{branch}:{name}" if several else name


def read_space(estimator: Any, given: Any) -> OwnSpace:
    """Read ``param_distributions``: a dictionary, a list of them, a space of ConfigSpace, or None.

    Parameters
    ----------
    estimator
        The estimator that has the parameters.
    given
        The argument.

    Raises
    ------
    DistributionError
        If it has another form, or names a parameter that the estimator has not.
    """
    if given is None:
        return OwnSpace()
    several = list(given) if isinstance(given, list | tuple) else [given]
    if not several or not all(isinstance(one, Mapping) for one in several):
        raise DistributionError(
            f"param_distributions = {shortened(repr(given))} must be a dictionary of parameters by their "
            f"full names, or a list of such"
        )
    if len(several) == 1 and not several[0]:
        return OwnSpace()
    return OwnSpace(tuple(_read_branch(estimator, one) for one in several))


def _read_branch(estimator: Any, given: Mapping[str, Any]) -> Branch:
    branch = read_branch(given)
    check_names(estimator, branch.parameters)
    return branch


def read_branch(given: Mapping[str, Any], argument: str = "param_distributions") -> Branch:
    """Read parameters that are searched together, whatever they are of.

    Parameters
    ----------
    given
        Values of each parameter in any form, or a space of ConfigSpace.
    argument
        Name of the argument, for messages.

    Raises
    ------
    DistributionError
        If the values cannot be read, or a condition names a parameter that is not searched.
    """
    given, conditions = _without_conditions(given, argument)
    read = {str(name): read_parameter(str(name), one, argument) for name, one in given.items()}
    for name, when in conditions.items():
        read[name] = replace(read[name], when=when)
    for name, one in read.items():
        if unknown := one.when.keys() - read.keys():
            raise DistributionError(
                f"{argument}[{name!r}].when names {unknown.pop()!r}, which is not searched"
            )
    try:
        order = list(TopologicalSorter({name: list(one.when) for name, one in read.items()}).static_order())
    except CycleError as error:
        raise DistributionError(f"{argument}: conditions go in a circle: {error.args[1]}") from None
    has_parents = any(one.when for one in read.values())
    return Branch({name: read[name] for name in order} if has_parents else read)


def _without_conditions(
    given: Mapping[str, Any], argument: str
) -> tuple[Mapping[str, Any], dict[str, dict[str, list[Any]]]]:
    """Return hyperparameters and conditions of a space of ConfigSpace, or what is given and none."""
    if type(given).__module__.split(".")[0] != "ConfigSpace":
        return given, {}
    if list(getattr(given, "forbidden_clauses", ())):
        raise DistributionError(f"{argument}: forbidden clauses of ConfigSpace are not supported")
    conditions: dict[str, dict[str, list[Any]]] = {}
    for one in given.conditions:  # type: ignore[attr-defined]
        kind = type(one).__name__
        if kind not in ("EqualsCondition", "InCondition"):
            raise DistributionError(
                f"{argument}: a {kind} of ConfigSpace is not supported: give EqualsCondition or InCondition"
            )
        values = list(one.values) if kind == "InCondition" else [one.value]
        plain = [value.item() if isinstance(value, np.generic) else value for value in values]
        conditions.setdefault(one.child.name, {})[one.parent.name] = plain
    return {name: given[name] for name in given}, conditions


def check_names(estimator: Any, parameters: Mapping[str, SearchedParameter]) -> None:
    """Refuse names of parameters that the estimator has not.

    Raises
    ------
    DistributionError
        With a close match, if there is one.
    """
    known = estimator.get_params(deep=True)
    # Steps may be searched too, with parameters of their own
    steps = {
        name: [value for value in one.values or () if hasattr(value, "get_params")]
        for name, one in parameters.items()
    }
    for name in parameters:
        if name in known:
            continue
        owner, _, last = name.rpartition("__")
        parts = [estimator] if not owner else [known.get(owner), *_replacing(owner, steps)]
        if any(accepts(part, last) for part in parts if hasattr(part, "get_params")):
            continue
        others = dict.fromkeys(
            [
                *known,
                *("__".join(filter(None, (owner, one))) for part in parts for one in parameters_of(part)),
            ]
        )
        kind = type(estimator).__name__
        hint = close_matches(name, others) or ": estimator.get_params() lists them"
        raise DistributionError(f"param_distributions: {kind} has no parameter {name!r}{hint}")


def _replacing(owner: str, steps: Mapping[str, Sequence[Any]]) -> Iterable[Any]:
    """Return the estimators that are searched in the place of a part, or of a part of them."""
    for name, values in steps.items():
        for value in values:
            if owner == name:
                yield value
            elif owner.startswith(f"{name}__"):
                yield value.get_params(deep=True).get(owner.removeprefix(f"{name}__"))


def parameters_of(part: Any) -> list[str]:
    """Return the names of an estimator's own parameters, of its constructor and those that it reports."""
    if not hasattr(part, "get_params"):
        return []
    declared = inspect.signature(type(part).__init__).parameters.values()
    named = [one.name for one in declared if one.kind is not one.VAR_KEYWORD and one.name != "self"]
    return list(dict.fromkeys([*named, *part.get_params(deep=False)]))


def accepts(part: Any, name: str) -> bool:
    """Whether an estimator has a parameter; one that takes any keyword has those of its library."""
    own, learner = parameters_of(part), LEARNER_OF_CLASS.get(type(part).__name__, "")
    if name in own or name in ALIASES.get(learner, {}):
        return True
    if native := native_names(learner):
        # The library would ignore any other, with a warning at most
        return name in native
    declared = inspect.signature(type(part).__init__).parameters.values()
    takes_any = any(one.kind is one.VAR_KEYWORD for one in declared)
    return takes_any and not difflib.get_close_matches(name, own, n=1, cutoff=SLIP)
