"""Check that a memory's configurations can be constructed, since logs may use other estimators."""

from __future__ import annotations

from collections.abc import Iterable

from foretune.base import TaskType, quoted
from foretune.learners import get_learner, known_learners
from foretune.spaces import Configuration


def why_not_constructible(configurations: Iterable[Configuration], task_type: TaskType) -> str | None:
    """Return why one of some configurations cannot be constructed, or None.

    Constructors check the names of arguments, ``fit`` their values, so one configuration of each learner and
    set of names is built.
    """
    tried = set()
    for one in configurations:
        names = (one.learner, frozenset(one.params))
        if names in tried:
            continue
        tried.add(names)
        if one.learner not in known_learners():
            return (
                f"this memory knows learner {one.learner!r}, but nothing registers how to build it "
                f"(docs/extending.md); known are {', '.join(known_learners())}"
            )
        try:
            get_learner(one.learner).build(one.params, task_type, 0)
        except TypeError as error:
            return (
                f"learner {one.learner!r} cannot be built with {quoted(sorted(one.params))} "
                f"({' '.join(str(error).split())}): name the columns of the log param_<argument of the "
                f"estimator's constructor>"
            )
        except Exception:  # noqa: BLE001, S112 (about values: an error of the trial itself)
            continue
    return None
