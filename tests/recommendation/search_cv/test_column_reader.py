from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foretune import MetaSearchCV
from foretune.recommendation.search_cv import column_reader
from foretune.recommendation.search_cv.column_reader import ColumnReader, check_table
from foretune.tables import TableError, cleaning

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
    assert reader.is_numeric_ == {0: True, 1: True, 2: True, 3: False}
    read = reader.transform(raw)
    assert read.dtypes.astype(str).to_dict() == dict.fromkeys(["number", "yes", "when"], "float64") | {
        "text": "category"
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
def test_a_search_cleans_each_column_at_most_twice(
    raw: pd.DataFrame, memory_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once for description and folds, and once for the last fit."""
    cleaned: Counter[str] = Counter()

    def count(column: pd.Series) -> None:
        cleaned[str(column.name)] += column.name in raw.columns

    clean_column, as_category = cleaning.clean_column, cleaning.as_category

    def counting_column(column: pd.Series) -> pd.Series:
        count(column)
        return clean_column(column)

    def counting_category(column: pd.Series) -> pd.Series:
        count(column)
        return as_category(column)

    monkeypatch.setattr(cleaning, "clean_column", counting_column)
    monkeypatch.setattr(column_reader, "clean_column", counting_column)
    monkeypatch.setattr(column_reader, "as_category", counting_category)
    y = np.arange(N) % 2
    search = MetaSearchCV("k_nearest_neighbours", 2, memory=str(memory_folder), random_state=0)
    search.fit(raw, y)
    assert cleaned == dict.fromkeys(["number", "yes", "when", "text"], 2)
    search.predict(raw)
    assert set(cleaned.values()) == {3}
