"""Progress of long computations: a bar on a terminal, occasional lines in the log."""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    OnProgress = Callable[[str, int, int], None]

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_LINES = 15.0
SHORTEST_TIME = 1e-3
# The number of items may change by this share within one phase
SAME_PHASE = 0.1


@contextmanager
def show_progress(stage: str) -> Iterator[OnProgress]:
    """Show the progress of a stage.

    Yields a function of a label, the items done and their total number. On a terminal and in a notebook it
    updates a bar with label, done/total, rate and time left. A line every 15 seconds goes to the log, and to
    the screen too elsewhere.

    Parameters
    ----------
    stage
        Name of the stage, shown before the bar.
    """
    import rich

    # The console of the log lines, so that they appear above the bar and not in it
    console = rich.get_console()
    if not (console.is_terminal or console.is_jupyter):
        yield _log_lines(stage, logging.INFO)
        return
    write_line = _log_lines(stage, logging.DEBUG)
    with _terminal_bar(stage, console) as move_bar:

        def on_progress(label: str, done: int, total: int) -> None:
            move_bar(label, done, total)
            write_line(label, done, total)

        yield on_progress


@contextmanager
def _terminal_bar(stage: str, console: Console) -> Iterator[OnProgress]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[label]}"),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        pace = _Pace()
        task = bar.add_task(stage, total=None, label="", rate="")

        def move_bar(label: str, done: int, total: int) -> None:
            rate = f"{pace.measure(done, total):.3g}/s"
            bar.update(task, completed=done, total=total, label=label, rate=rate)

        yield move_bar


def _log_lines(stage: str, level: int) -> OnProgress:
    start = last_line = time.monotonic()
    pace = _Pace()

    def write_line(label: str, done: int, total: int) -> None:
        nonlocal last_line
        now = time.monotonic()
        rate = pace.measure(done, total)
        if done < total and now - last_line < SECONDS_BETWEEN_LINES:
            return
        last_line = now
        left = (total - done) / rate if done else float("nan")
        text = "%s: %d/%d done (%s), %.3g a second, %.0f s so far, %.0f s left"
        logger.log(level, text, stage, done, total, label, rate, now - start, left)

    return write_line


class _Pace:
    """Items per second of each phase of a stage; phases may follow each other or alternate."""

    def __init__(self) -> None:
        self._last_call = time.monotonic()
        self._last = (0, 0)
        # Seconds and items done of each phase, by its number of items
        self._phases: dict[int, tuple[float, int]] = {}

    def measure(self, done: int, total: int) -> float:
        """Return the rate of the phase with ``total`` items."""
        now = time.monotonic()
        last_done, last_total = self._last
        seconds, phase_done = self._phases.get(total, (0.0, 0))
        if done >= last_done and abs(total - last_total) <= SAME_PHASE * total:
            # The number of items is an estimate, and may have changed
            seconds = self._phases.get(last_total, (0.0, 0))[0]
        elif done < phase_done:
            seconds = 0.0
        seconds += now - self._last_call
        self._phases[total] = (seconds, done)
        self._last, self._last_call = (done, total), now
        return done / max(seconds, SHORTEST_TIME)
