"""Runners of Kedro for a search: what does not depend on its parameters runs once, the rest in each trial."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline
from kedro.runner import SequentialRunner

from foretune.project.tuning.trial_catalog import configurations_of, move_outputs
from foretune.recommendation.function_search import Metric, Step, StepSplit, split_steps, touches

PARAMETERS, PREFIX = "parameters", "params:"
ONCE, EACH = "once", "each"


def changed_inputs(pipeline: Pipeline, parameters: Collection[str]) -> set[str]:
    """Return the inputs of a pipeline that hold one of the parameters, given by their dotted names."""
    return {
        name
        for name in pipeline.inputs()
        if name == PARAMETERS
        or (
            name.startswith(PREFIX) and any(touches(name.removeprefix(PREFIX), other) for other in parameters)
        )
    }


def split_pipeline(pipeline: Pipeline, parameters: Collection[str], also_kept: Collection[str]) -> StepSplit:
    """Split the nodes of a pipeline by whether they depend on parameters.

    Parameters
    ----------
    pipeline
        The pipeline.
    parameters
        Dotted names of the parameters that a search changes.
    also_kept
        Datasets to keep whether or not a later node reads them.
    """
    steps = [Step(node.name, frozenset(node.inputs), frozenset(node.outputs)) for node in pipeline.nodes]
    split = split_steps(steps, changed_inputs(pipeline, parameters))
    made = {name for step in steps if step.name in split.once for name in step.outputs}
    return split._replace(kept=split.kept | (made & set(also_kept)))


class KeptOutputs:
    """Outputs of the nodes that run once, for the trials.

    Parameters
    ----------
    split
        Which nodes run once.
    folder
        Where datasets with files are kept in these; the others are kept in memory.

    Attributes
    ----------
    datasets
        Datasets by name, once they are made.
    in_memory
        Names of those that the project saves elsewhere than in local files.
    """

    def __init__(self, split: StepSplit, folder: Path) -> None:
        self.split, self.folder = split, folder
        self.datasets: dict[str, Any] = {}
        self.in_memory: set[str] = set()
        self._seen: dict[str, Any] | None = None

    @property
    def is_made(self) -> bool:
        """Whether all nodes that run once have run."""
        return self._seen is not None or not self.split.once

    def keep(self, pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]) -> None:
        """Keep the outputs of a run of the nodes that run once, and what they were made from."""
        self.datasets = {name: catalog[name] for name in self.split.kept}
        self._seen = _origins(pipeline, catalog)

    def still_hold(self, pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]) -> bool:
        """Whether the nodes that run once would have the same inputs: a parameter may refer to another."""
        if not self.split.once:
            return True
        now = _origins(pipeline, catalog)
        return (
            self._seen is not None
            and now.keys() == self._seen.keys()
            and all(_are_equal(now[name], self._seen[name]) for name in now)
        )


class OnceRunner(SequentialRunner):
    """Runs the nodes of a pipeline that do not depend on the parameters of a search, and keeps their outputs.

    Parameters
    ----------
    kept
        Takes the outputs.

    Attributes
    ----------
    has_begun
        Whether the first node has begun.
    """

    def __init__(self, kept: KeptOutputs) -> None:
        super().__init__()
        self._kept = kept
        self.has_begun = False

    def run(self, pipeline: Pipeline, catalog: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Run the nodes."""
        part = _part(pipeline, self._kept.split.once)
        self._kept.in_memory |= set(move_outputs(catalog, part.all_outputs(), self._kept.folder / ONCE))
        self.has_begun = True
        made = super().run(part, catalog, *args, **kwargs)
        self._kept.keep(part, catalog)
        return made


class TableRunner(SequentialRunner):
    """Runs what datasets need that depend on the parameters of a search, once with their current values.

    Parameters
    ----------
    kept
        Outputs of the nodes that run once.
    names
        The datasets.

    Attributes
    ----------
    data
        Content of the datasets after the run, by name.
    """

    def __init__(self, kept: KeptOutputs, names: Collection[str]) -> None:
        super().__init__()
        self._kept, self._names = kept, sorted(names)
        self.data: dict[str, Any] = {}

    def run(self, pipeline: Pipeline, catalog: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Run the nodes."""
        needed = {node.name for node in pipeline.to_outputs(*self._names).nodes}
        part = _part(pipeline, needed & set(self._kept.split.each))
        self._kept.in_memory |= set(move_outputs(catalog, part.all_outputs(), self._kept.folder / EACH))
        for name, dataset in self._kept.datasets.items():
            catalog[name] = dataset
        made = super().run(part, catalog, *args, **kwargs)
        self.data = {name: catalog.load(name) for name in self._names}
        return made


class TrialRunner(SequentialRunner):
    """Runs the nodes of a pipeline that depend on the parameters of a search, and reads the metric.

    Parameters
    ----------
    kept
        Outputs of the other nodes.
    metric
        The metric.

    Attributes
    ----------
    has_begun
        Whether the first node has begun.
    data
        Content of the metric's dataset after the run.
    """

    def __init__(self, kept: KeptOutputs, metric: Metric) -> None:
        super().__init__()
        self._kept, self._metric = kept, metric
        self.has_begun = False
        self.data: Any = None

    def run(self, pipeline: Pipeline, catalog: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Run the nodes; all of them if what was kept does not hold."""
        part = pipeline
        if self._kept.still_hold(_part(pipeline, self._kept.split.once), catalog):
            part = _part(pipeline, self._kept.split.each)
        self._kept.in_memory |= set(move_outputs(catalog, part.all_outputs(), self._kept.folder / EACH))
        if part is not pipeline:
            for name, dataset in self._kept.datasets.items():
                catalog[name] = dataset
        self.has_begun = True
        made = super().run(part, catalog, *args, **kwargs)
        self.data = catalog.load(self._metric.dataset)
        return made


def _part(pipeline: Pipeline, names: Collection[str]) -> Pipeline:
    return Pipeline([node for node in pipeline.nodes if node.name in set(names)])


def _origins(pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]) -> dict[str, Any]:
    """Return the parameters that a pipeline reads, and the configurations of its other inputs."""
    inputs = pipeline.inputs()
    for name in inputs:
        catalog.get(name)
    configurations: Mapping[str, Any] = configurations_of(catalog)
    return {
        name: catalog.load(name)
        if name == PARAMETERS or name.startswith(PREFIX)
        else configurations.get(name)
        for name in inputs
    }


def _are_equal(first: Any, second: Any) -> bool:
    try:
        return bool(first == second)
    except (TypeError, ValueError):
        return False
