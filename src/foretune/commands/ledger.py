"""The command ``foretune ledger``: look into the ledger, take trials out and bring others in."""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from foretune.ledger import DEFAULT_URL, LedgerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.table import Table

    from foretune.ledger import Ledger, Summary

STATUSES = ("ok", "failed", "timeout", "crashed")

url_option = click.option(
    "--url",
    default=DEFAULT_URL,
    envvar="FORETUNE_LEDGER_URL",
    show_default=True,
    show_envvar=True,
    help="Where the ledger is: sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE.",
)
task_option = click.option("--task-id", required=True, help="Name of the task that was tuned.")
learner_option = click.option("--learner", required=True, help="Name of the learner that was tuned.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def ledger() -> None:
    """Look into the ledger of all trials, take trials out and bring others in.

    The ledger holds every trial ever evaluated; a run evaluates only what it does not know yet.
    """


@ledger.command()
@url_option
def show(url: str) -> None:
    """Count what is in the ledger, by learner and by task."""
    from rich.console import Console

    with opened(url, read_only=True) as book:
        groups, imported, place = book.summary(), book.imported_trials(), book.place
    console = Console()
    n_trials, seconds = sum(group.n_trials for group in groups), sum(group.seconds for group in groups)
    console.print(f"{place}: {n_trials:,} trials, {seconds:,.0f} s spent", highlight=False, soft_wrap=True)
    if groups:
        console.print(f"last: {max(group.last_at for group in groups)}", highlight=False)
        console.print(_count_by("learner", groups, lambda group: group.learner))
        console.print(_count_by("task", groups, lambda group: group.task_id))
        console.print(_count_by("engine", groups, lambda group: str(group.engine_version)))
    if imported:
        sources = ", ".join(sorted({trial.source for trial in imported}))
        console.print(f"{len(imported):,} imported trials from {sources}", highlight=False, soft_wrap=True)


@ledger.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--imported", is_flag=True, help="The imported trials (with a score) instead of our own.")
@url_option
def export(file: Path, imported: bool, url: str) -> None:
    """Write the trials to FILE, a table in .parquet or .csv.

    One row per trial: task_id, learner, config_id, strategy, status, error, fit_seconds, the mean of each
    metric (metric_...), each metric of each fold (fold_0_...), and the hyperparameters (params as JSON,
    param_... as columns, empty where inactive).
    """
    from foretune.ledger import tabulate_imported, tabulate_trials, write_table

    with opened(url, read_only=True) as book:
        table = tabulate_imported(book.imported_trials()) if imported else tabulate_trials(book.rows())
        write_table(table, file)
    click.echo(f"wrote {len(table):,} trials to {file}")


@ledger.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@url_option
def backup(file: Path, url: str) -> None:
    """Write an exact copy of all trials to FILE (.parquet), small enough to share.

    With 'foretune ledger restore' another machine goes on where this one stopped.
    """
    from foretune.ledger import write_copy

    with opened(url, read_only=True) as book:
        n_trials = write_copy(book, file)
    click.echo(f"wrote {n_trials:,} trials to {file}")


@ledger.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@url_option
def restore(file: Path, url: str) -> None:
    """Add the trials of a backup FILE that the ledger does not have yet."""
    from foretune.ledger import read_copy

    with opened(url) as book:
        n_trials, place = read_copy(book, file), book.place
    click.echo(f"added {n_trials:,} trials to {place}")


@ledger.command("import-optuna")
@click.argument("storage_url")
@click.option("--study", required=True, help="Name of the study.")
@task_option
@learner_option
@click.option("--objective", type=int, help="Which objective is the score, from 0, if there are several.")
@url_option
def import_optuna(
    storage_url: str, study: str, task_id: str, learner: str, objective: int | None, url: str
) -> None:
    """Import the completed trials of an Optuna study in STORAGE_URL, for example sqlite:///optuna.db.

    The score is the study's value, with its sign changed where it was minimised. Importing the same study
    again replaces its trials. They are kept apart from our own: get them by 'export --imported'.
    """
    from foretune.logs import load_study, trials_from_study

    with one_line_errors():
        trials = trials_from_study(load_study(storage_url, study), task_id, learner, objective=objective)
    with opened(url) as book:
        click.echo(f"imported {book.record_imported(trials):,} configurations into {book.place}")


@ledger.command("import-cv-results")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@task_option
@learner_option
@click.option("--metric", help="Which scorer is the score, if there are several.")
@url_option
def import_cv_results(file: Path, task_id: str, learner: str, metric: str | None, url: str) -> None:
    """Import the cv_results_ of a scikit-learn search from FILE (.csv, .parquet or .json).

    Write the file by pandas.DataFrame(search.cv_results_).to_csv(FILE). Importing a file again replaces its
    trials. They are kept apart from our own: get them by 'export --imported'.
    """
    from foretune.logs import read_cv_results, trials_from_cv_results

    with one_line_errors():
        trials = trials_from_cv_results(
            read_cv_results(file), task_id, learner, metric=metric, source=f"cv_results:{file.name}"
        )
    with opened(url) as book:
        click.echo(f"imported {book.record_imported(trials):,} configurations into {book.place}")


@contextmanager
def opened(url: str, *, read_only: bool = False) -> Iterator[Ledger]:
    """Open a ledger; its errors end the command in one line."""
    from foretune.ledger import Ledger

    with one_line_errors(), Ledger.open(url, read_only=read_only) as book:
        yield book


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn the errors that a user can mend into a line without a traceback."""
    try:
        yield
    except (LedgerError, ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error


def _count_by(title: str, groups: Sequence[Summary], name_of: Callable[[Summary], str]) -> Table:
    from rich.table import Table

    counts: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    seconds: defaultdict[str, float] = defaultdict(float)
    for group in groups:
        counts[name_of(group)][group.status] += group.n_trials
        seconds[name_of(group)] += group.seconds
    table = Table(title, *STATUSES, "seconds")
    for column in table.columns[1:]:
        column.justify = "right"
    for name in sorted(counts):
        table.add_row(name, *(f"{counts[name][status]:,}" for status in STATUSES), f"{seconds[name]:,.1f}")
    return table
