"""Pipelines by name, where a wrong name is an error of one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

from click import UsageError
from kedro.pipeline import Pipeline

from foretune.base import close_matches, quoted

DEFAULT = "__default__"


class RegisteredPipelines(dict[str, Pipeline]):
    """Pipelines by name; an unknown one ends the command with the names that there are.

    Parameters
    ----------
    pipelines
        The pipelines by name, with ``__default__``.
    elsewhere
        What to do for a pipeline of another environment, by its name.
    """

    def __init__(self, pipelines: Mapping[str, Pipeline], elsewhere: Mapping[str, str]) -> None:
        super().__init__(pipelines)
        self._elsewhere = dict(elsewhere)

    def __missing__(self, name: str) -> NoReturn:
        names = sorted(set(self) - {DEFAULT})
        hint = close_matches(name, [*names, *self._elsewhere])
        if name in self._elsewhere:
            hint = f" here: {self._elsewhere[name]}"
        raise UsageError(f"there is no pipeline {quoted([name])}{hint}; there are {', '.join(names)}")
