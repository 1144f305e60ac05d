import pytest

from foretune.tasks.sources.sklearn_bundled import read_sklearn_dataset
from foretune.tasks.task_source import TaskSource


def test_bundled_classes_have_names() -> None:
    frame = read_sklearn_dataset(
        TaskSource("iris", "sklearn", "load_iris", "target", "classification", "iris")
    )
    assert frame["target"].value_counts().to_dict() == {"setosa": 50, "versicolor": 50, "virginica": 50}


def test_bundled_regression_target_stays_a_number() -> None:
    known = TaskSource("diabetes", "sklearn", "load_diabetes", "target", "regression", "diabetes")
    frame = read_sklearn_dataset(known)
    assert frame["target"].mean() == pytest.approx(152.133, abs=1e-3)
