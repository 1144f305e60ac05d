"""Small tables for the parts of the benchmark of large tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foretune.base import one_thread
from large.tables import SplitTable, find_tables, split_table

N_ROWS = 240


@pytest.fixture(autouse=True)
def _alone() -> Iterator[None]:
    """Fits on one thread, as in a run: many threads on few rows wait for each other."""
    with one_thread():
        yield


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a table of three classes, one of two and one of numbers; with categories and gaps."""
    folder = tmp_path_factory.mktemp("tables")
    rng = np.random.default_rng(0)
    a = rng.normal(size=N_ROWS)
    table = pd.DataFrame(
        {
            "a": np.where(rng.random(N_ROWS) < 0.1, np.nan, a),
            "b": rng.normal(size=N_ROWS),
            "colour": rng.choice(["red", "green", "blue", None], N_ROWS),
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 99, N_ROWS), "D"),
            "flag": rng.random(N_ROWS) < 0.5,
        }
    )
    noisy = a + 0.3 * rng.normal(size=N_ROWS)
    table.assign(target=noisy).to_parquet(folder / "numbers.parquet")
    table.assign(target=np.where(noisy > 0, "yes", "no")).to_parquet(folder / "two.parquet")
    classes = np.select([noisy > 0.5, noisy > -0.5], ["high", "middle"], "low").astype(object)
    classes[:4] = "rare"
    table.assign(target=classes).to_parquet(folder / "three.parquet")
    return folder


@pytest.fixture
def tables(folder: Path) -> dict[str, SplitTable]:
    """The tables, split."""
    return {file.name: split_table(file, 0) for file in find_tables([folder])}
