"""Runs of a Kedro project with changed parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kedro.config import MissingConfigException
from kedro.framework.context import KedroContext
from kedro.framework.project import pipelines, settings
from kedro.framework.session import KedroSession
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline
from kedro.runner import AbstractRunner

from foretune.base import UserError, close_matches, first_line, quoted

DEFAULT = "__default__"


class ProjectError(UserError):
    """The project cannot be tuned as asked; the message gives the reason."""


@dataclass(frozen=True)
class ProjectRun:
    """What is run of a Kedro project, as by the options of ``kedro run``.

    Attributes
    ----------
    project_path
        Folder of the project.
    env, conf_source, params
        Environment, folder of the configuration, and parameters of the command line.
    pipeline_names, tags, from_nodes, load_versions
        What is run.
    """

    project_path: Path
    env: str | None = None
    conf_source: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    pipeline_names: Sequence[str] = ()
    tags: Sequence[str] = ()
    from_nodes: Sequence[str] = ()
    load_versions: Mapping[str, str] = field(default_factory=dict)

    def context(self, params: Mapping[str, Any] | None = None) -> KedroContext:
        """Return the context of the project, by default with the parameters of the command line."""
        params = dict(deepcopy(self.params if params is None else params))
        session = self._create(params)
        loads_params = not issubclass(settings.SESSION_CLASS, KedroSession)
        context: KedroContext = session.load_context(params) if loads_params else session.load_context()
        return context

    def parameters(self, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the parameters as the configuration has them, before a node's types make models of them."""
        loader = self.context(params).config_loader
        try:
            return dict(loader["parameters"])
        except MissingConfigException:
            return dict(deepcopy(self.params if params is None else params))

    def run(
        self, runner: AbstractRunner, params: Mapping[str, Any], to_outputs: Sequence[str]
    ) -> dict[str, Any]:
        """Run with the parameters of the command line, up to some outputs."""
        options: dict[str, Any] = {
            "runner": runner,
            "pipeline_names": list(self.pipeline_names),
            "tags": tuple(self.tags),
            "from_nodes": list(self.from_nodes),
            "to_outputs": list(to_outputs),
            "load_versions": dict(self.load_versions),
        }
        if not issubclass(settings.SESSION_CLASS, KedroSession):
            options["runtime_params"] = dict(params)
        with self._create(params) as session:
            made: dict[str, Any] = session.run(**options)
        return made

    def pipeline(self, output: str) -> Pipeline:
        """Return the nodes that an output needs.

        Raises
        ------
        ProjectError
            If there is no such pipeline, or it does not make the output.
        """
        pipelines.set_requested(list(self.pipeline_names) or None)
        whole = Pipeline([])
        for name in self.pipeline_names or (DEFAULT,):
            whole += self._find(name)
        try:
            whole = whole.filter(tags=tuple(self.tags), from_nodes=list(self.from_nodes))
        except ValueError as error:
            raise ProjectError(first_line(error)) from None
        made = sorted(whole.all_outputs())
        if output not in made:
            hint = close_matches(output, made) or f"; it makes {quoted(made, 12)}"
            shown = ", ".join(self.pipeline_names) or DEFAULT
            raise ProjectError(f"metric: the pipeline {shown} does not make {output!r}{hint}")
        return whole.to_outputs(output)

    @staticmethod
    def makers_of(dataset: str) -> list[str]:
        """Return the names of the pipelines that make a dataset."""
        pipelines.set_requested(None)
        return [name for name, one in pipelines.items() if name != DEFAULT and dataset in one.all_outputs()]

    def existing_inputs(self, pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]) -> list[str]:
        """Return the datasets that a pipeline reads, in order.

        Raises
        ------
        ProjectError
            If one does not exist.
        """
        inputs = sorted(
            name for name in pipeline.inputs() if name != "parameters" and not name.startswith("params:")
        )
        missing = [name for name in inputs if name not in catalog or not catalog.exists(name)]
        if missing:
            makers = self.makers_of(missing[0])
            remedy = f"run the pipeline {makers[0]} first" if makers else "put it where the catalog says"
            raise ProjectError(f"{', '.join(missing)} not found: {remedy}")
        return inputs

    def _find(self, name: str) -> Pipeline:
        try:
            found: Pipeline = pipelines[name]
        except (KeyError, ValueError):
            pipelines.set_requested(None)
            names = sorted(set(pipelines) - {DEFAULT})
            hint = close_matches(name, names)
            raise ProjectError(
                f"there is no pipeline {quoted([name])}{hint}; there are {', '.join(names)}"
            ) from None
        return found

    def _create(self, params: Mapping[str, Any]) -> Any:
        options: dict[str, Any] = {
            "project_path": self.project_path,
            "env": self.env,
            "conf_source": self.conf_source,
        }
        if issubclass(settings.SESSION_CLASS, KedroSession):
            options["runtime_params"] = dict(params)
        return settings.SESSION_CLASS.create(**options)


def with_values(params: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    """Return nested parameters with other values, given by their dotted names."""
    merged = dict(deepcopy(dict(params)))
    for name, value in changed.items():
        *groups, last = name.split(".")
        place = merged
        for group in groups:
            inner = place.get(group)
            place[group] = dict(inner) if isinstance(inner, Mapping) else {}
            place = place[group]
        place[last] = value
    return merged


def value_of(params: Any, name: str, default: Any = None) -> Any:
    """Return the value of a nested parameter by its dotted name."""
    for part in name.split("."):
        if isinstance(params, Mapping) and part in params:
            params = params[part]
        else:
            return default
    return params
