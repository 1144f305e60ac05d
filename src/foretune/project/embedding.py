"""Kedro hook for other projects that run Foretune's pipelines."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from kedro.framework.hooks import hook_impl

from foretune.project.hooks import ExplainErrors

if TYPE_CHECKING:
    from kedro.framework.context import KedroContext
    from kedro.io import CatalogProtocol
    from kedro.pipeline import Pipeline

NAMESPACE = "foretune"
TABLE, TARGET = "recommendation_table", "target"
PATH_KEYS = ("filepath", "path")


class EmbedForetune(ExplainErrors):
    """Completes parameters and catalog of another project for Foretune's pipelines in a namespace.

    Parameters
    ----------
    namespace
        Namespace that the project's registry gives to the pipelines. The parameters below this name go before
        Foretune's own, and so do catalog entries that begin with it and a dot.
    folder
        Folder of the files that the project's catalog does not name, relative to the project.

    Examples
    --------
    In ``settings.py`` of the other project:

    >>> HOOKS = (EmbedForetune(),)
    """

    def __init__(self, namespace: str = NAMESPACE, folder: str = f"data/{NAMESPACE}") -> None:
        self._namespace = namespace
        self._folder = folder

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Add Foretune's parameters and catalog entries below the project's own, and validate them."""
        from click import ClickException

        from foretune.base import UserError, one_line
        from foretune.project.local_configuration import read_kind

        loader = context.config_loader
        given = read_kind(loader, "parameters")
        mine = given.get(self._namespace) or {}
        if not isinstance(mine, dict):
            raise ClickException(f"parameter {self._namespace} = {mine!r} must be a group of parameters")
        try:
            parameters = self._complete(mine, context.project_path)
        except UserError as error:
            lines = str(error).splitlines()
            raise ClickException(
                "\n".join(f"{self._namespace}: {one_line(line)}" for line in lines)
            ) from None
        loader["parameters"] = {**given, self._namespace: parameters}
        loader["catalog"] = {
            **self._entries(parameters.get("table"), context.project_path),
            **read_kind(loader, "catalog"),
        }

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]) -> None:
        """End the command with one line if a recommendation lacks its table or target."""
        from click import ClickException

        table, target = f"{self._namespace}.{TABLE}", f"params:{self._namespace}.{TARGET}"
        if table not in pipeline.inputs():
            return
        if not catalog.exists(table):
            raise ClickException(
                f"parameter {self._namespace}.table is missing: name a CSV or Parquet file there, "
                f"or give the catalog an entry {table}"
            )
        if catalog.load(target) is None:
            raise ClickException(
                f"parameter {self._namespace}.{TARGET} is missing: name the column to predict"
            )

    def _complete(self, mine: dict[str, Any], project: Path) -> dict[str, Any]:
        from omegaconf import OmegaConf

        from foretune.project.run_parameters import place_short_forms, validate_parameters

        defaults = self._read(None)["parameters"]
        merged = OmegaConf.to_container(OmegaConf.merge(defaults, mine))
        parameters = place_short_forms(_from_project(merged if isinstance(merged, dict) else {}, project))
        validate_parameters(parameters)
        return parameters

    def _entries(self, table: Any, project: Path) -> dict[str, Any]:
        """Return the catalog entries, named and placed for the project."""
        from foretune.project.table_folder import RECOMMENDATIONS, recommendations_in

        folder = project / self._folder / PurePosixPath(RECOMMENDATIONS).relative_to("data")
        with recommendations_in(str(folder)):
            entries = self._read(table)["catalog"]
        return {
            f"{self._namespace}.{name}": self._moved(entry)
            for name, entry in entries.items()
            if not name.startswith("_")
        }

    def _moved(self, entry: dict[str, Any]) -> dict[str, Any]:
        paths = {key: PurePosixPath(entry[key]) for key in PATH_KEYS if key in entry}
        return entry | {key: f"{self._folder}/{path.relative_to('data')}" for key, path in paths.items()}

    def _read(self, table: Any) -> Any:
        from kedro.config import OmegaConfigLoader

        from foretune.project.table_folder import name_table_folder

        return OmegaConfigLoader(
            str(find_configuration()),
            base_env=".",
            default_run_env=".",
            custom_resolvers={"table_folder": name_table_folder},
            runtime_params={} if table is None else {"table": table},
        )


def _from_project(parameters: dict[Any, Any], project: Path) -> dict[str, Any]:
    """Name the table and the folders of memories from the project: a scheduler works elsewhere."""
    placed = {str(name): value for name, value in parameters.items()}
    if isinstance(placed.get("table"), str):
        placed["table"] = str(project / Path(placed["table"]).expanduser())
    recommendation = placed.get("recommendation")
    groups = [placed, *([recommendation] if isinstance(recommendation, dict) else [])]
    for group in groups:
        memory = group.get("memory")
        names = memory.split("+") if isinstance(memory, str) else memory
        if isinstance(names, list):
            group["memory"] = [str(project / name) if (project / name).is_dir() else name for name in names]
    return placed


def find_configuration() -> Path:
    """Return the folder of Foretune's own parameters and catalog: in the package, or of the checkout."""
    installed = Path(__file__).with_name("conf")
    return installed if installed.is_dir() else Path(__file__).parents[3] / "conf" / "base"
