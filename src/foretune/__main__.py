"""Entry point of ``python -m foretune`` and ``foretune``.

``foretune`` alone says what there is. ``foretune run`` is ``kedro run``, and so are options without a
command; the others are commands of their own.
"""

from __future__ import annotations

import copy
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from foretune.base import MissingExtraError, UserError, close_matches, shortened

# Each is a module of foretune.commands with a click command of its name
COMMANDS = ("suggest", "learn", "logs", "memory", "ledger", "tasks", "reference")
RUN = "run"
CONFIGURATION = "conf/base"
OVERVIEW = """\
Usage: foretune COMMAND [OPTIONS]

  Hyperparameter optimisation that remembers what did well on other tables.

Commands:
  suggest    Suggest hyperparameters to try first on a CSV or Parquet file.
  learn      Learn a memory from studies of Optuna, runs of MLflow, and tables of results.
  run        Run the pipelines: make tasks, tune on them, learn, evaluate (in the checkout).
  logs       Turn searches that you have run (scikit-learn, Optuna) into logs to learn from.
  memory     Show what a memory knows; merge memories, list and remove their tasks.
  ledger     Count, export, back up and restore trials.
  tasks      Count the tables to learn from, and fill the cache of downloaded ones.
  reference  Make the memory that ships with the package, and compare memories.

Examples:
  foretune suggest houses.csv --target price
  foretune learn sqlite:///team.db mlruns/ results.csv -o memory/
  foretune run --pipelines=hpo --params=hpo.n_configurations=8
  foretune ledger show

  In Python: from foretune import MetaSearchCV, suggest

'foretune COMMAND --help' explains each. Exit codes: 0 done, 1 an error, 2 wrong options.
"""


def main(*args: Any, **kwargs: Any) -> Any:
    """Run the pipelines, or one of the commands, from the folder that holds ``conf`` and ``data``."""
    given = list(args[0]) if args else sys.argv[1:]
    if given and given[0] in COMMANDS:
        try:
            command = getattr(import_module(f"foretune.commands.{given[0]}"), given[0])
            return command(given[1:], prog_name=f"foretune {given[0]}", **kwargs)
        except MissingExtraError as error:
            return _end(str(error), 1)
    if not given or given[0] in ("--help", "-h", "help"):
        sys.stdout.write(OVERVIEW)
        return None
    if given[0] == RUN:
        del given[0]
    if reason := _why_not_run(given):
        _end(reason, 2)
    import click
    from kedro.framework.cli.utils import find_run_command
    from kedro.framework.project import configure_project

    package_name = Path(__file__).parent.name
    configure_project(package_name)
    # A notebook must not be ended by the command's exit
    kwargs["standalone_mode"] = not hasattr(sys, "ps1")
    # Kedro's own command must not change
    run: Any = copy.copy(find_run_command(package_name))
    run.epilog = f"Other commands: foretune {'|'.join(COMMANDS)}, each with --help."
    # A group, since Kedro looks up the command's own name in a file of options
    group = click.Group(commands={RUN: run})
    return group([RUN, *given], *args[1:], prog_name=package_name, **kwargs)


def _end(reason: str, exit_code: int) -> NoReturn:
    """End with one line, which in a notebook is that of an exception."""
    if hasattr(sys, "ps1"):
        raise UserError(reason)
    sys.stderr.write(f"Error: {reason}\n")
    sys.exit(exit_code)


def _why_not_run(given: list[str]) -> str | None:
    """Return why the options cannot run, before Kedro logs anything; None if they can."""
    if given and not given[0].startswith("-"):
        hint = close_matches(given[0], [*COMMANDS, RUN])
        others = f"{', '.join([*COMMANDS, RUN])}, see foretune --help"
        return f"there is no command {shortened(repr(given[0]))}{hint}: {others}"
    is_told = any(one == "--help" or one.startswith("--conf-source") for one in given)
    if is_told or Path(CONFIGURATION).is_dir():
        return None
    remedy = "run pipelines in the checkout of foretune; `from foretune import suggest` needs none"
    return f"there is no folder {CONFIGURATION} in {Path.cwd()}: {remedy}"


if __name__ == "__main__":
    main()
