"""Progress of long work: a bar with the time left on a terminal, quiet lines in the log."""

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


@contextmanager
def show_progress(stage: str) -> Iterator[OnProgress]:
    """Show the progress of a stage.

    Yields a function to call with a label, the items done and their number. On a terminal it moves a bar that
    shows the label, done/total, the rate and the time left; a line now and then goes to the log, and where
    there is no terminal to the screen as well.

    Parameters
    ----------
    stage
        Name of the work, shown before the bar.
    """
    import rich

    # The console that log lines are printed on, so that they appear above the bar and not in it
    console = rich.get_console()
    if not console.is_terminal:
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
        start = time.monotonic()
        task = bar.add_task(stage, total=None, label="", rate="")

        def move_bar(label: str, done: int, total: int) -> None:
            rate = f"{done / max(time.monotonic() - start, SHORTEST_TIME):.3g}/s"
            bar.update(task, completed=done, total=total, label=label, rate=rate)

        yield move_bar


def _log_lines(stage: str, level: int) -> OnProgress:
    start = last_line = time.monotonic()

    def write_line(label: str, done: int, total: int) -> None:
        nonlocal last_line
        now = time.monotonic()
        if done < total and now - last_line < SECONDS_BETWEEN_LINES:
            return
        last_line = now
        rate = done / max(now - start, SHORTEST_TIME)
        left = (total - done) / rate if done else float("nan")
        text = "%s: %d/%d done (%s), %.3g a second, %.0f s so far, %.0f s left"
        logger.log(level, text, stage, done, total, label, rate, now - start, left)

    return write_line
