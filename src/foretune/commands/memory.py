"""The command ``foretune memory``: merge memories."""

from __future__ import annotations

from pathlib import Path

import click

from foretune.commands.errors import one_line_errors

out_option = click.option(
    "-o",
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the new memory, absent or empty.",
)
workers_option = click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1),
    help="Members trained at once; the result does not depend on it.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def memory() -> None:
    """Merge memories.

    FOLDER is what the pipeline meta_training writes, data/06_models/surrogates, or the word reference for the
    memory that ships with the package.
    """


@memory.command()
@click.argument("folders", nargs=-1, required=True, metavar="FOLDER FOLDER...")
@out_option
@workers_option
def merge(folders: tuple[str, ...], out: Path, workers: int) -> None:
    r"""Make one memory of several, trained anew on the tasks of all.

    Of metrics those are kept that all know. Where a table is in several, the trials of the last one count;
    where settings differ, those of the first do, and a line says so. No trials are needed: a memory keeps
    enough of them.

    \b
    Examples:
      foretune memory merge reference data/06_models/surrogates -o data/06_models/merged
      foretune memory merge reference team_a team_b -o together
    """
    from foretune.base import show_progress
    from foretune.recommendation.core import merge_folders

    with one_line_errors(), show_progress("merge") as on_progress:
        made = merge_folders(folders, out, n_workers=workers, on_progress=on_progress)
    for note in dict.fromkeys(note for one in made for note in one.notes):
        click.echo(note)
    for one in made:
        how = f"merged in {one.seconds:.0f} s" if one.seconds else "in one folder only"
        click.echo(f"{one.name}: {one.n_tasks:,} tasks, {how}")
    click.echo(f"wrote {out}")
