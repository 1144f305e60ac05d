"""Search spaces as text: ``int(2,10)``, ``float(0.01,0.3,log)``, ``choice(a,b,c)`` and ``bool``."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from foretune.base import UserError, close_matches, shortened
from foretune.recommendation.search_cv import (
    Branch,
    DistributionError,
    OwnSpace,
    SearchedParameter,
    of_choices,
    of_floats,
    of_integers,
    read_branch,
)

Number = TypeVar("Number", int, float)

EXAMPLES = "int(2,10), float(0.01,0.3,log), choice(a,b,c) or bool"
KINDS = ("int", "float", "choice", "bool")
CALL = re.compile(r"\s*(\w+)\s*(?:\((.*)\))?\s*", re.DOTALL)
QUOTES = "'\""
WORDS = {"true": True, "false": False, "null": None, "none": None}
LOG, STEP = "log", "step"
# Values of a range with steps
MOST_STEPS = 10_000


class SpaceError(UserError, ValueError):
    """A search space cannot be read; the message names the parameter and what it can be."""


def read_space(given: Any, argument: str = "space") -> OwnSpace:
    """Read a search space.

    Parameters
    ----------
    given
        By the name of the parameter a text such as ``int(2,10)``, or one of the other forms of
        ``param_distributions`` of :class:`foretune.MetaSearchCV`.
    argument
        Name of the argument, for messages.

    Raises
    ------
    SpaceError
        If it is empty, or a parameter cannot be read.
    """
    if type(given).__module__.split(".")[0] != "ConfigSpace":
        if not isinstance(given, Mapping):
            kind = f"a dictionary of parameters, such as {{'max_depth': '{EXAMPLES[:9]}'}}"
            raise SpaceError(f"{argument} = {shortened(repr(given))} must be {kind}")
        given = {
            str(name): read_space_text(one, f"{argument}[{name!r}]") if isinstance(one, str) else one
            for name, one in given.items()
        }
    try:
        branch: Branch = read_branch(given, argument)
    except DistributionError as error:
        raise SpaceError(f"{error}, or a text such as {EXAMPLES}") from None
    if not branch.parameters:
        raise SpaceError(f"{argument} is empty: name a parameter and its range, such as {EXAMPLES}")
    return OwnSpace((branch,))


def read_space_text(text: str, name: str) -> SearchedParameter:
    """Read the range of a parameter.

    Parameters
    ----------
    text
        ``int(low, high)`` and ``float(low, high)``, both with ``log`` and ``step=``; ``choice(a, b, c)``,
        with quotation marks around texts with commas; ``bool``.
    name
        How messages name the parameter.

    Raises
    ------
    SpaceError
        If it is none of these.
    """
    match = CALL.fullmatch(text)
    kind = match[1].lower() if match else ""
    if match is None or kind not in KINDS:
        hint = close_matches(kind, KINDS) if kind else ""
        raise SpaceError(f"{name} = {shortened(text)!r} must be {EXAMPLES}{hint}")
    items = _split(match[2] or "")
    try:
        if kind == "bool":
            _need(not items, "it takes no values")
            return of_choices([False, True])
        _need(bool(items), "it has no values")
        if kind == "choice":
            return of_choices([_value(item) for item in items])
        return _of_integers(items) if kind == "int" else _of_floats(items)
    except ValueError as error:
        raise SpaceError(f"{name} = {shortened(text)!r}: {error}; write {EXAMPLES}") from None


def _need(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise ValueError(otherwise)


def _split(text: str) -> list[str]:
    """Split at commas outside of quotation marks."""
    items, quote = [""], ""
    for character in text if text.strip() else ():
        if character == "," and not quote:
            items.append("")
            continue
        if quote:
            quote = "" if character == quote else quote
        elif character in QUOTES and not items[-1].strip():
            quote = character
        items[-1] += character
    return [item.strip() for item in items] if text.strip() else []


def _value(item: str) -> Any:
    """Return the value that a text stands for: a number, a truth value, nothing, or itself."""
    _need(item != "", "a value is missing")
    if item[0] in QUOTES:
        _need(len(item) > 1 and item[-1] == item[0], f"a quotation mark is missing after {item}")
        return item[1:-1]
    for kind in (int, float):
        try:
            number = kind(item)
        except ValueError:
            continue
        if math.isfinite(number):
            return number
    return WORDS.get(item.lower(), item)


def _bounds(items: Sequence[str], kind: type[Number]) -> tuple[Number, Number, bool, Number | None]:
    """Return both ends, whether the scale is logarithmic, and the step."""
    ends = [_number(item, kind) for item in items[:2]]
    _need(len(ends) == 2, "it needs a lower and an upper end")
    log, step = False, None
    for option in items[2:]:
        key, _, value = (part.strip() for part in option.partition("="))
        if option.strip().lower() == LOG:
            log = True
        elif key == STEP and value:
            step = _number(value, kind)
        else:
            raise ValueError(f"{option!r} is neither log nor step=")
    low, high = ends
    _need(low <= high, f"its lower end {low} is above {high}")
    _need(step is None or 0 < step <= max(high - low, step), "its step must be above 0")
    _need(step is None or not log, "a step has no logarithm: give one of them")
    _need(not log or low > 0, "the logarithm needs a lower end above 0")
    return low, high, log, step


def _number(text: str, kind: type[Number]) -> Number:
    try:
        number = kind(text)
    except ValueError:
        raise ValueError(f"{text!r} is no {'whole ' if kind is int else ''}number") from None
    _need(math.isfinite(number), f"{text!r} is not finite")
    return number


def _of_integers(items: Sequence[str]) -> SearchedParameter:
    low, high, log, step = _bounds(items, int)
    return of_integers(low, high, step or 1, log=log)


def _of_floats(items: Sequence[str]) -> SearchedParameter:
    low, high, log, step = _bounds(items, float)
    if step is None:
        return of_floats(low, high, log=log)
    n = math.floor((high - low) / step + 1e-9) + 1
    _need(n <= MOST_STEPS, f"it has {n} steps, {MOST_STEPS:,} at most")
    return of_choices([float(f"{low + at * step:.12g}") for at in range(n)])
