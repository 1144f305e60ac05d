"""Runs of a project with changed parameters."""

from __future__ import annotations

import pytest
from kedro.framework.startup import bootstrap_project
from kedro.runner import SequentialRunner
from tests.project.tuning.conftest import Flights

from foretune.project.tuning.project_run import ProjectError, ProjectRun, value_of, with_values


def test_values_go_into_their_groups_and_leave_the_given_ones() -> None:
    given = {"a": {"b": 1, "c": 2}, "d": 3}
    assert with_values(given, {"a.b": 9, "d.e": 4, "f": 5}) == {"a": {"b": 9, "c": 2}, "d": {"e": 4}, "f": 5}
    assert given == {"a": {"b": 1, "c": 2}, "d": 3}


def test_a_value_is_found_by_its_dotted_name() -> None:
    params = {"a": {"b": {"c": 1}}, "n": None}
    assert value_of(params, "a.b.c") == 1
    assert value_of(params, "a.b") == {"c": 1}
    assert value_of(params, "a.x.c", 7) == 7
    assert value_of(params, "n", 7) is None


def test_a_pipeline_is_cut_to_what_the_metric_needs(flights: Flights) -> None:
    bootstrap_project(flights.path)
    project = ProjectRun(flights.path, pipeline_names=["data_science"])
    assert [node.name for node in project.pipeline("metrics").nodes] == [
        "split_node",
        "train_node",
        "evaluate_node",
    ]
    assert len(project.pipeline("description").nodes) == 3
    assert project.makers_of("model_input_table") == ["data_processing"]
    with pytest.raises(ProjectError, match=r"does not make 'metrix' \(did you mean 'metrics'"):
        project.pipeline("metrix")
    with pytest.raises(
        ProjectError, match="there is no pipeline 'none'; there are data_processing, data_science"
    ):
        ProjectRun(flights.path, pipeline_names=["none"]).pipeline("metrics")


def test_a_run_has_the_parameters_that_it_is_given(flights: Flights) -> None:
    bootstrap_project(flights.path)
    project = ProjectRun(
        flights.path, params={"model_options": {"max_depth": 3}}, pipeline_names=["data_science"]
    )
    assert project.context().params["model_options"] == {"max_depth": 3, "learning_rate": 0.01}
    assert project.parameters({})["model_options"] == {"max_depth": 1, "learning_rate": 0.01}
    made = project.run(SequentialRunner(), project.params, ["metrics"])
    assert list(made) == ["metrics"]
    assert flights.calls() == {"split_data": 1, "train_model": 1, "evaluate_model": 1}
