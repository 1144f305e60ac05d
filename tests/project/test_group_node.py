from __future__ import annotations

import doctest

import pytest
from kedro.pipeline import Pipeline

from foretune.pipelines import metafeatures
from foretune.project import GroupNode, group_node


def increase(number: int) -> int:
    """Add one."""
    return number + 1


@pytest.fixture
def grouped() -> Pipeline:
    nodes = [GroupNode(increase, inputs="first", outputs="second", name="increase")]
    return Pipeline(nodes, tags="all", namespace="numbers", prefix_datasets_with_namespace=False)


def test_the_group_is_a_namespace_and_no_part_of_names(grouped: Pipeline) -> None:
    (node,) = grouped.nodes
    assert (node.namespace, node.name, node.tags) == ("numbers", "increase", {"all"})
    assert grouped.datasets() == {"first", "second"}
    assert grouped.only_nodes("increase").nodes == grouped.only_nodes_with_namespaces(["numbers"]).nodes


def test_it_keeps_its_name_when_it_is_copied(grouped: Pipeline) -> None:
    copied = Pipeline(grouped, inputs={"first": "other"}, tags="more")
    assert [(node.name, node.inputs) for node in copied.nodes] == [("increase", ["other"])]


def test_a_namespace_around_the_group_is_part_of_the_name(grouped: Pipeline) -> None:
    around = Pipeline(grouped, namespace="mine")
    assert [(node.namespace, node.name) for node in around.nodes] == [("mine.numbers", "mine.increase")]


def test_a_scheduler_gets_one_task_for_each_group() -> None:
    (group,) = metafeatures.create_pipeline().group_nodes_by("namespace")
    assert (group.name, group.type) == ("metafeatures", "namespace")


def test_the_example_holds() -> None:
    assert doctest.testmod(group_node).failed == 0
