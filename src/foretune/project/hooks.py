"""Kedro hooks: log file, validation of parameters and inputs, environment ``logs``, one-line errors."""

from __future__ import annotations

import errno
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.framework.hooks import hook_impl

if TYPE_CHECKING:
    from kedro.framework.context import KedroContext
    from kedro.io import CatalogProtocol
    from kedro.pipeline import Pipeline

logger = logging.getLogger(__name__)

LOG_FILE = "logs/foretune.log"
DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
ERRORS_OF_THE_DISK = (*DISK_FULL, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO)
# What any run of the pipelines loads beside the core
PACKAGES, EXTRA = ("plotly", "pyarrow", "sqlalchemy"), "pipelines"
LOGS = "logs"
LEDGER_ENTRY = "trial_ledger"
TABLE_ENTRY = "recommendation_table"
TABLE_PARAMETERS = (
    *("table", "target", "learner", "memory", "evaluate", "max_time", "drop_columns", "read_options"),
    *("task_type", "column_types", "scoring"),
)
PATH_PARAMETERS = ("trials_path", "metafeatures_path", "output_dir")


class LogToFile:
    """Writes the log to ``logs/foretune.log``."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Add a handler for the log file to the root logger, unless there is one."""
        path = context.project_path / LOG_FILE
        root = logging.getLogger()
        if any(getattr(handler, "baseFilename", None) == str(path) for handler in root.handlers):
            return
        path.parent.mkdir(exist_ok=True)
        handler = logging.FileHandler(path, encoding="utf-8")
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
        root.addHandler(handler)


class CheckExtras:
    """Checks that the packages of the catalog's files, figures and ledger are installed."""

    @hook_impl
    def after_context_created(self) -> None:
        """End the command with one line that names what is missing and the extra that brings it."""
        from click import ClickException

        from foretune.base import how_to_install, list_missing

        if missing := list_missing(*PACKAGES):
            named = " and ".join(filter(None, [", ".join(missing[:-1]), missing[-1]]))
            raise ClickException(f"the pipelines need {named}: {how_to_install(EXTRA)}")


class ReadLocalConfiguration:
    """Reads ``conf/local`` whatever the environment."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Add ``conf/local`` to the configuration of an environment that is named on the command line.

        An environment that does not exist ends the command with those that do.
        """
        from click import UsageError

        from foretune.base import close_matches, quoted
        from foretune.project.local_configuration import LOCAL, read_local_configuration

        folder = Path(context.config_loader.conf_source)
        if context.env is not None and folder.is_dir() and not (folder / context.env).is_dir():
            names = sorted(one.name for one in folder.iterdir() if one.is_dir() and one.name != "base")
            hint = close_matches(context.env, names)
            raise UsageError(
                f"there is no environment {quoted([context.env])}{hint}; there are {', '.join(names)}"
            )
        if context.env not in (None, LOCAL):
            read_local_configuration(context.config_loader)


class NameLedger:
    """Logs which ledger a run reads and writes."""

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]) -> None:
        """Log the address of the ledger, password masked, if the pipeline uses it."""
        from click import ClickException

        from foretune.base import UserError

        if LEDGER_ENTRY not in pipeline.inputs():
            return
        try:
            logger.info("Ledger: %s", catalog[LEDGER_ENTRY].address)
        except UserError as error:
            raise ClickException(str(error)) from None


class ValidateParameters:
    """Validates the parameters of files and command line before any node runs."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Validate the parameters; end the command with one line per wrong key."""
        from click import ClickException

        from foretune.base import UserError, one_line
        from foretune.project.run_parameters import ParameterError, place_short_forms, validate_parameters

        parameters = place_short_forms(context.config_loader["parameters"])
        try:
            validate_parameters(parameters)
        except ParameterError as error:
            raise ClickException(str(error)) from None
        except UserError as error:  # a plugin that cannot be imported
            raise ClickException(one_line(error)) from None
        # Kedro would read and merge the same files once more, and without the short forms in their places
        context.config_loader["parameters"] = parameters


class ReadLogs:
    """Chooses the pipelines and the output folder of the environment ``logs``.

    The import of logs replaces the pipelines that make tasks and trials, and every file of the catalog
    moves from ``data`` to the folder ``output_dir``, so that the project's own data are not overwritten.
    """

    def __init__(self) -> None:
        self._is_on = False

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Choose pipelines and output folder; refuse the parameters of logs in other environments."""
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
        from foretune.project.log_outputs import check_outputs, check_writable, move_outputs

        # As in any command, from where it was typed
        given = {
            name: Path(parameters[name]).expanduser().absolute()
            for name in PATH_PARAMETERS
            if parameters.get(name) is not None
        }
        if "output_dir" not in given:
            # On a command line ~ means nothing, and so does an empty value
            raise ClickException("parameter output_dir is empty: name a folder; it is made if it is absent")
        folder = given.pop("output_dir")
        catalog = context.config_loader["catalog"]
        moved = move_outputs(catalog, folder)
        try:
            check_writable(folder)
            check_outputs(catalog, moved, context.project_path, given.values())
        except UserError as error:
            raise ClickException(str(error)) from None
        context.config_loader["catalog"] = moved


class CheckTable:
    """Checks that a table and a target are given for a recommendation, and for no other pipeline."""

    @hook_impl
    def before_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]
    ) -> None:
        """End the command with one line if a parameter of the table is missing or has no use."""
        from click import ClickException

        given = [name for name in TABLE_PARAMETERS if name in (run_params["runtime_params"] or {})]
        if TABLE_ENTRY not in pipeline.inputs():
            if given:
                raise ClickException(
                    f"parameter {given[0]} is for the pipeline recommendation: add --pipelines=recommendation"
                )
            return
        has_target = catalog.load("params:target") is not None
        missing = [*(() if "table" in given else ("table",)), *(() if has_target else ("target",))]
        if missing:
            raise ClickException(
                f"parameter {missing[0]} is missing: --params=table=<csv or parquet file>,target=<column>"
            )


class ExplainErrors:
    """Reports an error that the user can correct in one line, without traceback."""

    @hook_impl
    def on_pipeline_error(self, error: Exception) -> None:
        """Raise the first :class:`UserError` among the causes of an error as a one-line message.

        So is an error of the disk, with what was being saved or loaded.
        """
        from click import ClickException
        from kedro.io import DatasetError

        from foretune.base import UserError, one_line

        cause: BaseException | None = error
        dataset: DatasetError | None = None
        while cause is not None:
            if isinstance(cause, UserError):
                raise ClickException(one_line(cause)) from None
            if isinstance(cause, OSError) and cause.errno in ERRORS_OF_THE_DISK and dataset is not None:
                raise ClickException(one_line(f"{cause.strerror}: {dataset}")) from None
            dataset = dataset or (cause if isinstance(cause, DatasetError) else None)
            cause = cause.__cause__ or cause.__context__


class CheckInputs:
    """Checks that the inputs of a pipeline exist before any node runs."""

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]) -> None:
        """End the command with one line that names missing inputs and the pipeline that makes them."""
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
