import datetime
import decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from foretune.tables.checks import TableError
from foretune.tables.target import Target, infer_task_type, without_rare_classes


@pytest.mark.parametrize(
    ("y", "task_type"),
    [
        (["a", "b"], "classification"),
        ([True, False], "classification"),
        ([0, 0, 1, 1], "classification"),
        ([0.0, 0.0, 1.0, 1.0], "classification"),
        ([0, 0, 1, 1, np.nan], "classification"),
        ([0, 1, 2, 3], "regression"),
        ([0.5, 0.5, 1.5, 1.5], "regression"),
        (list(range(30)) * 4, "regression"),
        (pd.Series([1, 2, 3], dtype="category"), "classification"),
        (pd.Series([1, 2, None], dtype="Int64"), "regression"),
    ],
)
def test_task_type_is_inferred(y: object, task_type: str) -> None:
    assert infer_task_type(y if isinstance(y, pd.Series) else np.asarray(y)) == task_type


def test_classes_are_text_and_values_are_numbers() -> None:
    raw = pd.Series([2, 10, None, 2], name="y")
    classes = Target.read(raw, "classification")
    assert classes.values.tolist() == ["2", "10", "2"]
    assert classes.rows.tolist() == [0, 1, 3]
    assert classes.notes == ("1 of 4 rows have no target and are left out",)
    assert Target.read(raw, "regression").values.tolist() == [2.0, 10.0, 2.0]
    days = Target.read(pd.Series(pd.to_datetime(["1970-01-03", None])))
    assert (days.task_type, days.values.tolist()) == ("regression", [2.0])
    assert "predicted in days" in days.notes[-1]


def test_text_is_no_regression_target() -> None:
    sizes = pd.Series(["1", "large"] * 3, name="size")
    with pytest.raises(TableError, match=r"'size' is not numeric \(.*'large'\): .* task_type classification"):
        Target.read(sizes, "regression")
    # As many classes as rows are none
    with pytest.raises(TableError, match=r"'size' is not numeric \(for example 'b'\): use numbers$"):
        Target.read(pd.Series(["b", "c", "d"], name="size"), "regression")


def test_rare_classes_are_left_out() -> None:
    y = pd.Series([*"aabbc"]).astype("category")
    kept = without_rare_classes(y, "classification", "y", 2)
    assert kept.tolist() == [*"aabb"]
    assert list(kept.cat.categories) == ["a", "b"]
    with pytest.raises(TableError, match="target 'y' has 0 classes of at least 3 rows, two are needed"):
        without_rare_classes(y, "classification", "y", 3)
    with pytest.raises(TableError, match="1 row with a target, fewer than 2 folds"):
        without_rare_classes(pd.Series([1.0]), "regression", "y", 2)
    with pytest.raises(TableError, match="target 'y' is constant"):
        without_rare_classes(pd.Series([1.0, 1.0]), "regression", "y", 2)


def test_a_label_may_be_called_none() -> None:
    target = Target.read(pd.Series(["None", "Apnea", "NA", "null", "", None] * 3, name="sleep"))
    assert target.task_type == "classification"
    assert set(target.values) == {"None", "Apnea", "NA", "null"}
    assert target.notes == ("6 of 18 rows have no target and are left out",)


def test_a_cell_that_is_no_number_is_a_row_without_target() -> None:
    prices = pd.Series([str(10 * at) for at in range(40)], name="price")
    for cell in ("?", " ", "not sold", None):
        target = Target.read(prices.where(prices.index != 17, cell))
        assert target.task_type == "regression"
        assert target.values.tolist() == [10.0 * at for at in range(40) if at != 17]
        named = f" ('{cell}')" if cell and cell.strip() else ""
        assert f"1 of 40 rows have no target{named} and are left out" in target.notes
        assert any("'not sold'" in note for note in target.notes) == (cell == "not sold")


RATINGS = [1, 2, 3, 4, 5] * 10
COUNTS = np.random.default_rng(0).poisson(4, 400).tolist()


@pytest.mark.parametrize(
    ("y", "task_type", "note"),
    [
        (RATINGS, "classification", "the 5 whole numbers of the target 'y' are read as classes"),
        ([str(rating) for rating in RATINGS], "classification", "are read as classes"),
        (COUNTS, "regression", "whole numbers of the target 'y' are read as quantities"),
        ([decimal.Decimal("1.5"), decimal.Decimal("2.25")] * 3, "regression", ""),
        (["1.5", "2.25"] * 3, "regression", ""),
        ([0, 1] * 5, "classification", ""),
        (["True", "False"] * 5, "classification", ""),
        ([datetime.date(2024, 1, 1), datetime.date(2024, 1, 2)], "regression", "is predicted in days"),
    ],
)
def test_a_decision_that_could_be_otherwise_is_noted(y: list[Any], task_type: str, note: str) -> None:
    target = Target.read(pd.Series(y, name="y"))
    assert target.task_type == task_type
    assert [note in one for one in target.notes] == ([True] if note else [])
    assert not Target.read(pd.Series(RATINGS, name="y"), "classification").notes


@pytest.mark.parametrize(
    ("frequencies", "task_type"),
    [
        ([884, 112, 33, 20, 9, 4, 3, 1], "regression"),
        ([27, 54, 55, 36, 18, 7, 2, 1, 1], "regression"),
        ([1500, 10, 60, 180, 350, 420, 300, 190, 90, 30, 9, 2], "regression"),
        ([463, 5, 35, 44, 51, 163, 244, 429, 20, 30], "classification"),
        ([245, 44, 15, 15, 13, 25, 3, 2, 9, 50, 4, 5, 22], "classification"),
        ([50] * 9, "classification"),
        ([164, 55, 36, 35, 13], "classification"),
    ],
    ids=["flares", "poisson", "visits with zeros", "yeast", "arrhythmia", "balanced", "heart"],
)
def test_whole_numbers_are_counts_if_they_have_one_peak_and_the_largest_are_rare(
    frequencies: list[int], task_type: str
) -> None:
    assert infer_task_type(np.repeat(np.arange(len(frequencies)), frequencies)) == task_type


@pytest.mark.parametrize(
    "times",
    [[" 36 months", " 60 months"], ["2010Q1", "2010-Q2"], [datetime.timedelta(1), datetime.timedelta(2)]],
)
def test_few_times_that_repeat_are_classes_and_noted(times: list[Any]) -> None:
    target = Target.read(pd.Series(times * 10, name="y"))
    assert target.task_type == "classification"
    assert target.values.nunique() == 2
    assert target.notes == (
        "the 2 times of the target 'y' are read as classes; task_type='regression' predicts them in days",
    )
    assert infer_task_type(pd.Series(times)) == "regression"
    assert Target.read(pd.Series(times * 10), "regression").values.nunique() == 2


def test_codes_of_an_encoder_are_worth_a_remark_only() -> None:
    target = Target.read(pd.Series([0, 1, 2] * 5, name="y"))
    assert target.notes == ()
    assert "task_type='regression'" in target.remarks[0]


@pytest.mark.parametrize(
    "write",
    [
        "{:.1f} Kč",
        "{:.1f} zł",
        "₺{:.1f}",
        "CZK {:.1f}",
        "ca. {:.1f}",
        "≈{:.1f}",
        '="{:.1f}"',
        "{:.1f} 元",
        "{:.1f}k",
    ],
)
def test_numbers_with_a_currency_are_numbers(write: str) -> None:
    values = np.arange(10, 90) * 1.5
    target = Target.read(pd.Series([write.format(value) for value in values], name="price"))
    assert target.task_type == "regression"
    np.testing.assert_allclose(target.values, values)


def test_texts_that_hardly_repeat_are_no_classes_unless_the_caller_says_so() -> None:
    names = pd.Series([f"name {at // 2}" for at in range(60)], name="who")
    with pytest.raises(
        TableError, match=r"'who' holds 30 different texts in 60 rows, .*only the numbers.*task_type="
    ):
        Target.read(names)
    assert Target.read(names, "classification").values.nunique() == 30
    assert Target.read(names.astype("category")).task_type == "classification"
    assert Target.read(pd.Series([f"name {at % 20}" for at in range(60)])).task_type == "classification"


def test_measurements_are_no_classes() -> None:
    sizes = pd.Series(np.arange(100) * 1.25, name="size")
    with pytest.raises(TableError, match="'size' holds 100 different numbers with decimals in 100 rows"):
        Target.read(sizes, "classification")
    assert Target.read(sizes.round(-1), "classification").values.nunique() == 13
