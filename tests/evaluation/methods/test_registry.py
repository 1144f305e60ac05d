from __future__ import annotations

from pathlib import Path

from foretune.evaluation import methods
from foretune.evaluation.methods.names import METHODS
from foretune.evaluation.methods.registry import create_methods
from foretune.evaluation.parameters import EvaluationParameters

SHARED = {"discordance", "gaussian_process", "method", "names", "ranking", "registry", "search_history"}


def test_every_file_is_registered() -> None:
    folder = Path(methods.__file__).parent
    files = {path.stem for path in folder.glob("*.py")} - {"__init__", *SHARED}
    assert files == {module for module, _ in METHODS.values()}


def test_methods_are_created_by_name_one_for_each_number_of_neighbours() -> None:
    parameters = EvaluationParameters(methods=("nearest_tasks", "best_average"), n_neighbours=(2, 7))
    names = [method.name for method in create_methods(parameters, [])]
    assert names == ["nearest_tasks_2", "nearest_tasks_7", "best_average"]


def test_names_in_the_tables_are_distinct_and_those_of_the_parameters() -> None:
    parameters = EvaluationParameters(methods=tuple(METHODS))
    names = [method.name for method in create_methods(parameters, [])]
    assert len(set(names)) == len(names)
    assert set(METHODS) - {"nearest_tasks"} <= set(names)
