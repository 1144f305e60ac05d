from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris

import foretune
from foretune import MetaSearchCV
from foretune.recommendation import load_memory
from foretune.recommendation.core.new_table import TableError, check_metafeatures, read_metafeatures
from foretune.recommendation.core.parameters import RecommendationParameters
from foretune.recommendation.table.result import recommend_to
from foretune.recommendation.table.user_table import read_user_table

if TYPE_CHECKING:
    from pathlib import Path

    from foretune.meta_model.memory import Memory


@pytest.fixture
def foreign(memory_folder: Path) -> Memory:
    """Give a memory whose tasks were described elsewhere."""
    memory = load_memory("classification", memory_folder)
    assert memory.provenance is not None
    return replace(memory, provenance=replace(memory.provenance, metafeature_settings=None))


@pytest.fixture
def described(foreign: Memory) -> pd.Series:
    return pd.Series(foreign.training_set.metafeatures[0].astype(float), list(foreign.metafeatures))


def test_a_search_by_given_metafeatures(foreign: Memory, described: pd.Series) -> None:
    X, y = load_iris(return_X_y=True, as_frame=True)
    with pytest.raises(TableError, match="by the argument metafeatures"):
        MetaSearchCV("svm", 1, memory=foreign, random_state=0).fit(X, y)
    options: dict[str, Any] = {"memory": foreign, "random_state": 0}
    search = MetaSearchCV("svm", 2, metafeatures=described, **options).fit(X, y)
    assert search.n_trials_ == 2
    expected = foretune.suggest(X, y, "svm", k=1, metafeatures=described, **options)
    zero_shot = MetaSearchCV("svm", 0, metafeatures=described, **options).fit(X, y)
    assert zero_shot.best_params_ == expected["params"].iloc[0]


@pytest.mark.parametrize("kind", ["series", "mapping", "frame", "objects"])
def test_every_form_says_the_same(kind: str, foreign: Memory, described: pd.Series) -> None:
    given: Any = {
        "series": described,
        "mapping": described.to_dict(),
        "frame": described.to_frame().T,
        "objects": described.astype(object).where(described.notna(), None),
    }[kind]
    pd.testing.assert_series_equal(
        check_metafeatures(given, foreign), described, check_names=False, check_index_type=False
    )


def test_names_that_are_unknown_are_ignored_and_missing_ones_undefined(
    foreign: Memory, described: pd.Series
) -> None:
    part = described.iloc[:3].astype(object)
    part["task_id"] = "new"
    found = check_metafeatures(part, foreign)
    assert list(found.index) == list(described.index[:3])


def test_what_cannot_be_metafeatures_is_said_in_one_line(foreign: Memory, described: pd.Series) -> None:
    with pytest.raises(TableError, match=r"knows none of 'rows', 'columns'; its tasks are .* 'simple\."):
        check_metafeatures({"rows": 3, "columns": 4}, foreign)
    name = described.index[0]
    with pytest.raises(TableError, match=f"metafeatures: {name} = 'many' is no number"):
        check_metafeatures({name: "many"}, foreign)
    with pytest.raises(TableError, match="metafeatures: 2 rows, but the new table is one task"):
        check_metafeatures(pd.DataFrame([described, described]), foreign)
    with pytest.raises(TableError, match=f"{name} = .* is no number"):
        check_metafeatures({name: [1.0, 2.0]}, foreign)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_file_with_one_row(suffix: str, foreign: Memory, described: pd.Series, tmp_path: Path) -> None:
    file = tmp_path / f"new.{suffix}"
    table = described.to_frame().T.reset_index(drop=True).assign(task_id="new")
    table.to_csv(file, index=False) if suffix == "csv" else table.to_parquet(file)
    found = check_metafeatures(read_metafeatures(str(file)), foreign)
    np.testing.assert_allclose(found.to_numpy(), described.to_numpy(), rtol=1e-12)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"nowhere\.csv: "):
        read_metafeatures(str(tmp_path / "nowhere.csv"))
    (tmp_path / "two.csv").write_text("a,b\n1,2\n3,4\n")
    with pytest.raises(TableError, match=r"two\.csv: 2 rows, but the new table is one task"):
        read_metafeatures(str(tmp_path / "two.csv"))


def test_a_run_reads_them_from_a_file(foreign: Memory, described: pd.Series, tmp_path: Path) -> None:
    table, file = tmp_path / "flowers.csv", tmp_path / "metafeatures.csv"
    load_iris(as_frame=True).frame.to_csv(table, index=False)
    described.to_frame().T.to_csv(file, index=False)
    parameters = RecommendationParameters(learner="svm", k=2, metafeatures=str(file))
    user_table = read_user_table(str(table), "target")
    result = recommend_to(user_table, foreign, parameters, seed=0)
    X, y = load_iris(return_X_y=True, as_frame=True)
    expected = foretune.suggest(X, y, "svm", k=2, memory=foreign, metafeatures=described)
    assert result.recommendations["config_id"].tolist() == expected["config_id"].tolist()
    with pytest.raises(TableError, match="by the argument metafeatures"):
        recommend_to(user_table, foreign, RecommendationParameters(learner="svm"), seed=0)
