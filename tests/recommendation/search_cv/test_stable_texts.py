"""Texts and hashes that are the same in every process."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from enum import Enum
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn import config_context
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import fbeta_score, get_scorer, get_scorer_names, make_scorer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler
from xgboost import XGBClassifier

from foretune.recommendation.core import SearchError
from foretune.recommendation.search_cv.stable_texts import (
    describe_stably,
    digest_of,
    hash_rows,
    output_settings,
    plain_value,
)


class Colour(Enum):
    RED = 1
    BLUE = 2


def _adder(number: float) -> Any:
    return lambda x: x + number


def _text(value: Any) -> str:
    return describe_stably(value, "estimator")


PIPELINE = make_pipeline(
    FunctionTransformer(np.log1p),
    ColumnTransformer([("a", StandardScaler(), make_column_selector(dtype_include="number"))]),
    LogisticRegression(class_weight={0: 1.0, 1: 2.0}),
)
VALUES = [
    *(0, False, 0.5, None, "0", b"0", 1j, float("nan"), Colour.RED, Colour.BLUE, Path("a"), range(3)),
    *(
        (1, 2),
        [1, 2],
        {1, 2},
        {"a": 1},
        {"a": 2},
        frozenset({1}),
        [[1], 2],
        [[1, 2]],
        ["1:a", "b"],
        ["1", "a1:b"],
    ),
    *(np.arange(3), np.arange(3.0), pd.Series([1]), pd.DataFrame({"a": [1]}), sparse.csr_matrix([[1]])),
    *(np.random.RandomState(0), np.random.RandomState(1), np.random.default_rng(0), np.random.default_rng(1)),
    *(
        np.log,
        np.log1p,
        np.nan_to_num,
        len,
        partial(max, 1),
        partial(max, 2),
        _adder(1),
        _adder(2),
        StandardScaler,
    ),
    *(
        StandardScaler(),
        StandardScaler(with_mean=False),
        MinMaxScaler(),
        PIPELINE,
        XGBClassifier(max_depth=2),
    ),
    *(make_scorer(fbeta_score, beta=2), make_scorer(fbeta_score, beta=3), Colour, "abc".upper),
]


def test_different_values_have_different_texts() -> None:
    texts = [_text(value) for value in VALUES]
    assert len(set(texts)) == len(texts)


def test_copies_and_numbers_of_numpy_have_the_same_text() -> None:
    assert _text(clone(PIPELINE)) == _text(PIPELINE)
    assert _text(np.float64(0.5)) == _text(0.5)
    assert _text(np.str_("0")) == _text("0")
    fitted = RandomForestClassifier(2).fit([[0], [1]], [0, 1])
    assert _text(fitted) == _text(RandomForestClassifier(2))
    assert _text(_adder(1)) == _text(_adder(1))
    assert _text({"b": 1, "a": 2}) == _text({"a": 2, "b": 1})


PROGRAM = """
import importlib.util, sys
name, file = sys.argv[1:]
spec = importlib.util.spec_from_file_location(name, file)
sys.modules[name] = module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
print(module.digest_of("".join(map(module._text, module.VALUES))))
"""


@pytest.mark.slow
def test_another_process_has_the_same_texts() -> None:
    source = Path(__file__).parents[3] / "src"
    expected = digest_of("".join(map(_text, VALUES)))
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", PROGRAM, __name__, __file__],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(source)},
        )
        assert done.stdout.strip() == expected, done.stderr


def test_the_code_of_the_users_own_counts() -> None:
    def make(source: str) -> Any:
        names: dict[str, Any] = {"__name__": "__main__"}
        exec(source, names)
        return names["it"]

    first = make("def it(x):\n    return x + 1")
    assert _text(first) == _text(make("\n\n\ndef it(x):\n    return x + 1"))
    assert _text(first) != _text(make("def it(x):\n    return x + 2"))
    assert _text(first) != _text(make("def it(x, y=3):\n    return x + 1"))
    kinds = [make(f"class it:\n    def fit(self):\n        return {number}") for number in (1, 1, 2)]
    assert _text(kinds[0]) == _text(kinds[1]) != _text(kinds[2])


@pytest.mark.parametrize(
    "value", [object(), threading.Lock(), iter([1]), os], ids=["object", "lock", "iterator", "module"]
)
def test_what_has_no_stable_text_is_one_line(value: Any) -> None:
    with pytest.raises(SearchError, match="which has no description") as error:
        _text(make_pipeline(FunctionTransformer(kw_args={"a": value}), LogisticRegression()))
    message = str(error.value)
    assert message.startswith("ledger: estimator['steps']['kw_args']['a'] is of type ")
    assert "\n" not in message
    assert "0x" not in message


def test_what_contains_itself_has_none_either() -> None:
    circle: list[Any] = []
    circle.append(circle)
    with pytest.raises(SearchError, match="no description"):
        _text(circle)
    # The same value twice is no circle
    shared = [1]
    assert _text([shared, shared])


def test_values_for_the_ledger_are_plain() -> None:
    assert plain_value(np.int64(3), "a") == 3
    assert plain_value(None, "a") is None
    assert plain_value(True, "a") is True
    shown = plain_value(StandardScaler(with_mean=False), "a")
    assert shown.startswith("StandardScaler(with_mean=False) #")
    assert plain_value(float("nan"), "a").startswith("nan #")
    assert plain_value((1, 2), "a") != plain_value([1, 2], "a")


FRAME = pd.DataFrame({"a": [1.0, 2.0], "b": ["x", None]})


@pytest.mark.parametrize(
    "other",
    [
        FRAME.rename(columns={"a": "c"}),
        FRAME[["b", "a"]],
        FRAME.iloc[::-1],
        FRAME.assign(a=[1.0, 3.0]),
        FRAME.assign(a=[1, 2]),
        FRAME.assign(b=["x", "None"]),
        FRAME.assign(b=FRAME["b"].replace("x", "y")),
        FRAME.head(1),
        FRAME.to_numpy(),
        FRAME["a"],
        FRAME.assign(b=FRAME["b"].astype("category")),
    ],
    ids=range(11),
)
def test_another_table_has_another_hash(other: Any) -> None:
    assert hash_rows(other, "X") != hash_rows(FRAME, "X")


def test_the_same_content_has_the_same_hash() -> None:
    assert hash_rows(FRAME.set_axis([5, 9]), "X") == hash_rows(FRAME, "X")
    built = pd.concat([FRAME[["a"]], FRAME[["b"]].copy()], axis=1)
    assert hash_rows(built, "X") == hash_rows(FRAME, "X")
    dense = np.array([[0.0, 1.0], [2.0, 0.0]])
    assert hash_rows(np.asfortranarray(dense), "X") == hash_rows(dense, "X") == hash_rows(dense.tolist(), "X")
    assert hash_rows(sparse.csc_matrix(dense), "X") == hash_rows(sparse.coo_matrix(dense), "X")
    assert hash_rows(["a text", "b"], "X") == hash_rows(np.array(["a text", "b"]), "X")
    assert hash_rows([[1], [1, 2]], "X") != hash_rows([[1], [1, 3]], "X")
    assert hash_rows(None, "X") != hash_rows([], "X")


@settings(max_examples=30)
@given(
    st.lists(st.one_of(st.integers(), st.text(), st.none(), st.booleans()), min_size=1, max_size=8), st.data()
)
def test_one_changed_cell_changes_the_hash(cells: list[Any], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(cells) - 1))
    changed = list(cells)
    changed[at] = data.draw(st.text().filter(lambda one: one != cells[at]))
    frames = [pd.DataFrame({"a": pd.Series(one, dtype=object)}) for one in (cells, cells[:], changed)]
    first, same, other = (hash_rows(one, "X") for one in frames)
    assert first == same != other


def test_what_is_no_table_is_one_line() -> None:
    with pytest.raises(SearchError, match="ledger: X is of type object, whose content cannot be told"):
        hash_rows(object(), "X")


def test_with_routing_requests_are_part_of_an_estimator_and_of_a_scorer() -> None:
    def scaled(*, weighs: bool | None) -> Any:
        return make_pipeline(StandardScaler().set_fit_request(sample_weight=weighs), LogisticRegression())

    def scorer(*, weighs: bool) -> Any:
        return make_scorer(fbeta_score, beta=2).set_score_request(sample_weight=weighs)

    with config_context(enable_metadata_routing=True):
        pipelines = [_text(scaled(weighs=weighs)) for weighs in (True, False, None)]
        scorers = [_text(scorer(weighs=weighs)) for weighs in (True, False)]
        assert len({*pipelines, *scorers}) == 5
        assert _text(scaled(weighs=True)) == pipelines[0]
        assert _text(scorer(weighs=True)) == scorers[0]
        changed = scaled(weighs=True)
    # Without routing nobody asks for them
    assert _text(changed) == _text(make_pipeline(StandardScaler(), LogisticRegression()))


def test_every_scorer_of_scikit_learn_has_a_text_of_its_own() -> None:
    texts = {name: _text(get_scorer(name)) for name in get_scorer_names()}
    alike = pd.Series(texts).duplicated()
    assert texts["accuracy"] == _text(get_scorer("accuracy"))
    assert not alike.any(), alike[alike].index.tolist()


def test_the_order_of_categories_counts() -> None:
    values = list("abc")
    types = [pd.CategoricalDtype(values), pd.CategoricalDtype(values[::-1])]
    types += [pd.CategoricalDtype(values, ordered=True), pd.CategoricalDtype([*values, "d"])]
    tables = [pd.DataFrame({"a": pd.Series(values, dtype=one)}) for one in types]
    assert len({hash_rows(one, "X") for one in tables}) == 4
    assert hash_rows(tables[0], "X") == hash_rows(tables[0].copy(), "X")


def test_masks_count() -> None:
    plain = np.ma.masked_array(np.arange(4.0), mask=[False] * 4)
    masks = [np.ma.masked_array(np.arange(4.0), mask=[at == one for at in range(4)]) for one in range(2)]
    assert len({hash_rows(one, "X") for one in (plain, *masks)}) == 3


def _made(source: str, name: str, **known: Any) -> Any:
    """Return what a program without a file defines, as at a prompt."""
    module = {"__name__": "__main__", "BaseEstimator": BaseEstimator, "Mixin": TransformerMixin, **known}
    exec(source, module)
    return module[name]


SCORER = """
def times(value):
    return value * FACTOR if {test} else twice(value)
def twice(value):
    return times(value)
def score(estimator, X, y):
    global N
    N += 1
    return times(estimator.score(X, y))
"""
STEP = """
class Base(Mixin, BaseEstimator):
    def transform(self, X):
        return {body}
class Step(Base):
    FACTOR = {factor}
    N = 0
    def fit(self, X, y=None):
        self.N = self.N + 1
        return self
"""


def test_a_function_counts_with_what_it_names() -> None:
    made = [
        _made(SCORER.format(test=test), "score", FACTOR=factor, N=n)
        for test, factor, n in (("value", 1, 0), ("value", 2, 0), ("not value", 1, 0), ("value", 1, 5))
    ]
    texts = [_text(one) for one in made]
    assert len(set(texts[:3])) == 3
    # What it sets itself is no setting
    assert texts[3] == texts[0]


def test_a_function_counts_with_what_it_takes_from_a_module_of_ones_own() -> None:
    texts = []
    for factor in (1, 2, 1):
        helpers = ModuleType("helpers")
        exec(f"def scale(value):\n    return value * {factor}", helpers.__dict__)
        source = "def score(estimator, X, y):\n    return helpers.scale(estimator.score(X, y))"
        texts.append(_text(_made(source, "score", helpers=helpers)))
    assert texts[0] == texts[2] != texts[1]


def test_functions_that_name_many_others_are_described_at_once() -> None:
    layers = "".join(
        f"def f{at}_{one}(x): return " + " + ".join(f"f{at + 1}_{inner}(x)" for inner in range(4)) + "\n"
        for at in range(15)
        for one in range(4)
    )
    last = "".join(f"def f15_{one}(x): return x\n" for one in range(4))
    assert _text(_made(layers + last, "f0_0"))


def test_a_class_counts_with_its_bases_and_values() -> None:
    made = [
        _made(STEP.format(body=body, factor=factor), "Step")()
        for body, factor in (("X", 1), ("X * 0", 1), ("X", 2), ("X", 1))
    ]
    texts = [_text(one) for one in made]
    assert len(set(texts)) == 3
    assert texts[3] == texts[0]


def test_what_a_transformer_gives_counts() -> None:
    asked = [StandardScaler().set_output(transform=one) for one in ("default", "pandas")]
    assert len({_text(one) for one in (StandardScaler(), *asked)}) == 3
    assert output_settings() == {}
    with config_context(transform_output="pandas"):
        assert output_settings() == {"transform_output": "pandas"}


def test_a_function_as_a_value_is_the_same_in_the_ledger_when_made_anew() -> None:
    values = [plain_value(FunctionTransformer(_adder(1)), "step") for _ in range(2)]
    assert values[0] == values[1]
    assert values[0] != plain_value(FunctionTransformer(_adder(2)), "step")
