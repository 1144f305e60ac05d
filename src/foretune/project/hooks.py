"""What happens around a Kedro run: a log file, checked parameters and inputs, and the import of logs."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.framework.hooks import hook_impl

if TYPE_CHECKING:
    from kedro.framework.context import KedroContext
    from kedro.io import CatalogProtocol
    from kedro.pipeline import Pipeline

LOG_FILE = "logs/foretune.log"
LOGS = "logs"
TABLE_ENTRY, MEMORY_ENTRY = "recommendation_table", "recommendation_memory"
TABLE_PARAMETERS = ("table", "target", "learner", "memory", "evaluate")
PATH_PARAMETERS = ("trials_path", "metafeatures_path", "output_dir")


class LogToFile:
    """Writes what happens to ``logs/foretune.log``: quiet lines that stay after the terminal is gone."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Open the log file; nothing is created where logging to it has begun already."""
        path = context.project_path / LOG_FILE
        root = logging.getLogger()
        if any(getattr(handler, "baseFilename", None) == str(path) for handler in root.handlers):
            return
        path.parent.mkdir(exist_ok=True)
        handler = logging.FileHandler(path, encoding="utf-8")
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
        root.addHandler(handler)


class ValidateParameters:
    """Checks every parameter, also those given on the command line, before a node runs."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Check the parameters; what is wrong ends the command with one line per key and no traceback."""
        from click import ClickException

        from foretune.project.run_parameters import ParameterError, validate_parameters

        parameters = context.config_loader["parameters"]
        try:
            validate_parameters(parameters)
        except ParameterError as error:
            raise ClickException(str(error)) from None
        # Kedro would read and merge the same files once more
        context.config_loader["parameters"] = parameters


class ReadLogs:
    """Turns the project to somebody else's logs in the environment ``logs``.

    The import takes the place of the pipelines that make tasks and trials, and every file of the catalog
    moves from ``data`` to the parameter ``output_dir``: nothing of the project's own is overwritten.
    """

    def __init__(self) -> None:
        self._is_on = False

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Choose the pipelines and where they write; elsewhere, refuse the parameters of the import."""
        from click import ClickException
        from kedro.framework.project import pipelines

        parameters = context.config_loader["parameters"]
        given = [name for name in PATH_PARAMETERS if parameters.get(name) is not None]
        if context.env == LOGS:
            pipelines.configure(f"foretune.{LOGS}_pipeline_registry")
            self._move_outputs(context, parameters)
        elif given:
            raise ClickException(
                f"parameter {given[0]} is for logs that somebody else made: add --env={LOGS}"
            )
        elif self._is_on:
            pipelines.configure("foretune.pipeline_registry")
        self._is_on = context.env == LOGS

    @staticmethod
    def _move_outputs(context: KedroContext, parameters: dict[str, Any]) -> None:
        from click import ClickException

        from foretune.base import UserError
        from foretune.project.log_outputs import check_outputs, move_outputs

        # As in any command, from where it was typed
        given = {
            name: Path(parameters[name]).expanduser().absolute()
            for name in PATH_PARAMETERS
            if parameters.get(name) is not None
        }
        folder = given.pop("output_dir")
        catalog = context.config_loader["catalog"]
        moved = move_outputs(catalog, folder)
        try:
            check_outputs(catalog, moved, context.project_path, given.values())
        except UserError as error:
            raise ClickException(str(error)) from None
        context.config_loader["catalog"] = moved


class RecommendToTable:
    """Points the catalog to the user's table and memory, and says where their parameters make no sense."""

    def __init__(self) -> None:
        self._given: list[str] = []

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Put short forms into their group, and the table and the memory into the catalog."""
        from foretune.project.run_parameters import place_short_forms

        parameters = place_short_forms(context.config_loader["parameters"])
        self._given = [name for name in TABLE_PARAMETERS if parameters.get(name) is not None]
        context.config_loader["parameters"] = parameters
        if not self._given:
            return
        catalog = context.config_loader["catalog"]
        if TABLE_ENTRY in catalog:
            table = parameters.get("table")
            catalog[TABLE_ENTRY] = {**catalog[TABLE_ENTRY], "file": table}
            memory = parameters["recommendation"]["memory"]
            catalog[MEMORY_ENTRY] = {**catalog[MEMORY_ENTRY], "folder": memory}
            context.config_loader["catalog"] = catalog

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline) -> None:
        """End the command where a table is given for nothing, or none for a recommendation."""
        from click import ClickException

        if TABLE_ENTRY not in pipeline.inputs():
            if self._given:
                raise ClickException(
                    f"parameter {self._given[0]} is for the pipeline recommendation: add "
                    f"--pipelines=recommendation"
                )
            return
        missing = [name for name in TABLE_PARAMETERS[:2] if name not in self._given]
        if missing:
            raise ClickException(
                f"parameter {missing[0]} is missing: --params=table=<csv or parquet file>,target=<column>"
            )


class ExplainErrors:
    """Ends a run in one line where something outside of the code is wrong."""

    @hook_impl
    def on_pipeline_error(self, error: Exception) -> None:
        """Look for an error that its reader can mend among the causes; any other keeps its traceback."""
        from click import ClickException

        from foretune.base import UserError

        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, UserError):
                raise ClickException(str(cause)) from None
            cause = cause.__cause__ or cause.__context__


class CheckInputs:
    """Checks that what a pipeline reads is there, before a node runs."""

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]) -> None:
        """End the command with one line that says which pipeline makes what is missing."""
        from click import ClickException
        from kedro.framework.project import pipelines

        inputs = {
            name for name in pipeline.inputs() if name != "parameters" and not name.startswith("params:")
        }
        missing = sorted(name for name in inputs if not catalog.exists(name))
        if not missing:
            return
        # Kedro has loaded the requested pipelines only; the maker is another one
        pipelines.set_requested(None)
        makers = [name for name, other in pipelines.items() if other and missing[0] in other.all_outputs()]
        maker = next((name for name in makers if name != "__default__"), None)
        remedy = f"run the pipeline {maker} first" if maker else "put it where the catalog says"
        raise ClickException(f"{', '.join(missing)} not found: {remedy}")
