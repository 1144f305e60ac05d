"""The command ``foretune learn``: a memory from studies, runs and results of other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from foretune.commands.errors import one_line_errors
from foretune.commands.memory import examples, out_option, workers_option


@click.command(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples(
        "foretune learn team.db search.sqlite mlruns/ results.csv -o memory/",
        "foretune learn sqlite:///team.db --study-pattern 'churn*' --learner xgboost -o memory/",
        "foretune learn http://localhost:5000 --score val_loss --name lr=learning_rate -o memory/",
        "foretune suggest table.csv --target y --memory memory/",
        "foretune memory merge reference memory/ -o merged/",
    ),
)
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@out_option
@click.option(
    "--study-pattern", default="*", help="Only studies, experiments and tasks of such names, as 'churn*'."
)
@click.option(
    "--name",
    "names",
    multiple=True,
    metavar="OWN=MEANT",
    help="Hyperparameter that a parameter stands for, as lr=learning_rate; may be repeated.",
)
@click.option("--learner", help="Name of the learner; by default told from each source.")
@click.option("--score", help="Which of several metrics is the score.")
@click.option(
    "--minimize/--maximize",
    default=None,
    help="Which scores are better, if neither a study nor the name of the metric says it.",
)
@click.option(
    "--task-type",
    type=click.Choice(["classification", "regression"]),
    help="Of all tasks; by default the memory serves both.",
)
@click.option("--seed", default=0, show_default=True, help="Seed of the training.")
@workers_option
def learn(sources: tuple[str, ...], out: Path, names: tuple[str, ...], workers: int, **asked: Any) -> None:
    """Learn a memory from SOURCES, and write it to a folder.

    A SOURCE is a database (a file of SQLite, or a URL) with studies of Optuna, runs of MLflow or the ledger
    of MetaSearchCV, kedro tune or the pipelines; a folder or server of MLflow (needs the extra mlflow); or a
    CSV, Parquet or JSON file: the cv_results_ of scikit-learn, results of Ray Tune, runs exported by Weights
    & Biases, or a log. Each study, experiment and file is a task, and each table of a ledger.
    """
    from foretune.base import show_progress
    from foretune.meta_model import save_memory
    from foretune.recommendation.core import check_destination
    from foretune.recommendation.learning import learn as learn_memory

    meant = _pairs(names)
    with one_line_errors(), show_progress("learn") as on_progress:
        check_destination(out)
        memory = learn_memory(list(sources), names=meant, n_workers=workers, on_progress=on_progress, **asked)
        save_memory(memory, out / memory.task_type)
    click.echo(memory)
    click.echo(f"wrote {out}")


def _pairs(names: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for pair in names:
        own, sign, meant = pair.partition("=")
        if not (own.strip() and sign and meant.strip()):
            raise click.BadParameter(
                f"{pair!r} must be OWN=MEANT, as in lr=learning_rate", param_hint="--name"
            )
        pairs[own.strip()] = meant.strip()
    return pairs
