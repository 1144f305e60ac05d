from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold

from foretune.learners.parameters import PreprocessingParameters
from foretune.learners.splitters import TimeFolds, make_splitter
from foretune.recommendation.search_cv.folds import GivenData, SplitError, make_search_folds, split_rows
from foretune.tables import Table

PREPROCESSING = PreprocessingParameters()
TABLE = pd.DataFrame({"row": np.arange(40.0), "colour": ["red", "blue"] * 20})
CLASSES = np.repeat(["a", "b"], [30, 10])
VALUES = np.arange(40.0)


def sizes(parts: Any) -> list[tuple[int, int]]:
    return [(len(train), len(test)) for train, test in parts]


@pytest.mark.parametrize(("task_type", "y"), [("classification", CLASSES), ("regression", VALUES)])
def test_without_cv_there_are_five_shuffled_folds(task_type: Any, y: np.ndarray) -> None:
    splits = split_rows(None, TABLE, y, task_type, seed=3)
    expected = list(make_splitter(task_type, 5, 3).split(TABLE, y))
    for (train, test), (other_train, other_test) in zip(splits.parts, expected, strict=True):
        np.testing.assert_array_equal(train, other_train)
        np.testing.assert_array_equal(test, other_test)
    assert splits.notes == ()
    assert splits.n_training == 32


@pytest.mark.parametrize(
    ("y", "task_type", "n_folds", "note"),
    [
        (np.repeat(["a", "b"], [36, 4]), "classification", 4, "class 'b' has 4 rows: 4 folds instead of 5"),
        (
            np.repeat(["a", "b"], [39, 1]),
            "classification",
            3,
            "class 'b' has 1 row, so not every fold has one: 3 folds instead of 5",
        ),
        (np.array(["a", "a", "b", "b"]), "classification", 2, "class 'a' has 2 rows: 2 folds instead of 5"),
        (np.arange(7.0), "regression", 3, "y has 7 rows: 3 folds instead of 5"),
    ],
)
def test_small_tables_and_classes_have_fewer_folds(
    y: np.ndarray, task_type: Any, n_folds: int, note: str
) -> None:
    splits = split_rows(None, TABLE.head(len(y)), y, task_type, seed=0)
    assert len(splits.parts) == n_folds
    assert splits.notes == (note,)


@pytest.mark.parametrize(
    ("y", "task_type", "message"),
    [
        (np.arange(3.0), "regression", "y has 3 rows: too few for a search; add rows, or use n_trials=0"),
        (np.array(["a", "b"]), "classification", "class 'a' has 1 row"),
    ],
)
def test_a_table_that_is_too_small_is_refused(y: np.ndarray, task_type: Any, message: str) -> None:
    with pytest.raises(SplitError, match=message):
        split_rows(None, TABLE.head(len(y)), y, task_type, seed=0)


def test_a_number_splits_as_scikit_learn_does() -> None:
    stratified = split_rows(4, TABLE, CLASSES, "classification", seed=9)
    expected = list(StratifiedKFold(4).split(TABLE, CLASSES))
    assert [test.tolist() for _, test in stratified.parts] == [test.tolist() for _, test in expected]
    plain = split_rows(4, TABLE, VALUES, "regression", seed=9)
    assert plain.parts[0][1].tolist() == list(range(10))
    few = np.repeat(["a", "b"], [37, 3])
    noted = split_rows(4, TABLE, few, "classification", seed=0)
    assert noted.notes == ("class 'b' has 3 rows, fewer than cv = 4 folds: not every fold has one",)


def test_splitters_are_told_the_groups() -> None:
    groups = np.arange(40) // 10
    for _, test in split_rows(GroupKFold(4), TABLE, VALUES, "regression", 0, groups).parts:
        assert len(set(groups[test])) == 1


def test_masks_and_negative_positions_are_rows() -> None:
    mask = np.arange(40) < 30
    splits = split_rows([(mask, ~mask), ([0, 1], [-1])], TABLE, VALUES, "regression", 0)
    assert sizes(splits.parts) == [(30, 10), (2, 1)]
    assert splits.parts[1][1].tolist() == [39]
    assert splits.n_training == 2


def test_without_cv_the_sample_is_split_as_a_table_of_its_own() -> None:
    labels, kept = np.array([*"ab"] * 20), np.arange(0, 40, 3)
    splits = split_rows(None, TABLE, labels, "classification", 0, kept=kept)
    alone = StratifiedKFold(5, shuffle=True, random_state=0).split(kept, labels[kept])
    for (train, test), (train_alone, test_alone) in zip(splits.parts, alone, strict=True):
        np.testing.assert_array_equal(train, kept[train_alone])
        np.testing.assert_array_equal(test, kept[test_alone])


def test_of_a_sample_other_rows_are_left_out_of_each_split() -> None:
    kept = np.arange(0, 40, 2)
    splits = split_rows(KFold(2), TABLE, VALUES, "regression", 0, kept=kept)
    assert sizes(splits.parts) == [(10, 10), (10, 10)]
    assert set(np.concatenate(splits.parts[0])) == set(kept)


@pytest.mark.parametrize("cv", [[], [([0, 1], [])], 1, 50, [([0], [99])], "five"])
def test_what_gives_no_splits_is_refused(cv: Any) -> None:
    with pytest.raises(SplitError, match="cv = "):
        split_rows(cv, TABLE, VALUES, "regression", 0)


def test_folds_are_preprocessed_by_their_training_part_and_keep_the_rows() -> None:
    splits = split_rows([(np.arange(2, 30), np.arange(30, 36))], TABLE, VALUES, "regression", 0)
    (fold,) = make_search_folds(
        Table.read(TABLE, VALUES), GivenData(TABLE, VALUES, VALUES), splits, PREPROCESSING
    )
    rows = np.arange(2, 30)
    np.testing.assert_allclose(fold.X_train[:, 0], (rows - rows.mean()) / rows.std())
    np.testing.assert_allclose(fold.y_train, (rows - rows.mean()) / rows.std())
    np.testing.assert_array_equal(fold.y_test, np.arange(30, 36))
    pd.testing.assert_frame_equal(fold.rows, TABLE.iloc[30:36])
    assert fold.truth.tolist() == list(range(30, 36))
    assert fold.classes is None


def test_codes_of_classes_are_each_folds_own() -> None:
    y = np.repeat(["x", "y", "z"], [20, 10, 10])
    parts = [(np.arange(10, 40), np.arange(10)), (np.arange(30), np.arange(30, 40))]
    splits = split_rows(parts, TABLE, y, "classification", 0)
    whole, lacking = make_search_folds(Table.read(TABLE, y), GivenData(TABLE, y, y), splits, PREPROCESSING)
    assert whole.classes.tolist() == ["x", "y", "z"]
    assert np.bincount(whole.y_train).tolist() == [10, 10, 10]
    assert whole.y_test.tolist() == [0] * 10
    assert lacking.classes.tolist() == ["x", "y"]
    assert lacking.truth.tolist() == ["z"] * 10
    assert (whole.knows_all_classes, lacking.knows_all_classes) == (True, False)
    array = TABLE[["row"]].to_numpy()
    (again, _) = make_search_folds(Table.read(array, y), GivenData(array, y, y), splits, PREPROCESSING)
    np.testing.assert_array_equal(again.rows, array[:10])


GROUPS = np.repeat(np.arange(8), 5)


@pytest.mark.parametrize(("task_type", "y"), [("classification", CLASSES), ("regression", VALUES)])
@pytest.mark.parametrize("cv", [None, 4])
def test_groups_stay_together_without_a_splitter(task_type: Any, y: np.ndarray, cv: Any) -> None:
    names = pd.Series([f"customer {group}" for group in GROUPS], index=range(100, 140))
    splits = split_rows(cv, TABLE, y, task_type, seed=3, groups=names)
    assert len(splits.parts) == (cv or 5)
    for train, test in splits.parts:
        assert not set(GROUPS[train]) & set(GROUPS[test])
    again = split_rows(cv, TABLE, y, task_type, seed=3, groups=GROUPS.tolist())
    assert [test.tolist() for _, test in splits.parts] == [test.tolist() for _, test in again.parts]


def test_a_sample_is_split_by_its_groups() -> None:
    kept = np.arange(0, 40, 2)
    splits = split_rows(None, TABLE, VALUES, "regression", 0, GROUPS, kept)
    tested = np.concatenate([test for _, test in splits.parts])
    assert sorted(tested) == kept.tolist()
    assert all(not set(GROUPS[train]) & set(GROUPS[test]) for train, test in splits.parts)


def test_few_groups_are_few_folds_with_a_note() -> None:
    splits = split_rows(None, TABLE, VALUES, "regression", 0, GROUPS // 3)
    assert len(splits.parts) == 3
    assert splits.notes == ("groups has 3 groups: 3 folds instead of 5",)


@pytest.mark.parametrize(
    ("cv", "groups", "message"),
    [
        (None, GROUPS[:-1], "groups has 39 values, but y has 40 rows"),
        (None, np.zeros(40), "groups has one group only: at least two are needed"),
        (None, [None, *GROUPS[1:]], "groups has no group in 1 row"),
        (None, "customer", "groups = 'customer' must hold the group of each row, not a name"),
        (5, GROUPS // 3, "groups has 3 groups for 5 folds: at least as many are needed"),
        (GroupKFold(5), None, "'groups' parameter should not be None"),
        (TimeFolds(5), None, "TimeFolds needs the times of the rows: give them as groups"),
        (TimeFolds(5), GROUPS // 3, "3 different times for 5 folds by time"),
    ],
)
def test_groups_that_cannot_split_are_said(cv: Any, groups: Any, message: str) -> None:
    with pytest.raises(SplitError, match=message) as caught:
        split_rows(cv, TABLE, VALUES, "regression", 0, groups)
    assert "\n" not in str(caught.value)


def test_the_split_that_stands_for_all_trains_on_many_rows() -> None:
    by_time = split_rows(TimeFolds(4), TABLE, VALUES, "regression", 0, VALUES)
    assert by_time.one is by_time.parts[-1]
    at_random = split_rows(KFold(4), TABLE, VALUES, "regression", 0)
    assert at_random.one is at_random.parts[0]


def test_training_parts_of_one_class_are_said() -> None:
    splits = split_rows(TimeFolds(4), TABLE, CLASSES, "classification", 0, np.arange(40))
    assert splits.notes == (
        "3 splits, first split 1, of cv train on rows of one class only: nothing is learnt there, take fewer "
        "splits",
    )
    message = "groups: without one of its groups all rows are of one class"
    for cv in (None, 2):
        with pytest.raises(SplitError, match=message):
            split_rows(cv, TABLE, CLASSES, "classification", 0, CLASSES)
