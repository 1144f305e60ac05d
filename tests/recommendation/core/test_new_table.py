from __future__ import annotations

import datetime
import decimal
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.datasets import load_iris

import foretune
from foretune import MetaSearchCV
from foretune.metafeatures import MetafeatureExtractor
from foretune.recommendation import Recommender, load_memory
from foretune.recommendation.core.new_table import (
    check_metafeatures,
    describe_table,
    read_metafeatures,
    read_table,
)
from foretune.recommendation.core.parameters import RecommendationParameters
from foretune.recommendation.table.result import recommend_to
from foretune.recommendation.table.user_table import read_user_table
from foretune.tables import TableError

if TYPE_CHECKING:
    from pathlib import Path

    from foretune.meta_model.memory import Memory

N = 30
NUMBERS = np.arange(float(N))
CLASSES = np.arange(N) % 2
RNG = np.random.default_rng(0)
FLAGS = RNG.random(N) < 0.4
PLACES = RNG.integers(0, 4, N)
HOLES = PLACES == 0
DATES = pd.Series(pd.date_range("2024-01-01 05:00", periods=N, freq="37h"))

# One column each, beside one of numbers
COLUMNS: dict[str, Callable[[], Any]] = {
    "numbers": lambda: RNG.normal(size=N),
    "single precision": lambda: RNG.normal(size=N).astype("float32"),
    "integers": lambda: PLACES,
    "small integers": lambda: PLACES.astype("uint8"),
    "nullable integers": lambda: pd.Series(PLACES).astype("Int64").mask(HOLES),
    "arrow integers": lambda: pd.Series(PLACES).astype("Int64").mask(HOLES).astype("int64[pyarrow]"),
    "arrow decimals": lambda: pd.Series(
        [decimal.Decimal(int(k)) for k in PLACES], dtype=pd.ArrowDtype(pa.decimal128(5, 2))
    ),
    "numbers as objects": lambda: pd.Series([1, 2.5, None] * 10, dtype=object),
    "skewed": lambda: np.exp(RNG.normal(size=N) * 5),
    "sparse": lambda: pd.arrays.SparseArray(np.where(HOLES, 1.5, 0.0)),
    "booleans": lambda: FLAGS,
    "nullable booleans": lambda: pd.Series(FLAGS).astype("boolean").mask(HOLES),
    "arrow booleans": lambda: pd.Series(FLAGS).astype("boolean").mask(HOLES).astype("bool[pyarrow]"),
    "booleans as objects": lambda: pd.Series([True, None, False] * 10, dtype=object),
    "sparse booleans": lambda: pd.arrays.SparseArray(FLAGS),
    "zeros and ones": lambda: FLAGS.astype(int),
    "dates": lambda: DATES,
    "dates with gaps": lambda: DATES.mask(HOLES),
    "dates with a zone": lambda: DATES.dt.tz_localize("Europe/Vienna"),
    "arrow dates": lambda: DATES.dt.date.astype("date32[pyarrow]"),
    "durations": lambda: DATES - DATES[0],
    "periods": lambda: pd.period_range("2020-01", periods=N, freq="M"),
    "dates as objects": lambda: pd.Series(
        [datetime.date(2024, 1, 1 + at % 9) for at in range(N)], dtype=object
    ),
    "text": lambda: pd.Series(["b", "a", None] * 10),
    "texts as objects": lambda: pd.Series(["b", "a", None] * 10, dtype=object),
    "arrow text": lambda: pd.Series(["b", "a", None] * 10, dtype="string[pyarrow]"),
    "yes and no": lambda: np.where(FLAGS, "yes", "no"),
    "categories in an order": lambda: pd.Categorical(["low", "mid", "high"] * 10, ["low", "mid", "high"]),
    "categories with gaps": lambda: pd.Categorical(["x", None, "y"] * 10, ["z", "y", "x"]),
    "categories of numbers": lambda: pd.Series([10, 9, 2] * 10).astype("category"),
    "categories of booleans": lambda: pd.Series(FLAGS).astype("category"),
    "mixed": lambda: pd.Series([1, "a", None, 2.5, True, "b"] * 5, dtype=object),
    "lists": lambda: pd.Series([[int(k)] for k in PLACES]),
    "intervals": lambda: pd.cut(NUMBERS[::-1], 3),
    "complex": lambda: PLACES * 1j,
    "constant": lambda: np.ones(N),
    "constant text": lambda: np.full(N, "a"),
    "nothing": lambda: np.full(N, np.nan),
    "no objects": lambda: pd.Series([None] * N, dtype=object),
}
TARGETS: dict[str, Any] = {
    "two classes": CLASSES,
    "a class of one row": np.where(NUMBERS == 7, "rare", np.where(FLAGS, "yes", "no")),
    "classes as numbers": pd.Series([2, 10, 1] * 10).astype("category"),
    "truth": FLAGS,
    "values": NUMBERS**2,
    "nullable values": pd.Series(NUMBERS**2).astype("Float64"),
}


def _is_described_alike(X: Any, y: Any, memory: Memory) -> bool:
    direct = MetafeatureExtractor().extract(X, y)
    used = describe_table(read_table(X, y), MetafeatureExtractor().settings())
    pd.testing.assert_series_equal(used, direct, check_exact=True)
    # What the whole way through a recommendation makes of it
    assert memory.provenance is not None
    settings = memory.provenance.metafeature_settings
    assert settings is not None
    recommender = Recommender.for_table(X, y, memory=memory)
    own = MetafeatureExtractor.from_settings(settings).extract(X, y)
    pd.testing.assert_series_equal(recommender.metafeatures, own, check_exact=True)
    return bool(direct.notna().any())


@pytest.mark.quick(
    "numbers",
    "nullable integers",
    "arrow decimals",
    "sparse",
    "booleans",
    "dates with gaps",
    "durations",
    "text",
    "categories in an order",
    "mixed",
    "lists",
    "constant text",
    "nothing",
)
@pytest.mark.parametrize("name", COLUMNS)
def test_the_extractor_describes_every_column_as_a_recommendation_does(
    name: str, memory_folder: Path
) -> None:
    memory = load_memory("classification", memory_folder)
    X = pd.DataFrame({"x": NUMBERS, "target": COLUMNS[name]()})
    assert _is_described_alike(X, CLASSES, memory)


@pytest.mark.quick("two classes", "values")
@pytest.mark.parametrize("name", TARGETS)
def test_the_extractor_describes_every_target_as_a_recommendation_does(
    name: str, memory_folder: Path
) -> None:
    kind = "regression" if "values" in name else "classification"
    X = pd.DataFrame({key: make() for key, make in COLUMNS.items()})
    assert _is_described_alike(X, TARGETS[name], load_memory(kind, memory_folder))


def test_a_boolean_is_described_as_zeros_and_ones_are() -> None:
    y = pd.Series(CLASSES)
    one, two = (pd.DataFrame({"x": NUMBERS, "flag": FLAGS.astype(kind)}) for kind in (bool, int))
    described = [MetafeatureExtractor().extract(X, y) for X in (one, two)]
    pd.testing.assert_series_equal(*described, check_exact=True)
    assert described[0]["simple.share_boolean"] == 0.5


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (NUMBERS[:, None], CLASSES[:-1], "X has 30 rows but y has 29"),
        (np.full((N, 1), np.nan), CLASSES, "no feature has a value"),
        (np.where(NUMBERS == 3, np.inf, NUMBERS)[:, None], CLASSES, "non-finite numbers in columns 'x0'"),
        (NUMBERS[:, None], np.zeros(N), "target 'y' has one class only"),
        (NUMBERS[:3, None], np.array(["a", "a", "b"]), "1 class of at least 2 rows, two are needed"),
        (NUMBERS[:1, None], CLASSES[:1], "n_samples = 1, at least 2 are needed"),
        (pd.DataFrame(np.zeros((N, 2)), columns=["a", "a"]), CLASSES, "duplicate column names 'a'"),
    ],
)
def test_what_teaches_nothing_is_one_line(X: Any, y: Any, message: str) -> None:
    with pytest.raises(TableError, match=message):
        read_table(X, y)


def test_five_rows_are_enough_to_be_read() -> None:
    table = read_table(NUMBERS[:5, None], np.array(["a", "b", "a", "b", "a"])[:, None])
    assert table.y.tolist() == [*"ababa"]


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
