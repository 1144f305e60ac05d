"""Nodes in groups that Kedro-Viz folds, under the names that they would have without the groups."""

from __future__ import annotations

from typing import Any

from kedro.pipeline import Node

# What Kedro calls whenever a pipeline gives its nodes other tags, datasets or namespaces
COPY = "_copy"


class GroupNode(Node):
    """Node whose innermost namespace is a group: no part of the node's name.

    Kedro puts the namespace of a node before its name. The groups of the project's pipelines are there to be
    folded in Kedro-Viz, and to become one task each in a scheduler; ``kedro run --nodes`` and logs name
    the nodes without them.

    Examples
    --------
    >>> from kedro.pipeline import Pipeline
    >>> node = GroupNode(max, inputs=["a", "b"], outputs="c", name="compare", namespace="figures")
    >>> node.name, node.namespace
    ('compare', 'figures')
    >>> [node.name for node in Pipeline([node], namespace="mine").nodes]
    ['mine.compare']
    """

    @property
    def name(self) -> str:
        """Name of the node, behind the namespaces around its group."""
        around = (self.namespace or "").split(".")[:-1]
        return ".".join([*around, self.short_name])

    def _copy(self, **changes: Any) -> Node:
        # Kedro's copies are of its own class, and would have the group in their names
        copied: Node = getattr(super(), COPY)(**changes)
        copied.__class__ = type(self)
        return copied
