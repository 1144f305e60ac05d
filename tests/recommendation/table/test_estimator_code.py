"""Estimators as code."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_selector
from sklearn.feature_selection import SelectKBest, f_regression
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, RepeatedStratifiedKFold, ShuffleSplit, TimeSeriesSplit
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier
from xgboost import XGBClassifier

from foretune.recommendation.table.estimator_code import CodeError, write_object

PLAIN = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner),
        st.dictionaries(st.text(max_size=3), inner, max_size=3),
    ),
    max_leaves=8,
)


def _built(value: Any) -> Any:
    written = write_object(value, "it")
    names: dict[str, Any] = {}
    exec("\n".join(written.imports), names)
    return eval(written.code, names)


@given(PLAIN)
def test_plain_values_come_back(value: Any) -> None:
    assert _built(value) == value


@pytest.mark.parametrize(
    "estimator",
    [
        Pipeline([("scale", StandardScaler(with_mean=False)), ("ridge", Ridge(alpha=0.5))]),
        ColumnTransformer(
            [
                ("numbers", "passthrough", make_column_selector(dtype_include="number")),
                ("names", OneHotEncoder(handle_unknown="ignore"), ["a", "b"]),
            ]
        ),
        TransformedTargetRegressor(Ridge(), func=np.log1p, inverse_func=np.expm1),
        FeatureUnion([("best", SelectKBest(f_regression, k=2)), ("all", FunctionTransformer(np.sqrt))]),
        XGBClassifier(n_estimators=5, monotone_constraints={"a": 1}, missing=float("nan")),
        KFold(3, shuffle=True, random_state=1),
        ShuffleSplit(2, test_size=0.3, random_state=0),
        RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=0),
        TimeSeriesSplit(4, gap=1),
    ],
    ids=lambda one: type(one).__name__,
)
def test_estimators_and_splitters_come_back_with_their_settings(estimator: Any) -> None:
    built = _built(estimator)
    assert type(built) is type(estimator)
    assert write_object(built, "it") == write_object(estimator, "it")


def test_only_what_differs_from_the_defaults_is_written() -> None:
    written = write_object(DecisionTreeClassifier(max_depth=np.int64(3)), "it")
    assert written.code == "DecisionTreeClassifier(max_depth=3)"
    assert written.imports == ("from sklearn.tree import DecisionTreeClassifier",)


class Unkept:
    """Forgets what it is given."""

    def __init__(self, size: int = 1) -> None:
        self.other = size


def test_what_no_program_can_have_is_named() -> None:
    pipe = Pipeline([("f", FunctionTransformer(lambda X: X)), ("r", Ridge())])
    with pytest.raises(CodeError, match=r"the estimator\.steps\[0\]\[1\]\.func cannot be written as code"):
        write_object(pipe, "the estimator")
    with pytest.raises(CodeError, match="Unkept does not keep the arguments"):
        write_object(Unkept(), "it")
