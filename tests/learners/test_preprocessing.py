from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretune.learners.native_form import NativeForm
from foretune.learners.parameters import PreprocessingParameters
from foretune.learners.preprocessing import PreparedTable, make_preprocessor
from foretune.tables import with_days

if TYPE_CHECKING:
    from collections.abc import Callable


def _split_by_hand(
    X: pd.DataFrame, parameters: PreprocessingParameters, train: Any, test: Any
) -> tuple[Any, Any]:
    preprocessor = make_preprocessor(parameters)
    return preprocessor.fit_transform(X.iloc[train]), preprocessor.transform(X.iloc[test])


def _assert_the_same(X: pd.DataFrame, max_categories: int, seed: int) -> None:
    parameters = PreprocessingParameters(max_categories=max_categories)
    order = np.random.default_rng(seed).permutation(len(X))
    train, test = np.sort(order[: len(X) * 2 // 3]), np.sort(order[len(X) * 2 // 3 :])
    found = PreparedTable(X, parameters).split(train, test)
    for one, other in zip(found, _split_by_hand(with_days(X), parameters, train, test), strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype
        assert one.flags.f_contiguous == other.flags.f_contiguous


def _categories(draw: Callable[[np.random.Generator, int], Any]) -> Callable[..., Any]:
    def column(rng: np.random.Generator, n_rows: int) -> Any:
        # Neither in the order of the alphabet nor all in use
        letters = rng.permutation([*"zyxabcdefgh", "Z", "10", "9", "é"])
        return pd.Categorical.from_codes(draw(rng, n_rows), categories=letters.tolist())

    return column


COLUMNS: dict[str, Callable[[np.random.Generator, int], Any]] = {
    "float": lambda rng, n: rng.normal(size=n) * 10.0 ** rng.integers(-3, 6),
    "holes": lambda rng, n: np.where(rng.random(n) < 0.3, np.nan, rng.normal(size=n)),
    "integer": lambda rng, n: rng.integers(-5, 50, n),
    "boolean": lambda rng, n: rng.random(n) < 0.4,
    "single": lambda rng, n: rng.normal(size=n).astype(np.float32),
    "empty": lambda _, n: np.full(n, np.nan),
    "date": lambda rng, n: pd.Series(pd.to_datetime(rng.integers(0, 9**9, n), unit="s")).mask(
        rng.random(n) < 0.2
    ),
    "rare": _categories(lambda rng, n: np.minimum(rng.geometric(0.4, n) - 1, 14)),
    "category": _categories(lambda rng, n: rng.integers(-1, 6, n)),
}


@settings(max_examples=40, deadline=None)
@given(
    kinds=st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1, max_size=6),
    n_rows=st.integers(6, 60),
    max_categories=st.integers(2, 12),
    seed=st.integers(0, 1000),
)
def test_a_fold_is_what_scikit_learn_makes_of_the_frame(
    kinds: list[str], n_rows: int, max_categories: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    X = pd.DataFrame({f"{at} {kind}": COLUMNS[kind](rng, n_rows) for at, kind in enumerate(kinds)})
    _assert_the_same(X, max_categories, seed)


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([*"abcabcabc"], dtype=object),
        pd.Series([*"abcabcabc"], dtype="string"),
        pd.Series([1, 2, 3] * 3, dtype="Int64"),
        pd.Series([1.0, 2.0, 3.5] * 3, dtype="float32"),
        pd.Series([1, 2, 3] * 3).astype("category"),
    ],
    ids=["objects", "strings", "nullable", "single", "numbers as categories"],
)
def test_other_columns_are_left_to_scikit_learn(column: pd.Series) -> None:
    X = pd.DataFrame({"number": np.arange(9.0), "other": column})
    _assert_the_same(X, 5, 0)


def test_what_scikit_learn_is_told_to_put_out_changes_nothing() -> None:
    from sklearn import config_context

    X = pd.DataFrame({"a": np.arange(12.0), "b": pd.Categorical([*"xyxyxyxyxyxz"])})
    parameters = PreprocessingParameters(max_categories=5)
    train, test = np.arange(8), np.arange(8, 12)
    expected = PreparedTable(X, parameters).split(train, test)
    with config_context(transform_output="pandas"):
        found = PreparedTable(X, parameters).split(train, test)
    for one, other in zip(found, expected, strict=True):
        assert isinstance(one, np.ndarray)
        np.testing.assert_array_equal(one, other)


def test_only_columns_of_many_categories_become_means_of_the_target() -> None:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "few": pd.Categorical(rng.choice([*"ab"], 100)),
            "many": pd.Categorical(rng.choice([*"abcdefgh"], 100)),
            "number": rng.normal(size=100),
        }
    )
    y = rng.normal(size=100)
    parameters = PreprocessingParameters(max_categories=4, many_categories="target")
    preprocessor = make_preprocessor(parameters, "regression").fit(X, y)
    assert [name.partition("__")[2] for name in preprocessor.get_feature_names_out()] == [
        *("number", "few_a", "few_b", "many")
    ]
    found = PreparedTable(X, parameters, "regression").split(np.arange(70), np.arange(70, 100), y)
    expected = make_preprocessor(parameters, "regression")
    np.testing.assert_array_equal(found[0], expected.fit_transform(X.iloc[:70], y[:70]))
    np.testing.assert_array_equal(found[1], expected.transform(X.iloc[70:]))
    with pytest.raises(ValueError, match="task type"):
        make_preprocessor(parameters)


@settings(max_examples=30, deadline=None)
@given(
    kinds=st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1, max_size=6),
    n_rows=st.integers(6, 60),
    most=st.one_of(st.none(), st.integers(2, 8)),
    seed=st.integers(0, 1000),
)
def test_native_columns_are_those_of_the_pipeline(
    kinds: list[str], n_rows: int, most: int | None, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    X = pd.DataFrame({f"{at} {kind}": COLUMNS[kind](rng, n_rows) for at, kind in enumerate(kinds)})
    native = NativeForm(lambda params, _: params, most)
    parameters = PreprocessingParameters(by_learner=True)
    train, test = np.arange(n_rows * 2 // 3), np.arange(n_rows * 2 // 3, n_rows)
    table = PreparedTable(X, parameters, native=native)
    preprocessor = make_preprocessor(parameters, native=native)
    expected = preprocessor.fit_transform(with_days(X).iloc[train])
    for one, other in zip(
        table.split(train, test), (expected, preprocessor.transform(with_days(X).iloc[test])), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    n_nominal = sum(kind in ("rare", "category") for kind in kinds)
    assert sum(table.is_category) == n_nominal
    assert len(table.is_category) == (len(kinds) if n_nominal else 0)
