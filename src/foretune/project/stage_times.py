"""Seconds that each pipeline of a run took, of the wall clock, said at the end of the run."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from kedro.framework.hooks import hook_impl

if TYPE_CHECKING:
    from kedro.pipeline import Pipeline
    from kedro.pipeline.node import Node

logger = logging.getLogger(__name__)

OTHER = "other"
SLOW_NODES = 3


class TimeStages:
    """Logs how many seconds each pipeline took, and which nodes took longest."""

    def __init__(self) -> None:
        self._start = 0.0
        self._started: dict[str, float] = {}
        self._seconds: dict[str, float] = {}

    @hook_impl
    def before_pipeline_run(self) -> None:
        """Begin to count."""
        self._start = time.perf_counter()
        self._started, self._seconds = {}, {}

    @hook_impl
    def before_node_run(self, node: Node) -> None:
        """Begin to count for a node."""
        self._started[node.name] = time.perf_counter()

    @hook_impl
    def after_node_run(self, node: Node) -> None:
        """Add what a node took."""
        self._seconds[node.name] = time.perf_counter() - self._started.pop(node.name)

    @hook_impl
    def after_pipeline_run(self, pipeline: Pipeline) -> None:
        """Log the seconds of the pipelines, in the order in which they ran, and those of the slowest nodes.

        What is read and written between nodes counts for the whole run alone.
        """
        from kedro.framework.project import pipelines

        stages = {
            node.name: name
            for name, one in pipelines.items()
            if one is not None and name != "__default__"
            for node in one.nodes
        }
        seconds: dict[str, float] = {}
        for node in pipeline.nodes:
            if node.name in self._seconds:
                stage = stages.get(node.name, OTHER)
                seconds[stage] = seconds.get(stage, 0.0) + self._seconds[node.name]
        parts = ", ".join(f"{stage} {spent:.0f}" for stage, spent in seconds.items())
        slowest = sorted(self._seconds.items(), key=lambda one: -one[1])[:SLOW_NODES]
        longest = ", ".join(f"{name} {spent:.0f}" for name, spent in slowest)
        whole = time.perf_counter() - self._start
        logger.info("Seconds: %s; in all %.0f; longest nodes: %s", parts, whole, longest)
