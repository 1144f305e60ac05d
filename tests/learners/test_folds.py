from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.conftest import make_mixed_task

from foretune.base.parameters import TASK_TYPES, TaskType
from foretune.learners.folds import Fold, make_folds, thin_folds
from foretune.learners.parameters import PreprocessingParameters
from foretune.learners.preprocessing import make_preprocessor
from foretune.learners.splitters import make_splitter
from foretune.tasks.task import Task, content_hash

PREPROCESSING = PreprocessingParameters(max_categories=20)


def counts(codes: np.ndarray) -> list[int]:
    return [int(number) for number in np.unique(codes, return_counts=True)[1]]


@pytest.mark.parametrize("task_type", TASK_TYPES)
def test_a_fold_is_what_scikit_learn_makes_of_its_split(task_type: TaskType) -> None:
    task = make_mixed_task(task_type)
    folds = make_folds(task, 3, PREPROCESSING, seed=4)
    splits = make_splitter(task_type, 3, 4).split(task.X, task.y.to_numpy())
    for fold, (train, test) in zip(folds, splits, strict=True):
        preprocessor = make_preprocessor(PREPROCESSING)
        np.testing.assert_array_equal(fold.X_train, preprocessor.fit_transform(task.X.iloc[train]))
        np.testing.assert_array_equal(fold.X_test, preprocessor.transform(task.X.iloc[test]))
        if task_type == "regression":
            np.testing.assert_array_equal(fold.y_test, task.y.to_numpy()[test])


def test_every_row_is_tested_once_and_classes_keep_their_shares() -> None:
    y = pd.Series(["b"] * 20 + ["a"] * 10).astype("category")
    task = Task("t", "classification", pd.DataFrame({"row": np.arange(30.0)}), y)
    folds = make_folds(task, 5, PREPROCESSING, seed=0)
    assert [counts(fold.y_test) for fold in folds] == [[2, 4]] * 5
    assert [counts(fold.y_train) for fold in folds] == [[8, 16]] * 5
    others = make_folds(task, 5, PREPROCESSING, seed=1)
    assert any(not np.array_equal(one.X_test, two.X_test) for one, two in zip(folds, others, strict=True))


def test_codes_follow_the_values_of_classes_and_not_their_categories() -> None:
    y = pd.Series(pd.Categorical(["z", "m"] * 6, categories=["z", "never", "m"]))
    task = Task("t", "classification", pd.DataFrame({"is_z": [1.0, 0.0] * 6}), y)
    for fold in make_folds(task, 3, PREPROCESSING, seed=0):
        assert fold.target_scaler is None
        np.testing.assert_array_equal(fold.y_train, fold.X_train[:, 0] > 0)


def test_the_order_of_the_categories_does_not_matter() -> None:
    task = make_mixed_task("classification")
    turned = Task(task.task_id, task.task_type, task.X, task.y.cat.reorder_categories(["c", "a", "b"]))
    assert content_hash(turned) == content_hash(task)
    folds = [make_folds(one, 3, PREPROCESSING, seed=0) for one in (task, turned)]
    for one, other in zip(*folds, strict=True):
        np.testing.assert_array_equal(one.y_train, other.y_train)
        np.testing.assert_array_equal(one.X_train, other.X_train)


def test_a_target_of_values_is_standardised_by_its_training_part() -> None:
    task = make_mixed_task("regression")
    for fold in make_folds(task, 3, PREPROCESSING, seed=0):
        assert fold.y_train.mean() == pytest.approx(0, abs=1e-12)
        assert fold.y_train.std() == pytest.approx(1)
        back = fold.target_scaler.inverse_transform(fold.y_train[:, None])[:, 0]
        assert sorted([*back, *fold.y_test]) == pytest.approx(sorted(task.y))


def whole_fold() -> Fold:
    y = np.repeat([0, 1, 2], [60, 35, 3])
    X = np.column_stack([np.arange(98.0), y])
    return Fold(X, y, X[:5], y[:5])


def test_a_thinner_fold_is_a_part_of_a_thicker_one() -> None:
    folds = [whole_fold()]
    thin, thick = (thin_folds(folds, share, "classification", seed=0)[0] for share in (0.2, 0.6))
    assert [counts(fold.y_train) for fold in (thin, thick)] == [[12, 7, 2], [36, 21, 2]]
    assert set(thin.X_train[:, 0]) < set(thick.X_train[:, 0])
    for fold in (thin, thick):
        np.testing.assert_array_equal(fold.X_train[:, 1], fold.y_train)
        assert (np.diff(fold.X_train[:, 0]) > 0).all()
        np.testing.assert_array_equal(fold.X_test, folds[0].X_test)
    assert set(thin_folds(folds, 0.2, "classification", seed=1)[0].X_train[:, 0]) != set(thin.X_train[:, 0])


def test_a_target_of_values_is_thinned_as_a_whole() -> None:
    (thin,) = thin_folds([whole_fold()], 0.5, "regression", seed=0)
    assert len(thin.y_train) == 49
    (whole,) = thin_folds([whole_fold()], 1.0, "regression", seed=0)
    np.testing.assert_array_equal(whole.X_train, whole_fold().X_train)


def test_more_folds_than_members_of_a_class_are_refused() -> None:
    X = pd.DataFrame({"x": np.arange(4.0)})
    with pytest.raises(ValueError, match="n_splits=3"):
        make_folds(Task("t", "classification", X, pd.Series([*"aabb"])), 3, PREPROCESSING, seed=0)
    with pytest.raises(ValueError, match="n_splits=5"):
        make_folds(Task("t", "regression", X, pd.Series(np.arange(4.0))), 5, PREPROCESSING, seed=0)


def test_a_training_part_that_lacks_a_class_has_codes_without_a_gap() -> None:
    y = pd.Series(pd.Categorical([*"aaaa", "b", *"cccc"]))
    task = Task("t", "classification", pd.DataFrame({"x": np.arange(9.0)}), y)
    folds = make_folds(task, 3, PREPROCESSING, seed=0)
    (lacking,) = [fold for fold in folds if fold.is_known is not None]
    assert lacking.is_known is not None
    assert lacking.is_known.tolist() == [True, False, True]
    assert set(lacking.y_train) == {0, 1}
    assert 1 in lacking.y_test
    assert all(set(fold.y_train) == {0, 1, 2} for fold in folds if fold is not lacking)
