"""Commands of the project for Kedro: ``run``, which says in one line what is wrong with its options."""

from __future__ import annotations

import copy
from types import TracebackType
from typing import Any

import click
from kedro.framework.cli.project import run as run_of_kedro
from kedro.io import DatasetNotFoundError

from foretune.base import one_line

# Where Kedro looks up the names of nodes, tags, datasets and runners that its options give
LOOKUPS = ("kedro.pipeline", "kedro.framework", "kedro.io.data_catalog", "kedro.utils", "importlib")
WRONG_NAMES = (ValueError, TypeError, AttributeError, ImportError, DatasetNotFoundError)
WHERE_NAMES_ARE = "`kedro registry describe` lists nodes, `kedro catalog describe-datasets` datasets"

# How Kedro says that what stands behind a comma is no parameter
COMMA_IN_VALUE = "must contain a key and a value separated by"
OF_COMMAS = (
    "a comma ends a value: join the names of a list by +, as in drop_columns=id+date, write a sign as a "
    "word, as in read_options.decimal=comma, and anything else in a file, kedro run --config=FILE"
)


class RunCommand(click.Command):
    """Command whose wrong options are errors of one line instead of a traceback."""

    def make_context(self, info_name: str | None, *args: Any, **kwargs: Any) -> click.Context:
        """Parse the options; values of parameters are YAML."""
        from omegaconf.errors import OmegaConfBaseException
        from yaml import YAMLError

        try:
            return super().make_context(info_name, *args, **kwargs)
        except KeyError as error:
            if error.args != (info_name,):
                raise
            raise click.UsageError(
                f"the file of --config has no section {info_name}: write {info_name}: and below it, "
                "indented, options such as pipelines: hpo"
            ) from None
        except click.UsageError as error:
            if COMMA_IN_VALUE not in error.message:
                raise
            raise click.UsageError(f"{error.message.rstrip('.')}; {OF_COMMAS}", error.ctx) from None
        except YAMLError as error:
            where = getattr(error, "problem", None) or error
            raise click.UsageError(
                f"a value of --params is no YAML ({one_line(where)}): a text with a backslash, quotation "
                "mark, comma or colon is easier to write in a file, kedro run --config=FILE"
            ) from None
        except OmegaConfBaseException as error:
            raise _unreadable(error) from None

    def invoke(self, ctx: click.Context) -> Any:
        """Run; names that the project does not have are errors of the command line."""
        from omegaconf.errors import OmegaConfBaseException

        try:
            return super().invoke(ctx)
        except OmegaConfBaseException as error:
            raise _unreadable(error) from None
        except WRONG_NAMES as error:
            if not _is_lookup(error.__traceback__):
                raise
            hint = f"; {WHERE_NAMES_ARE}" if isinstance(error, (ValueError, DatasetNotFoundError)) else ""
            raise click.UsageError(one_line(error).rstrip(".") + hint, ctx) from None


def _unreadable(error: Exception) -> click.UsageError:
    return click.UsageError(f"the parameters cannot be read: {one_line(error)}")


def _is_lookup(traceback: TracebackType | None) -> bool:
    """Whether an error was raised by a look-up of Kedro, and not by a node."""
    name = ""
    while traceback is not None:
        name = traceback.tb_frame.f_globals.get("__name__", "")
        if name.startswith("kedro.runner"):
            return False
        traceback = traceback.tb_next
    return name.startswith(LOOKUPS)


def _with_lines(command: click.Command) -> click.Command:
    """Copy Kedro's command, so that the framework's own stays as it is."""
    ours = copy.copy(command)
    ours.__class__ = RunCommand
    return ours


@click.group(name="foretune")
def cli() -> None:
    """Commands of the project."""


run = _with_lines(run_of_kedro)
cli.add_command(run)
