"""Axis of a hyperparameter: where its values stand in a figure and in a model."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from foretune.base import is_number, shortened

NOT_SET = "not set"
LONGEST_LABEL = 32
# Largest value over the smallest from which positive values without a declared scale may be logarithmic
LEAST_RATIO_OF_LOG = 20
FEWEST_OF_LOG = 3
# Distance of what is no number from the smallest number, as a share of the range
GUTTER = 0.18
# Coordinate of what has no place on a range, and of a label: two labels are as far apart as half a range
MIDDLE, ONE_LABEL = 0.5, 0.5**0.5
# Scorers and metrics whose names in words are not their own
WORDS = {
    "r2": "R²",
    "roc_auc": "ROC AUC",
    "roc_auc_ovr": "ROC AUC",
    "rmse": "RMSE",
    "mae": "MAE",
    "roc_auc_ovo": "ROC AUC, one against one",
    "f1": "F1",
    "d2_log_loss_score": "D² of the log loss",
}
Floats = npt.NDArray[np.float64]


class Scale(NamedTuple):
    """What a search space says of a hyperparameter.

    Attributes
    ----------
    low, high
        Bounds of a range; None if there is none.
    is_log
        Whether the range is searched in its logarithm.
    choices
        Values of a list; None for a range.
    """

    low: float | None = None
    high: float | None = None
    is_log: bool = False
    choices: tuple[Any, ...] | None = None


class Missing:
    """Value of a hyperparameter that is inactive or not set."""

    def __repr__(self) -> str:
        """Return the label in figures."""
        return NOT_SET


MISSING = Missing()


@dataclass(frozen=True)
class Axis:
    """Values of one hyperparameter in the order of a figure.

    Attributes
    ----------
    name
        Name of the hyperparameter.
    low, high
        Range of its numbers; NaN without any.
    is_log
        Whether the numbers stand on a logarithmic axis.
    labels
        What is no number, in the order of the figure; all values if it has no numbers.
    values
        The values behind the labels, without "not set".
    is_integral
        Whether all numbers are whole.
    """

    name: str
    low: float
    high: float
    is_log: bool
    labels: tuple[str, ...]
    values: tuple[Any, ...]
    is_integral: bool

    @classmethod
    def of(cls, name: str, values: Iterable[Any], scale: Scale | None = None) -> Axis:
        """Make the axis of a hyperparameter from its values and from what the space says.

        Parameters
        ----------
        name
            Name of the hyperparameter.
        values
            Its values in the trials; ``MISSING`` where it is inactive.
        scale
            What the search space says; None if there is none.
        """
        declared = [] if scale is None else [*(scale.choices or ()), *_ends(scale)]
        everything = [*declared, *values]
        numbers = [float(value) for value in everything if _has_place(value)]
        others = {label_of(value): value for value in everything if not _has_place(value)}
        is_missing = others.pop(NOT_SET, None) is not None
        labels, own = (*others, *([NOT_SET] if is_missing else [])), tuple(others.values())
        if not numbers:
            return cls(name, math.nan, math.nan, False, labels, own, False)
        is_range = scale is not None and scale.choices is None
        is_log = scale.is_log if scale is not None and is_range else _looks_logarithmic(numbers)
        return cls(
            name,
            min(numbers),
            max(numbers),
            is_log and min(numbers) > 0,
            labels,
            own,
            all(number == round(number) for number in numbers),
        )

    @property
    def title(self) -> str:
        """Title in figures: the name in words."""
        return title_of(self.name)

    @property
    def is_numeric(self) -> bool:
        """Whether any value is a number."""
        return not math.isnan(self.low)

    @property
    def type(self) -> str:
        """Type of a Plotly axis."""
        return "log" if self.is_log else "linear"

    def place(self, value: Any) -> float:
        """Return the coordinate of a value on a Plotly axis of :attr:`type`.

        Labels of a numeric axis stand left of the numbers; those of another at 0, 1, ...
        """
        if self.is_numeric and _has_place(value):
            return float(value)
        at = self._position(value)
        return float(at) if not self.is_numeric else self._gutter(at)

    def unit(self, values: Sequence[Any]) -> Floats:
        """Return coordinates in which distances mean something, shape (n_values, n_columns)."""
        columns = []
        if self.is_numeric:
            columns.append([self._share(value) if _has_place(value) else MIDDLE for value in values])
        if len(self.labels) > (0 if self.is_numeric else 1):
            own = [None if self.is_numeric and _has_place(one) else label_of(one) for one in values]
            columns += [[ONE_LABEL * (label == one) for one in own] for label in self.labels]
        return np.array(columns, dtype=np.float64).reshape(len(columns), len(values)).T

    def grid(self, n: int) -> list[Any]:
        """Return evenly spaced numbers of a numeric axis, whole ones if all are."""
        if not self.low < self.high:
            return [self.low]
        ends = (math.log(self.low), math.log(self.high)) if self.is_log else (self.low, self.high)
        points = np.linspace(*ends, n)
        numbers = np.clip(np.exp(points) if self.is_log else points, self.low, self.high).tolist()
        if self.is_integral:
            return list(dict.fromkeys(round(number) for number in numbers))
        return [float(f"{number:.6g}") for number in numbers]

    def settings(self) -> dict[str, Any]:
        """Return the settings of a Plotly axis that shows the values."""
        if not self.is_numeric:
            places = list(range(len(self.labels)))
            ends = [-0.5, max(len(self.labels), 1) - 0.5]
            return {"type": "linear", "tickvals": places, "ticktext": list(self.labels), "range": ends}
        settings: dict[str, Any] = {"type": self.type}
        if self.labels or self.is_log:
            ticks = self.ticks()
            gutter = [self._gutter(at) for at in range(len(self.labels))]
            settings |= {
                "tickvals": [*gutter, *ticks],
                "ticktext": [*self.labels, *(f"{tick:g}" for tick in ticks)],
            }
        return settings

    def ticks(self) -> list[float]:
        """Return a few round numbers in the range."""
        if not self.low < self.high:
            return [self.low]
        return _log_ticks(self.low, self.high) if self.is_log else _even_ticks(self.low, self.high)

    def _position(self, value: Any) -> int:
        label = label_of(value)
        return self.labels.index(label) if label in self.labels else len(self.labels)

    def _gutter(self, at: int) -> float:
        share = -GUTTER * (len(self.labels) - at)
        if self.is_log:
            return float(self.low * max(self.high / self.low, math.e) ** share)
        spread = (self.high - self.low) or 1.0
        # Among the largest numbers a step of one is none
        return self.low + share * max(spread, 1e-6 * abs(self.low))

    def _share(self, value: Any) -> float:
        if not self.low < self.high:
            return MIDDLE
        number = min(max(float(value), self.low), self.high)
        if self.is_log:
            return math.log(number / self.low) / math.log(self.high / self.low)
        return (number - self.low) / (self.high - self.low)


def title_of(name: str) -> str:
    """Return a name in words: ``learning_rate`` is ``Learning rate``, ``clf__C`` is ``clf: C``."""
    *owners, last = str(name).split("__")
    words = last.strip("_").replace("_", " ") or last
    is_word = len(words.split(" ")[0]) > 1 and words[:1].islower()
    words = words[:1].upper() + words[1:] if is_word and not owners else words
    return ": ".join([*(owner.replace("_", " ") for owner in owners), words])


def score_in_words(name: str) -> str:
    """Return the name of a scorer in words: ``neg_log_loss`` is ``Log loss, negated``."""
    plain = name.removeprefix("neg_")
    words = WORDS.get(plain) or plain.replace("_", " ").strip().capitalize()
    return f"{words}, negated" if plain != name else words


def in_sentence(title: str) -> str:
    """Return a title within a sentence: ``Log loss`` becomes ``log loss``, ``ROC AUC`` stays."""
    return title[:1].lower() + title[1:] if title[1:2].islower() else title


def label_of(value: Any) -> str:
    """Return a value as a short text."""
    if isinstance(value, float):
        return f"{value:g}"
    return shortened(value if isinstance(value, str) else repr(value), LONGEST_LABEL)


def _has_place(value: Any) -> bool:
    return is_number(value) and math.isfinite(value)


def _ends(scale: Scale) -> list[float]:
    return [end for end in (scale.low, scale.high) if end is not None and math.isfinite(end)]


def _looks_logarithmic(numbers: Sequence[float]) -> bool:
    """Whether positive numbers span orders of magnitude, with the middle one nearer to the geometric mean."""
    distinct = sorted(set(numbers))
    if len(distinct) < FEWEST_OF_LOG or distinct[0] <= 0 or distinct[-1] < LEAST_RATIO_OF_LOG * distinct[0]:
        return False
    middle = float(np.median(distinct))
    share = (middle - distinct[0]) / (distinct[-1] - distinct[0])
    share_of_log = math.log(middle / distinct[0]) / math.log(distinct[-1] / distinct[0])
    return abs(share_of_log - MIDDLE) < abs(share - MIDDLE)


def _log_ticks(low: float, high: float) -> list[float]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    is_short = math.log10(high / low) < 2
    step = 1 if is_short else max(math.ceil((last - first) / 5), 1)
    digits = (1, 2, 5) if is_short else (1,)
    ticks = [float(f"{digit}e{power}") for power in range(first, last + 1, step) for digit in digits]
    kept = [tick for tick in ticks if low * 0.99 <= tick <= high * 1.01]
    return kept if len(kept) > 1 else [low, high]


def _even_ticks(low: float, high: float) -> list[float]:
    raw = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(one * power for one in (1, 2, 5, 10) if raw <= one * power)
    first = math.ceil(low / step - 1e-9)
    return [float(f"{at * step:.10g}") for at in range(first, math.floor(high / step + 1e-9) + 1)]
