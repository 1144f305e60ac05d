"""Callbacks of scikit-learn, where it has them: the tasks of a search that they are told of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import sklearn

from foretune.recommendation.core import SearchError

Method = TypeVar("Method", bound=Callable[..., Any])
NEEDED = "1.9"
# Documented for estimators of others, in spite of its name
INIT_CONTEXT = "_init_callback_context"
SEARCH, TRIAL, REFIT = "search", "trial", "refit-with-best-params"


class WithoutCallbacks:
    """Stand-in for scikit-learn's support of callbacks where it has none."""

    def set_callbacks(self, *callbacks: Any) -> Any:
        """Refuse callbacks.

        Raises
        ------
        SearchError
            If any is given.
        """
        if callbacks:
            raise SearchError(
                f"callbacks need scikit-learn {NEEDED} or later, and {sklearn.__version__} is installed: "
                f"upgrade it, or leave set_callbacks out; progress_bar=True shows a bar with any version"
            )
        return self


def _unchanged(method: Method) -> Method:
    return method


def find_support(module: str = "sklearn.callback") -> tuple[type, Callable[[Method], Method]]:
    """Return scikit-learn's mixin and its decorator of ``fit``, or stand-ins where it has none."""
    try:
        found = import_module(module)
        return found.CallbackSupportMixin, found.with_callbacks
    except (ImportError, AttributeError):
        return WithoutCallbacks, _unchanged


if TYPE_CHECKING:
    CallbackSupport: TypeAlias = WithoutCallbacks
    with_callbacks = _unchanged
else:
    CallbackSupport, with_callbacks = find_support()


class SearchTasks:
    """Tasks of one search for its callbacks: the search with its trials, and the last fit.

    Parameters
    ----------
    search
        The search, whose callbacks are told.
    n_trials
        Maximum number of trials; None if only the time limits them.
    given
        ``X``, ``y`` and ``metadata`` for the hooks.
    """

    def __init__(self, search: Any, n_trials: int | None, given: dict[str, Any]) -> None:
        self._search, self._given = search, {"estimator": search, **given}
        self._root: Any = None
        self._task: Any = None
        self._last: Any = None
        self._trials: dict[str, Any] = {}
        init = getattr(search, INIT_CONTEXT, None)
        if init is not None:
            root = init(max_subtasks=1 + bool(search.refit))
            self._root = root.call_on_fit_task_begin(**self._given)
            self._task = root.subcontext(task_name=SEARCH, max_subtasks=n_trials)
            self._task.call_on_fit_task_begin(**self._given)

    def start(self, names: Sequence[str]) -> None:
        """Begin trials, given as names of their configurations."""
        if self._task is None:
            return
        for name in names:
            task = self._task.subcontext(task_name=TRIAL)
            self._trials[name] = task.call_on_fit_task_begin(**self._given)

    def end(self, name: str) -> bool:
        """End a trial, and return whether a callback wants the search to stop."""
        task = self._trials.pop(name, None)
        return task is not None and bool(task.call_on_fit_task_end(**self._given))

    def end_search(self) -> None:
        """End the search, before the last fit."""
        if self._task is not None:
            self._task.call_on_fit_task_end(**self._given)
            self._task = None

    @contextmanager
    def refit(self, estimator: Any = None) -> Iterator[None]:
        """Tell of the last fit, or another try of it; an estimator gets the callbacks that are handed on."""
        self.end_search()
        if self._root is None:
            yield
            return
        if self._last is None:
            self._last = self._root.subcontext(task_name=REFIT)
        # One without callbacks would be a warning
        is_told = hasattr(estimator, "set_callbacks")
        with self._last.propagate_callback_context(estimator) if is_told else nullcontext():
            self._last.call_on_fit_task_begin(**self._given)
            yield
        self._last.call_on_fit_task_end(**self._given)

    def finish(self) -> None:
        """End the whole fit."""
        self.end_search()
        if self._root is not None:
            self._root.call_on_fit_task_end(**self._given)
