"""Search over the parameters of a project, as the command makes it."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from kedro.framework.startup import bootstrap_project
from tests.project.tuning.conftest import Flights

from foretune.project.tuning.project_run import ProjectError, ProjectRun
from foretune.project.tuning.project_tuning import LearnerOptions, ProjectTuning, working_folder
from foretune.recommendation.function_search import Metric


def _tuning(flights: Flights, folder: Path, *names: str, metric: str = "metrics:r2") -> ProjectTuning:
    bootstrap_project(flights.path)
    project = ProjectRun(flights.path, pipeline_names=["data_science"])
    space = dict.fromkeys(names, "int(1,3)")
    return ProjectTuning(project, space, Metric.read(metric), "maximize", LearnerOptions(), 0, folder)


def test_the_current_values_are_those_of_the_project(flights: Flights, tmp_path: Path) -> None:
    tuning = _tuning(flights, tmp_path, "model_options.max_depth", "model_options.new")
    assert tuning.current == {"model_options.max_depth": 1}
    tuning.check()
    (note,) = tuning.notes
    assert note.startswith("model_options.new is not among the parameters, and is added to them")
    assert not tuning.replaces_groups
    assert tuning.kept.split.kept == {"X_train", "X_test", "y_train", "y_test"}
    assert logging.root.manager.disable == 0


def test_a_parameter_in_one_that_is_no_group_is_refused(flights: Flights, tmp_path: Path) -> None:
    tuning = _tuning(flights, tmp_path, "model_options.max_depth.low")
    with pytest.raises(ProjectError, match=r"low: model_options.max_depth is no group of .*, but 1$"):
        tuning.check()


def test_a_parameter_that_no_node_reads_is_refused(flights: Flights, tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"split_option.seed: no node .*did you mean 'split_options.seed'"):
        _tuning(flights, tmp_path, "split_option.seed").check()


def test_written_values_are_checked_against_what_the_project_reads(flights: Flights, tmp_path: Path) -> None:
    tuning = _tuning(flights, tmp_path, "model_options.max_depth")
    (file,), others = tuning.write({"model_options.max_depth": 2}, "")
    assert others == []
    assert file == flights.path / "conf/local/parameters_tune.yml"
    assert tuning.project.context().params["model_options"] == {"max_depth": 2, "learning_rate": 0.01}
    # A file in a folder of its own
    other = flights.path / "conf/local/parameters"
    other.mkdir()
    file.rename(other / "mine.yml")
    assert tuning.write({"model_options.max_depth": 3}, "") == ([other / "mine.yml"], [])


def test_the_working_folder_is_gone_afterwards() -> None:
    with working_folder() as folder:
        (folder / "a").mkdir()
    assert not folder.exists()


def test_a_parameter_that_follows_another_is_named_where_a_run_has_it_otherwise(
    flights: Flights, tmp_path: Path
) -> None:
    with (flights.path / "conf/base/parameters.yml").open("a") as file:
        file.write("\nfollows: ${model_options.max_depth}\n")
    tuning = _tuning(flights, tmp_path, "model_options.max_depth")
    assert tuning.project.parameters({"model_options": {"max_depth": 2}})["follows"] == 2
    # In base it is still what base has
    assert tuning.write({"model_options.max_depth": 2}, "")[1] == ["follows"]
