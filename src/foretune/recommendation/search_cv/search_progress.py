"""What a search prints while it runs: lines of trials, and a bar."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from foretune.base import show_progress, without_middle
from foretune.recommendation.search_cv.callback_support import SearchTasks
from foretune.recommendation.search_cv.trial_evaluator import ScoredTrial
from foretune.spaces import Configuration

# From these values of `verbose` on a line has more
FOLDS, BEST = 2, 3
# Takes the number of trials so far and the best score
MovesBar = Callable[[int, float], None]


def describe_trial(
    n_done: int,
    n_trials: int | None,
    configuration: Configuration,
    trial: ScoredTrial,
    verbose: int,
    best: float = np.nan,
) -> str:
    """Return the line of a trial.

    Parameters
    ----------
    n_done, n_trials
        Number of the trial, and the maximum; None if only the time limits it.
    configuration, trial
        What was evaluated, and its outcome.
    verbose
        1 for the score; 2 for those of the folds and further scores, too; 3 for the best score so far.
    best
        The best score so far.
    """
    found = f"{trial.score:.6g}" if trial.is_ok else f"{trial.status} ({trial.error})"
    seconds = (trial.fit_seconds + trial.score_seconds).sum()
    # The text of an estimator has several lines
    params = " ".join(str(configuration.params).split())
    most = "" if n_trials is None else f"/{n_trials}"
    lines = [without_middle(f"[{n_done}{most}] {configuration.learner} {params}: {found} in {seconds:.1f} s")]
    if verbose >= FOLDS:
        named = {"folds": trial.fold_scores, **trial.further}
        lines += [
            f"    {name}: {_listed(scores)}" for name, scores in named.items() if np.isfinite(scores).any()
        ]
    if verbose >= BEST and np.isfinite(best):
        lines.append(f"    best so far: {best:.6g}")
    return "\n".join(lines)


def _listed(scores: Sequence[float] | np.ndarray) -> str:
    return " ".join(f"{score:.6g}" for score in scores if np.isfinite(score))


@dataclass
class SearchWatch:
    """Who is told of a search while it runs.

    Attributes
    ----------
    tasks
        For callbacks.
    move_bar
        For the bar.
    best
        The best score so far; NaN before the first.
    """

    tasks: SearchTasks = field(default_factory=lambda: SearchTasks(None, None, {}))
    move_bar: MovesBar = lambda n_done, best: None
    best: float = np.nan

    def start(self, configurations: Sequence[Configuration]) -> None:
        """Tell that configurations are evaluated now."""
        self.tasks.start([one.config_id for one in configurations])

    def end(self, n_done: int, configuration: Configuration, trial: ScoredTrial) -> bool:
        """Tell the outcome of a trial, and return whether a callback wants the search to stop."""
        self.best = float(np.fmax(self.best, trial.score))
        self.move_bar(n_done, self.best)
        return self.tasks.end(configuration.config_id)


@contextmanager
def watch_search(search: Any, X: Any, y: Any, sample_weight: Any) -> Iterator[SearchWatch]:
    """Begin to tell of a search, and end it.

    Parameters
    ----------
    search
        The search, with its arguments.
    X, y, sample_weight
        Arguments of its ``fit``.
    """
    metadata = None if sample_weight is None else {"sample_weight": sample_weight}
    tasks = SearchTasks(search, search.n_trials, {"X": X, "y": y, "metadata": metadata})
    with search_bar(search.n_trials, search.max_time, is_shown=bool(search.progress_bar)) as move_bar:
        yield SearchWatch(tasks, move_bar)
        tasks.finish()


@contextmanager
def search_bar(n_trials: int | None, max_time: float | None, *, is_shown: bool) -> Iterator[MovesBar]:
    """Show a bar of trials, or of seconds if only the time limits them.

    On a terminal and in a notebook; elsewhere a line every 15 seconds.

    Parameters
    ----------
    n_trials, max_time
        Limits of the search.
    is_shown
        Whether to show anything.
    """
    if not is_shown or (n_trials is None and max_time is None):
        yield lambda n_done, best: None
        return
    start = time.monotonic()
    with show_progress("search") as show:

        def move(n_done: int, best: float) -> None:
            label = f"best {best:.6g}" if np.isfinite(best) else ""
            if n_trials is not None:
                show(label, n_done, n_trials)
            elif max_time is not None:
                seconds = min(time.monotonic() - start, max_time)
                show(
                    f"{n_done} trials, {label}" if label else f"{n_done} trials",
                    round(seconds),
                    round(max_time),
                )

        move(0, np.nan)
        yield move
