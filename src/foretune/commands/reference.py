"""The command ``foretune reference``: show and make the shipped memory, add costs, compare memories."""

from __future__ import annotations

from pathlib import Path

import click

from foretune.base import require_package
from foretune.commands.errors import one_line_errors

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def reference() -> None:
    """Show and make the memory that ships with the package, and compare memories."""


@reference.command()
@click.option("--surrogates", default="data/06_models/surrogates", type=FOLDER, show_default=True)
@click.option(
    "--meta-dataset",
    default="data/05_model_input/meta_dataset.parquet",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    show_default=True,
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Absent, empty or with an earlier memory, which is replaced. Default: the package.",
)
@click.option("--allow-incomplete", is_flag=True, help="Accept fewer tasks or configurations.")
def export(surrogates: Path, meta_dataset: Path, folder: Path | None, allow_incomplete: bool) -> None:
    """Write what the last run learnt into the package, at most 25 MB."""
    import pandas as pd

    from foretune.recommendation.reference import export_reference

    with one_line_errors():
        require_package("a Parquet file", "pyarrow")
        summary = export_reference(
            surrogates, pd.read_parquet(meta_dataset), folder, allow_incomplete=allow_incomplete
        )
    for task_type, counts in summary["tasks"].items():
        click.echo(f"{task_type}: " + ", ".join(f"{count:,} {name}" for name, count in counts.items()))
    click.echo(f"{summary['bytes'] / 1e6:.1f} MB")


@reference.command()
@click.option("--surrogates", default="data/06_models/surrogates", type=FOLDER, show_default=True)
@click.option("--folder", type=FOLDER, help="Memory to add to; default: the package's.")
def add(surrogates: Path, folder: Path | None) -> None:
    """Add what another run learnt, as the memory of the metric that was its score.

    A search for that metric then starts from it, and one for a learner that only it knows.
    """
    from foretune.recommendation.reference import add_metric_memories

    with one_line_errors():
        added = add_metric_memories(surrogates, folder)
    for name, memory in added.items():
        click.echo(f"{name}: {len(memory.task_hashes):,} tasks")


@reference.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def show(*, as_json: bool) -> None:
    """Count what is in the memory of the package: by metric, by learner and by rows of the tables."""
    from foretune.commands.memory import show_folder
    from foretune.recommendation.core import reference_folder

    show_folder(reference_folder(), as_json=as_json)


@reference.command()
@click.argument("folder", type=FOLDER)
@click.option("--with", "other", type=FOLDER, help="The other memory; default: the package's.")
def compare(folder: Path, other: Path | None) -> None:
    """Print how far the predictions of the memory in FOLDER are from those of another.

    Compared are the task types and configurations that both know.
    """
    from foretune.recommendation.core import reference_folder
    from foretune.recommendation.reference import compare_memories

    with one_line_errors():
        apart = compare_memories(folder, other or reference_folder())
    for task_type, found in apart.items():
        left_out = f", {found.n_left_out:,} left out that the other does not know" if found.n_left_out else ""
        click.echo(
            f"{task_type}: predicted targets differ by at most {found.largest:.2e}, on average "
            f"{found.mean:.2e} ({found.n_tasks:,} tasks, {found.n_configurations:,} configurations{left_out})"
        )


@reference.command()
@click.argument("ledger", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--folder", type=FOLDER, help="Of the memories; default: the package.")
def costs(ledger: Path, folder: Path | None) -> None:
    """Write the seconds of the fits in LEDGER, an export of trials, into a memory; nothing is trained."""
    import pandas as pd

    from foretune.recommendation.core import reference_folder
    from foretune.recommendation.reference import add_costs

    with one_line_errors():
        require_package("a Parquet file", "pyarrow")
        found = add_costs(folder or reference_folder(), pd.read_parquet(ledger))
    for task_type, model in found.items():
        fits = ", ".join(f"{name} {cost.n_fits:,}" for name, cost in model.learners.items())
        click.echo(f"{task_type}: fits of {fits}")
