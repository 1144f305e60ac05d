"""The command ``foretune ledger``: count, export, back up, restore and remove the trials of a ledger."""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from foretune.commands.errors import one_line_errors
from foretune.ledger import DEFAULT_URL, STATUSES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.table import Table

    from foretune.ledger import Ledger, Summary

url_option = click.option(
    "--url",
    default=DEFAULT_URL,
    envvar="FORETUNE_LEDGER_URL",
    show_default=True,
    show_envvar=True,
    help="Where the ledger is: sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def ledger() -> None:
    """Count, export, back up, restore and remove the trials of the ledger.

    The ledger holds every trial ever evaluated; a run evaluates only what it does not know yet.
    """


@ledger.command()
@url_option
def show(url: str) -> None:
    """Count what is in the ledger, by learner and by task."""
    from rich.console import Console

    with opened(url, read_only=True) as book:
        groups, place = book.summary(), book.place
    console = Console()
    n_trials, seconds = sum(group.n_trials for group in groups), sum(group.seconds for group in groups)
    # Names may hold brackets, which rich would take for styles
    console.print(
        f"{place}: {n_trials:,} trials, {seconds:,.0f} s spent", highlight=False, markup=False, soft_wrap=True
    )
    if groups:
        console.print(f"last: {max(group.last_at for group in groups)}", highlight=False, markup=False)
        console.print(_count_by("learner", groups, lambda group: group.learner))
        console.print(_count_by("task", groups, lambda group: group.task_id))
        console.print(_count_by("engine", groups, lambda group: group.engine_version))


@ledger.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@url_option
def export(file: Path, url: str) -> None:
    """Write the trials to FILE, a table in .parquet or .csv.

    One row per trial: task_id, learner, config_id, strategy, status, error, fit_seconds, the mean of each
    metric (metric_...), each metric of each fold (fold_0_...), and the hyperparameters (params as JSON,
    param_... as columns, empty where inactive).
    """
    from foretune.ledger import tabulate_trials
    from foretune.tables import write_table

    with opened(url, read_only=True) as book:
        table = tabulate_trials(book.rows())
        write_table(table, file)
    click.echo(f"wrote {len(table):,} trials to {file}")


@ledger.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--beside",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="An earlier backup, whose trials are left out; may be repeated.",
)
@url_option
def backup(file: Path, beside: tuple[Path, ...], url: str) -> None:
    """Write an exact copy of all trials to FILE (.parquet), small enough to share.

    With 'foretune ledger restore' another machine goes on where this one stopped. A ledger that grows can be
    backed up in parts: --beside leaves out what earlier ones have.
    """
    from foretune.ledger import write_backup

    with opened(url, read_only=True) as book:
        n_trials = write_backup(book, file, beside)
    click.echo(f"wrote {n_trials:,} trials to {file}")


@ledger.command()
@click.argument(
    "files", type=click.Path(exists=True, dir_okay=False, path_type=Path), nargs=-1, required=True
)
@url_option
def restore(files: tuple[Path, ...], url: str) -> None:
    """Add the trials of one or several backups FILES that the ledger does not have yet."""
    from foretune.ledger import restore_backup

    with opened(url) as book:
        n_trials, place = sum(restore_backup(book, file) for file in files), book.place
    click.echo(f"added {n_trials:,} trials to {place}")


@ledger.command()
@click.option("--key", help="Key of a trial, or its beginning.")
@click.option("--task", "task_id", help="Name of a task.")
@click.option("--learner", help="Name of a learner.")
@click.option(
    "--strategy", help="Who proposed the trials, such as sobol, or recommended where a table was tried."
)
@click.option("--status", type=click.Choice(STATUSES), help="How the trials ended.")
@click.option("--damaged", is_flag=True, help="All rows that are no trials, whatever is wrong with them.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@url_option
def remove(url: str, *, damaged: bool, yes: bool, **wanted: str | None) -> None:
    """Remove the trials that fit all given options, for good.

    The next run evaluates what it needs of them again. Make a backup first.
    """
    given = {name: value for name, value in wanted.items() if value is not None}
    if not given and not damaged:
        raise click.UsageError(
            "say which trials: --key, --task, --learner, --strategy, --status, or --damaged"
        )
    if given and damaged:
        raise click.UsageError("--damaged takes no other option that chooses trials")
    with opened(url) as book:
        n_trials, place = book.count_damaged() if damaged else book.count(**given), book.place
        if n_trials and (yes or click.confirm(f"remove {n_trials:,} trials from {place}?", abort=True)):
            n_trials = book.remove_damaged() if damaged else book.remove(**given)
    click.echo(f"removed {n_trials:,} trials from {place}")


@contextmanager
def opened(url: str, *, read_only: bool = False) -> Iterator[Ledger]:
    """Open a ledger; an error ends the command with one line."""
    from foretune.ledger import Ledger

    with one_line_errors(), Ledger.open(url, read_only=read_only) as book:
        yield book


def _count_by(title: str, groups: Sequence[Summary], name_of: Callable[[Summary], str]) -> Table:
    from rich.table import Table
    from rich.text import Text

    counts: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    seconds: defaultdict[str, float] = defaultdict(float)
    for group in groups:
        counts[name_of(group)][group.status] += group.n_trials
        seconds[name_of(group)] += group.seconds
    # A damaged status has a column, too: the numbers of a line make up its trials
    statuses = [*STATUSES, *sorted({group.status for group in groups} - set(STATUSES))]
    table = Table(title)
    for name in [*statuses, "seconds"]:
        table.add_column(Text(name), justify="right")
    for name in sorted(counts):
        table.add_row(
            Text(name), *(f"{counts[name][status]:,}" for status in statuses), f"{seconds[name]:,.1f}"
        )
    return table
