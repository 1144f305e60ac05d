"""The command ``foretune tasks``: the catalogue, and the cache of downloaded tables."""

from __future__ import annotations

from pathlib import Path

import click

from foretune.base import counted
from foretune.commands.errors import one_line_errors
from foretune.tasks import DownloadParameters


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def tasks() -> None:
    """Count the tables of the catalogue, fill the cache of downloaded ones."""


@tasks.command("count")
def count() -> None:
    """Count the real tables of the catalogue, and their families by the rows of their largest table."""
    from foretune.tasks import count_real_families, load_catalogue

    for task_type, counts in count_real_families(load_catalogue()).iterrows():
        tables, families, *larger = counts.items()
        sizes = [f"{number} above {int(str(name).split('_')[1]):,} rows" for name, number in larger]
        click.echo(f"{task_type}: {tables[1]} tables, {families[1]} families, {', '.join(sizes)}")


@tasks.command("fill-cache")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--cache",
    default=DownloadParameters().folder,
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the cache, as in task_generation.downloads.folder.",
)
@click.option("--overwrite", is_flag=True, help="Replace the tables that the cache has already.")
def fill_cache(folder: Path, cache: Path, *, overwrite: bool) -> None:
    """Put the tables in FOLDER into the cache, as tables of PMLB, without a network.

    FOLDER holds files NAME.parquet, NAME.tsv.gz and the like, whose column to predict is called target; a
    checkout of PMLB's folder datasets is one, too.
    """
    from foretune.tasks import fill_cache as fill

    with one_line_errors():
        tables = fill(folder, cache, overwrite=overwrite)
    for table in tables:
        size = f"{table.n_rows:,} rows, {table.n_columns:,} columns"
        click.echo(f"{table.name}: {'not added: ' + table.problem if table.problem else size}")
    added = [table.name for table in tables if not table.problem]
    click.echo(f"added {counted(len(added), 'table')} to {cache}")
    if not added:
        raise click.exceptions.Exit(1)
