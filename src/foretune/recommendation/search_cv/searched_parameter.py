"""A parameter that is searched: lists, distributions and spaces of several libraries in one form."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError
from scipy.stats import rv_continuous, rv_discrete

from foretune.base import UserError, first_line, is_number, shortened
from foretune.recommendation.search_cv.own_configuration import text_of
from foretune.spaces import Choice, Hyperparameter, IntegerRange, TaggedHyperparameter

# Quantiles at which an unbounded distribution ends
TAIL = 1e-3
# Draws from a distribution that has no quantiles, and their seed
N_DRAWN, DRAWN_BY = 1024, 0
# Distance of a value from the next one of a grid, in steps, within which it stands for that
HALF_STEP = 0.5
FORMS = (
    "a list of values, a distribution of scipy, a space such as {'type': 'float', 'low': 0.1, 'high': 1.0}, "
    "or a distribution of Optuna or ConfigSpace"
)
SPACE: TypeAdapter[Hyperparameter] = TypeAdapter(TaggedHyperparameter)


class DistributionError(UserError, ValueError):
    """A space cannot be used; the message names the argument, the parameter and what it can be."""


@dataclass(frozen=True)
class SearchedParameter:
    """Values of a parameter, at quantiles from 0 to 1.

    Attributes
    ----------
    at
        Returns the value at a quantile.
    find
        Returns the quantile of a value; None if it is not among them.
    values
        All values, in the order of their quantiles; None if they are a range.
    n_values
        Number of values.
    is_ordered
        Whether values at near quantiles are alike.
    when
        Active only where each parent, by its full name, has one of these values.
    """

    at: Callable[[float], Any]
    find: Callable[[Any], float | None]
    values: tuple[Any, ...] | None = None
    n_values: float = math.inf
    is_ordered: bool = True
    when: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def draw(self, rng: np.random.Generator) -> Any:
        """Draw a value."""
        return self.at(float(rng.random()))

    def nearest(self, value: Any) -> Any:
        """Return the value of the parameter that a value stands for, as at(find(value))."""
        place = self.find(value)
        if place is None:
            raise ValueError(f"{value!r} is not in the space")
        return value if self.values is None and self.n_values == math.inf else self.at(place)


def read_parameter(name: str, given: Any, argument: str = "param_distributions") -> SearchedParameter:
    """Read the values of a parameter in any form.

    Parameters
    ----------
    name
        Full name of the parameter; conditions of a space name others of the same part.
    given
        A list, a distribution or a space; see :data:`FORMS`.
    argument
        Name of the argument, for messages.

    Raises
    ------
    DistributionError
        If it is none of these, or empty.
    """
    if isinstance(given, SearchedParameter):
        return given
    try:
        read = _read(given, _prefix_of(name))
    except ValidationError as error:
        raise DistributionError(f"{argument}[{name!r}]: {_reason(error)}") from None
    except (ValueError, TypeError) as error:
        raise DistributionError(f"{argument}[{name!r}]: {first_line(error)}") from None
    if read is None:
        raise DistributionError(f"{argument}[{name!r}] = {shortened(repr(given))} must be {FORMS}")
    return read


def _prefix_of(name: str) -> str:
    owner = name.rpartition("__")[0]
    return f"{owner}__" if owner else ""


def _read(given: Any, prefix: str) -> SearchedParameter | None:
    """Read values in any form; None if it is none of them."""
    if isinstance(given, Mapping):
        given = SPACE.validate_python(given)
    if hasattr(given, "when"):
        return _of_space(given, prefix)
    library = type(given).__module__.split(".")[0]
    if library in READERS:
        return READERS[library](given)
    if isinstance(given, (np.ndarray, Sequence)) and not isinstance(given, str | bytes):
        return of_choices(given.tolist() if isinstance(given, np.ndarray) else list(given))
    return _of_distribution(given) if hasattr(given, "rvs") else None


def _reason(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(one) for one in first["loc"])
    return f"{where}: {first['msg']}".removeprefix(": ").replace("Value error, ", "")


def of_choices(values: Sequence[Any]) -> SearchedParameter:
    """Return the parameter with these values; numbers are ordered.

    Raises
    ------
    ValueError
        If there is none.
    """
    if not len(values):
        raise ValueError("it has no values: give one at least")
    distinct = list({text_of(value): value for value in values}.values())
    are_numbers = all(is_number(value) for value in distinct)
    if are_numbers:
        distinct = sorted(distinct)
    n = len(distinct)
    texts = {text_of(value): at for at, value in enumerate(distinct)}
    # The text of an estimator takes a millisecond
    same = {id(value): at for at, value in enumerate(distinct)}

    def find(value: Any) -> float | None:
        at = same.get(id(value))
        at = texts.get(text_of(value)) if at is None else at
        if at is None and are_numbers and is_number(value) and distinct[0] <= value <= distinct[-1]:
            at = int(np.argmin([abs(float(one) - float(value)) for one in distinct]))
        return None if at is None else (at + 0.5) / n

    def at(quantile: float) -> Any:
        return distinct[min(int(quantile * n), n - 1)]

    return SearchedParameter(at, find, tuple(distinct), n, is_ordered=are_numbers)


def of_floats(low: float, high: float, *, log: bool = False) -> SearchedParameter:
    """Return the numbers between two bounds, rounded to six digits, as they are printed."""
    if not low < high:
        return of_choices([low])
    first, last = (math.log(low), math.log(high)) if log else (low, high)

    def at(quantile: float) -> float:
        place = first + quantile * (last - first)
        return min(max(float(f"{math.exp(place) if log else place:.6g}"), float(low)), float(high))

    def find(value: Any) -> float | None:
        if not is_number(value) or not low <= value <= high:
            return None
        return ((math.log(value) if log else float(value)) - first) / (last - first)

    return SearchedParameter(at, find)


def of_integers(low: int, high: int, step: int = 1, *, log: bool = False) -> SearchedParameter:
    """Return the whole numbers ``low``, ``low + step``, ... up to ``high``."""
    n = (high - low) // step + 1
    if n == 1:
        return of_choices([low])
    ends = (math.log(low - HALF_STEP), math.log(high + HALF_STEP)) if log else (-HALF_STEP, n - HALF_STEP)

    def at(quantile: float) -> int:
        place = ends[0] + quantile * (ends[1] - ends[0])
        return int(min(max(round(math.exp(place)), low), high) if log else low + step * _within(place, n))

    def find(value: Any) -> float | None:
        if not is_number(value) or not low <= value <= low + step * (n - 1):
            return None
        place = math.log(value) if log else (float(value) - low) / step
        return (place - ends[0]) / (ends[1] - ends[0])

    return SearchedParameter(at, find, n_values=n)


def _within(place: float, n: int) -> int:
    return min(max(round(place), 0), n - 1)


def _of_space(given: Hyperparameter, prefix: str) -> SearchedParameter:
    if isinstance(given, Choice):
        read = of_choices(given.choices)
    elif isinstance(given, IntegerRange):
        read = of_integers(given.low, given.high, given.step, log=given.log)
    else:
        read = of_floats(given.low, given.high, log=given.log)
    when = {parent if "__" in parent else prefix + parent: values for parent, values in given.when.items()}
    return replace(read, when=when)


def _of_optuna(given: Any) -> SearchedParameter:
    if hasattr(given, "choices"):
        return of_choices(list(given.choices))
    if type(given).__name__ == "IntDistribution":
        return of_integers(given.low, given.high, given.step, log=given.log)
    if given.step:
        n = round((given.high - given.low) / given.step) + 1
        return of_choices([float(f"{given.low + at * given.step:.12g}") for at in range(n)])
    return of_floats(given.low, given.high, log=given.log)


def _of_configspace(given: Any) -> SearchedParameter:
    kind = type(given).__name__
    if kind == "UniformFloatHyperparameter":
        return of_floats(float(given.lower), float(given.upper), log=bool(given.log))
    if kind == "UniformIntegerHyperparameter":
        return of_integers(int(given.lower), int(given.upper), log=bool(given.log))
    if kind == "CategoricalHyperparameter":
        return of_choices([_plain(one) for one in given.choices])
    if kind == "OrdinalHyperparameter":
        return of_choices([_plain(one) for one in given.sequence])
    if kind == "Constant":
        return of_choices([_plain(given.value)])
    raise ValueError(f"a {kind} of ConfigSpace is not known: give a uniform, categorical or ordinal one")


def _of_distribution(given: Any) -> SearchedParameter:
    """Return the values of a distribution of scipy, or of anything that draws values."""
    kind = getattr(given, "dist", None)
    if not isinstance(kind, rv_continuous | rv_discrete):
        return _of_draws(given)
    is_discrete = isinstance(kind, rv_discrete)
    low, high = (float(end) for end in given.support())
    ends = (0.0 if math.isfinite(low) else TAIL, 1.0 if math.isfinite(high) else 1 - TAIL)
    # What it hardly ever draws is not among its values
    lowest = low if math.isfinite(low) else float(given.ppf(TAIL))
    highest = high if math.isfinite(high) else float(given.ppf(1 - TAIL))

    def at(quantile: float) -> Any:
        number = float(given.ppf(min(max(quantile, ends[0]), ends[1])))
        if is_discrete:
            return int(min(max(number, lowest), highest))
        return min(max(float(f"{number:.6g}"), lowest), highest)

    def find(value: Any) -> float | None:
        is_within = is_number(value) and lowest <= value <= highest
        if not is_within or (is_discrete and value != round(value)):
            return None
        below = float(given.cdf(value))
        return below - float(given.pmf(value)) / 2 if is_discrete else below

    n_values = highest - lowest + 1 if is_discrete else math.inf
    return SearchedParameter(at, find, n_values=n_values)


def _of_draws(given: Any) -> SearchedParameter:
    """Return the values that an object with ``rvs`` draws, as for ``RandomizedSearchCV``."""
    random = np.random.RandomState(DRAWN_BY)
    drawn = [_plain(given.rvs(random_state=random)) for _ in range(N_DRAWN)]
    if not all(is_number(value) for value in drawn):
        return of_choices(drawn)
    ordered = sorted(drawn)

    def find(value: Any) -> float | None:
        if not is_number(value) or not ordered[0] <= value <= ordered[-1]:
            return None
        return float(np.searchsorted(ordered, value) + HALF_STEP) / (N_DRAWN + 1)

    return SearchedParameter(lambda quantile: ordered[min(int(quantile * N_DRAWN), N_DRAWN - 1)], find)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


# By the name of the library
READERS: dict[str, Callable[[Any], SearchedParameter]] = {
    "optuna": _of_optuna,
    "ConfigSpace": _of_configspace,
}
