from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from foretune import MetaSearchCV
from foretune.recommendation.search_cv.column_reader import ColumnReader, check_table
from foretune.tables import TableError, column_formats

N = 40


@pytest.fixture
def raw() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "number": rng.normal(size=N),
            "yes": rng.random(N) < 0.5,
            "when": pd.date_range("1970-01-02", periods=N),
            "text": ["a", "b", None, "c"] * 10,
            "empty": np.nan,
        }
    )


def test_learners_see_numbers_and_categories(raw: pd.DataFrame) -> None:
    reader = ColumnReader().fit(raw)
    types = [column.type for column in reader.format_.columns]
    assert types == ["number", "number", "time", "nominal", "ignored"]
    read = reader.transform(raw)
    assert read.dtypes.astype(str).to_dict() == {
        **dict.fromkeys(["number", "yes", "when"], "float64"),
        "text": "category",
        **dict.fromkeys(["when.month", "when.day_of_week"], "float64"),
    }
    assert read["when"].tolist() == list(range(1, N + 1))
    assert set(read["yes"]) == {0.0, 1.0}
    assert reader.get_feature_names_out().tolist() == list(read.columns)


def test_what_a_column_is_was_decided_in_fit(raw: pd.DataFrame) -> None:
    reader = ColumnReader().fit(raw)
    new = raw.head(3).assign(number=pd.Series([None] * 3, dtype=object), text=[1.0, "new", True])
    read = reader.transform(new)
    assert read["number"].isna().all()
    assert read["number"].dtype == float
    assert read["text"].tolist() == ["1", "new", "True"]
    with pytest.raises(TableError, match="column 'number' held numbers in fit, but holds 'x' now"):
        reader.transform(raw.assign(number="x"))
    with pytest.raises(TableError, match="non-finite numbers in columns 'number'"):
        reader.transform(raw.assign(number=np.inf))


def test_what_is_no_table_is_refused(raw: pd.DataFrame) -> None:
    with pytest.raises(TableError, match="no feature has a value"):
        ColumnReader().fit(raw[["empty"]])
    with pytest.raises(TableError, match="duplicate column names 'a'"):
        check_table(pd.DataFrame([[1, 2]], columns=["a", "a"]))
    with pytest.raises(ValueError, match="0 sample"):
        check_table(raw.head(0))


@pytest.mark.filterwarnings("ignore::foretune.recommendation.core.suggestions.RecommendationWarning")
def test_a_search_reads_each_column_at_most_twice(
    raw: pd.DataFrame, memory_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once for description and folds, and once for the last fit."""
    inferred: Counter[str] = Counter()
    read: Counter[str] = Counter()
    run, read_one = column_formats._Inference.run, column_formats._read

    def count_inference(inference: Any) -> Any:
        inferred[str(inference._column.name)] += 1
        return run(inference)

    def count_reading(column: pd.Series, format_: Any) -> Any:
        read[str(column.name)] += 1
        return read_one(column, format_)

    monkeypatch.setattr(column_formats._Inference, "run", count_inference)
    monkeypatch.setattr(column_formats, "_read", count_reading)
    y = np.arange(N) % 2
    search = MetaSearchCV("k_nearest_neighbours", 2, memory=str(memory_folder), random_state=0)
    search.fit(raw, y)
    assert inferred == dict.fromkeys(raw.columns, 1)
    # Texts were read to know what they are
    del read["y"]
    assert read == {**dict.fromkeys(["number", "yes", "when"], 2), "text": 1}
    search.predict(raw)
    del read["y"]
    assert read == {**dict.fromkeys(["number", "yes", "when"], 3), "text": 2}


def test_a_table_is_taken_by_position_where_names_are_missing(raw: pd.DataFrame) -> None:
    numbers = raw[["number", "yes"]].astype(float)
    reader = ColumnReader().fit(numbers)
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        from_array = reader.transform(numbers.to_numpy())
    pd.testing.assert_frame_equal(from_array, reader.transform(numbers))
    nameless = ColumnReader().fit(numbers.to_numpy())
    with pytest.warns(UserWarning, match="X has feature names"):
        assert nameless.transform(numbers).columns.tolist() == ["x0", "x1"]


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        (
            lambda X: X.iloc[:, ::-1],
            "Column 1 is 'd' and was 'a'. Take the columns of fit, in their order: X[",
        ),
        (lambda X: X.assign(more=1), "- more\nTake the columns of fit, in their order: X[list("),
        (lambda X: X[["a", "b"]], "- c\n- d\n2 columns missing: give them, or without values by X.reindex("),
        (lambda X: X.add_prefix("x" * 400), "4 columns missing: give them, or without values by X.reindex("),
    ],
)
def test_other_columns_are_refused_as_by_scikit_learn_with_what_to_do(change: Any, hint: str) -> None:
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 4)), columns=[*"abcd"])
    reader, changed = ColumnReader().fit(X), change(X)
    with pytest.raises(ValueError, match="The feature names should match those that were passed") as caught:
        reader.transform(changed)
    message = str(caught.value)
    assert hint in message
    assert len(message) <= 500
    remedy = message.rpartition("X")[2].replace("model", "reader")
    assert reader.transform(eval(f"X{remedy}", {"X": changed, "reader": reader})).shape == X.shape


def test_masked_cells_are_missing() -> None:
    values = np.arange(20.0).reshape(10, 2) % 7
    masked = np.ma.MaskedArray(values, np.arange(20).reshape(10, 2) == 4)
    reader = ColumnReader().fit(masked)
    assert reader.transform(masked).isna().sum().tolist() == [1, 0]
    assert reader.transform(values).isna().sum().tolist() == [0, 0]
