"""The command ``foretune memory``: show, list, remove and merge what memories know."""

from __future__ import annotations

import json
from pathlib import Path

import click

from foretune.commands.errors import one_line_errors


def examples(*commands: str) -> str:
    """Return examples for the end of a help text, one a line."""
    # For click a paragraph behind a backspace keeps its lines
    return "\b\n" + "\n".join(["Examples:", *(f"  {command}" for command in commands)])


out_option = click.option(
    "-o",
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the new memory, absent or empty.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
workers_option = click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1),
    help="Members trained at once; the result does not depend on it.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def memory() -> None:
    """Show what memories know, list and remove their tasks, merge memories.

    FOLDER is what the pipeline meta_training writes, data/06_models/surrogates, or the word reference for the
    memory that ships with the package.
    """


@memory.command(
    epilog=examples(
        "foretune memory show data/06_models/surrogates",
        "foretune memory show reference --json",
    )
)
@click.argument("folder")
@json_option
def show(folder: str, *, as_json: bool) -> None:
    """Count what is in the memories in FOLDER: by metric, by learner and by rows of the tables."""
    show_folder(folder, as_json=as_json)


def show_folder(folder: str | Path, *, as_json: bool) -> None:
    """Print what is in the memories in a folder."""
    from foretune.commands.memory_tables import print_memories
    from foretune.recommendation.core import describe_folder, folder_of

    with one_line_errors():
        described = describe_folder(folder_of(folder))
    if as_json:
        click.echo(json.dumps(described, indent=1))
    else:
        print_memories(described)


@memory.command(
    epilog=examples(
        "foretune memory tasks data/06_models/surrogates",
        "foretune memory tasks reference --task-type regression",
    )
)
@click.argument("folder")
@click.option("--task-type", help="Only the tasks of one type, such as classification.")
@json_option
def tasks(folder: str, task_type: str | None, *, as_json: bool) -> None:
    """List the tasks in FOLDER with family, rows and evaluations.

    Rows are those of the training set, as the metafeatures have them.
    """
    from foretune.commands.memory_tables import print_tasks
    from foretune.recommendation.core import folder_of, list_tasks

    with one_line_errors():
        listed = list_tasks(folder_of(folder), task_type)
    if as_json:
        click.echo(json.dumps(listed, indent=1))
    else:
        print_tasks(listed)


@memory.command(
    epilog=examples(
        "foretune memory remove data/06_models/surrogates --task churn_2023 -o without_churn",
        "foretune memory remove reference --family iris --family wine -o without_flowers",
    )
)
@click.argument("folder")
@click.option("--task", "task_ids", multiple=True, help="Name of a task; may be repeated.")
@click.option("--family", "families", multiple=True, help="Name of a family; may be repeated.")
@out_option
@workers_option
def remove(
    folder: str, task_ids: tuple[str, ...], families: tuple[str, ...], out: Path, workers: int
) -> None:
    """Make the memory in FOLDER without some tasks, trained anew as if they had never been in it."""
    from foretune.base import counted, show_progress
    from foretune.recommendation.core import folder_of, remove_from_folder

    if not task_ids and not families:
        raise click.UsageError("say what to remove: --task, --family")
    with one_line_errors(), show_progress("remove") as on_progress:
        left = remove_from_folder(
            folder_of(folder), out, task_ids, families, n_workers=workers, on_progress=on_progress
        )
    for name, n_tasks in left.items():
        click.echo(f"{name}: {counted(n_tasks, 'task')} {'is' if n_tasks == 1 else 'are'} left")
    click.echo(f"wrote {out}")


@memory.command(
    epilog=examples(
        "foretune memory merge reference data/06_models/surrogates -o data/06_models/merged",
        "foretune memory merge reference team_a team_b -o together",
    )
)
@click.argument("folders", nargs=-1, required=True, metavar="FOLDER FOLDER...")
@out_option
@workers_option
def merge(folders: tuple[str, ...], out: Path, workers: int) -> None:
    """Make one memory of several, trained anew on the tasks of all.

    Of metrics those are kept that all know. Where a table is in several, the trials of the last one count;
    where settings differ, those of the first do, and a line says so. No trials are needed: a memory keeps
    enough of them.
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
