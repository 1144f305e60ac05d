"""Logs as they are found in other tools: with the names of their parameters, and what is known of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

import pandas as pd

from foretune.base import close_matches, quoted
from foretune.logs.errors import LogError
from foretune.logs.score_slips import lower_is_better

# Seconds are no score unless they are asked for
TIME = re.compile(r"(.*[_/. ])?(seconds|time|duration|runtime)(_s)?")
# What MetaSearchCV calls its score, whatever it is
SCORE = "score"


@dataclass(frozen=True)
class FoundLog:
    """A log of another tool, whose ``param_*`` columns have the names of that tool.

    Attributes
    ----------
    log
        ``task_id``, ``score`` (higher is better), ``param_*`` columns, and more as for
        :func:`foretune.import_logs`.
    source
        Where it comes from, for messages.
    learner
        Name or class of the learner, if the tool says it.
    prefix
        Of the parameters that are the learner's, such as ``clf__``; empty if the tool does not say it.
    ranges
        Range of each parameter by its name in the tool, if it says it: ``low``, ``high`` and ``log``.
    parameters_are_sure
        Whether the tool tells parameters from results.
    n_left_out
        Number of trials without a score to compare: failed, still running, or pruned without an estimate.
    """

    log: pd.DataFrame
    source: str
    learner: str | None = None
    prefix: str = ""
    ranges: Mapping[str, tuple[float, float, bool]] = field(default_factory=dict)
    parameters_are_sure: bool = True
    n_left_out: int = 0


@dataclass(frozen=True)
class ScoreChoice:
    """Which of several metrics counts as the score, and whether lower is better.

    Attributes
    ----------
    score
        Name of the metric, by patterns of tasks (``{"churn*": "auc"}``) where they differ; None for the only
        one that there is.
    minimize
        Whether lower is better; None if the name of the metric says it, such as ``rmse`` and ``accuracy``.
    """

    score: str | Mapping[str, str] | None = None
    minimize: bool | None = None

    def name_of(self, task_id: str) -> str | None:
        """Return the name of the score of a task, None if none is given."""
        return value_for(self.score, task_id)

    def choose(self, task_id: str, metrics: Iterable[str], source: str) -> tuple[str, float]:
        """Return the metric of a task that counts, and its sign: -1 where lower is better.

        Raises
        ------
        LogError
            If there is none of the name that is given, there are several, or the direction is unknown.
        """
        found = sorted(set(metrics))
        name = self.name_of(task_id)
        if name is None:
            found = [one for one in found if not TIME.fullmatch(one.lower())]
            found = [SCORE] if SCORE in found else found
            if len(found) != 1:
                raise LogError(
                    f"{source}: '{task_id}' has {'no metric' if not found else f'{len(found)} metrics'}"
                    + (f": say which is the score (score=, --score): {quoted(found, 12)}" if found else "")
                )
            name = found[0]
        elif name not in found:
            raise LogError(
                f"{source}: '{task_id}' has no score '{name}'{close_matches(name, found)}: it has "
                f"{quoted(found, 12)}"
            )
        is_minimised = lower_is_better(name) if self.minimize is None else self.minimize
        if is_minimised is None:
            raise LogError(
                f"{source}: is a lower '{name}' better, or a higher one? Say minimize=True or False "
                "(--minimize, --maximize)"
            )
        return name, -1.0 if is_minimised else 1.0


def value_for(given: str | Mapping[str, str] | None, task_id: str) -> str | None:
    """Return what is given for a task: one value for all, or that of the first pattern that fits its name."""
    if given is None or isinstance(given, str):
        return given
    return next((value for pattern, value in given.items() if fnmatchcase(task_id, pattern)), None)
