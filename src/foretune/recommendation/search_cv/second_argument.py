"""The second argument of a search: a number of trials, or the space of RandomizedSearchCV."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec

P = ParamSpec("P")
SPACE = "param_distributions"


def is_space(given: Any) -> bool:
    """Whether an argument is a dictionary of parameters, or a list of such."""
    if isinstance(given, list | tuple):
        return bool(given) and all(isinstance(one, Mapping) for one in given)
    return isinstance(given, Mapping)


def takes_space_second(init: Callable[P, None]) -> Callable[P, None]:
    """Let a constructor take ``param_distributions`` as its second positional argument, too.

    As in ``RandomizedSearchCV(estimator, param_distributions)``; all that follows is given by name.
    """

    @wraps(init)
    def construct(*args: P.args, **kwargs: P.kwargs) -> None:
        search, *given = args
        if len(given) < 2 or not is_space(given[1]):
            init(*args, **kwargs)
            return
        if SPACE in kwargs or len(given) > 2:
            what = f"{SPACE} twice" if SPACE in kwargs else "more than two arguments without their names"
            raise TypeError(f"{type(search).__name__} was given {what}")
        init(search, given[0], **{SPACE: given[1], **kwargs})  # type: ignore[arg-type]

    return construct
