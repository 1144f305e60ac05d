"""What happens around a Kedro run: a log file, and parameters checked before any node."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from kedro.framework.hooks import hook_impl

if TYPE_CHECKING:
    from kedro.framework.context import KedroContext

LOG_FILE = "logs/foretune.log"


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

        from foretune.run_parameters import ParameterError, validate_parameters

        parameters = context.config_loader["parameters"]
        try:
            validate_parameters(parameters)
        except ParameterError as error:
            raise ClickException(str(error)) from None
        # Kedro would read and merge the same files once more
        context.config_loader["parameters"] = parameters
