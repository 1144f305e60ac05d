"""The command ``foretune logs``: trials of other tools, written as logs that Foretune learns from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from foretune.commands.errors import one_line_errors

if TYPE_CHECKING:
    import pandas as pd

OPTIONS = (
    click.option("--task-id", required=True, help="Name of the task that was tuned."),
    click.option("--learner", help="Name of the learner that was tuned, if the log has several."),
    click.option("--task-type", help="Type of the task, for example classification or regression."),
    click.option("--family", help="Tasks of one family never stand on both sides of a split."),
    click.option(
        "--output",
        required=True,
        type=click.Path(dir_okay=False, path_type=Path),
        help="File to write, .parquet (which keeps types) or .csv.",
    ),
    click.option("--append", is_flag=True, help="Add to the output file what it does not hold yet."),
    click.option("--overwrite", is_flag=True, help="Replace the output file."),
)


def log_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say what the trials are of and where they go."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def logs() -> None:
    """Write trials of other tools as logs that Foretune learns from.

    One file takes the trials of many tasks, one command each with --append. Then:

    kedro run --env=logs --pipelines=meta_training --params=trials_path=FILE,output_dir=FOLDER
    """


@logs.command("from-optuna")
@click.argument("storage")
@click.argument("study")
@click.option("--objective", type=int, help="Which objective is the score, from 0, if there are several.")
@log_options
def from_optuna(
    storage: str, study: str, objective: int | None, task_id: str, learner: str | None, **options: Any
) -> None:
    """Write the completed trials of an Optuna STUDY in STORAGE, for example sqlite:///optuna.db.

    The score is the study's value, with its sign changed where it was minimised: higher is better.
    """
    from foretune.logs import load_study, trials_from_study

    with one_line_errors():
        trials = trials_from_study(load_study(storage, study), task_id, learner, objective=objective)
        write_trials(trials, **options)


@logs.command("from-cv-results")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--metric", help="Which scorer is the score, if there are several.")
@log_options
def from_cv_results(
    file: Path, metric: str | None, task_id: str, learner: str | None, **options: Any
) -> None:
    """Write the cv_results_ of a scikit-learn search from FILE (.csv, .parquet or .json).

    Make the file by pandas.DataFrame(search.cv_results_).to_csv(FILE). Of a halving search only the trials
    with the most resources are written.
    """
    from foretune.logs import read_cv_results, trials_from_cv_results

    with one_line_errors():
        trials = trials_from_cv_results(read_cv_results(file), task_id, learner, metric=metric)
        write_trials(trials, **options)


def write_trials(
    trials: pd.DataFrame, output: Path, *, append: bool, overwrite: bool, **labels: str | None
) -> None:
    """Write trials to a file, which must be new unless it is to be added to or replaced.

    Parameters
    ----------
    trials
        A log.
    output
        The file, ``.parquet`` or ``.csv``.
    append, overwrite
        What to do with a file that is there.
    labels
        Values of further columns, the same in every row; None leaves a column out.

    Raises
    ------
    ValueError
        If the file is there and is to be neither, or its name ends otherwise.
    """
    from foretune.logs import combine_logs, read_log
    from foretune.tables import write_table

    if append and overwrite:
        raise ValueError("--append and --overwrite exclude each other: give one of them")
    if output.exists() and not (append or overwrite):
        raise ValueError(f"{output} is there already: --append adds to it, --overwrite replaces it")
    trials = trials.assign(**{name: value for name, value in labels.items() if value is not None})
    known = [read_log(output)] if append and output.exists() else []
    log = combine_logs([*known, trials]).drop_duplicates()
    write_table(log, output)
    n_new = len(log) - sum(map(len, known))
    total = f", which has {len(log):,} now" if known else ""
    click.echo(f"wrote {n_new:,} trials of {trials['task_id'].iloc[0]} to {output}{total}")
