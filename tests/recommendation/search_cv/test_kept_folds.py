"""Training parts that a process keeps: the same arrays each time they come, and no more of them than fit."""

from __future__ import annotations

import gc
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest

from foretune.learners import Fold
from foretune.learners.fast import quick_booster
from foretune.recommendation.search_cv import kept_folds
from foretune.recommendation.search_cv.folds import RawFold
from foretune.recommendation.search_cv.kept_folds import KeptFolds

RNG = np.random.default_rng(0)


def _fold(n_rows: int = 40) -> Fold:
    X = RNG.normal(size=(n_rows, 2))
    y = (X[:, 0] > 0).astype(int)
    return Fold(X, y, X[:5].copy(), y[:5].copy(), weights=RNG.random(n_rows))


def _send(*folds: Any) -> list[Any]:
    received = pickle.loads(pickle.dumps(KeptFolds(folds)))
    assert isinstance(received, KeptFolds)
    return list(received.folds)


@pytest.fixture(autouse=True)
def store(monkeypatch: pytest.MonkeyPatch) -> kept_folds._Store:
    new = kept_folds._Store()
    monkeypatch.setattr(kept_folds, "_STORE", new)
    return new


def test_a_fold_that_comes_again_has_the_arrays_of_the_first_time() -> None:
    fold, other = _fold(), _fold()
    (first,), (second,), (third,) = _send(fold), _send(fold), _send(other)
    assert first.X_train is second.X_train
    assert first.y_train is second.y_train
    assert first.weights is second.weights
    np.testing.assert_array_equal(first.X_train, fold.X_train)
    np.testing.assert_array_equal(second.weights, fold.weights)
    np.testing.assert_array_equal(second.X_test, fold.X_test)
    np.testing.assert_array_equal(third.X_train, other.X_train)


def test_the_test_part_is_that_of_the_fold_that_was_sent() -> None:
    fold = _fold()
    _send(fold)
    (changed,) = _send(replace(fold, X_test=fold.X_test + 1))
    np.testing.assert_array_equal(changed.X_test, fold.X_test + 1)


def test_rows_are_binned_once() -> None:
    fold = _fold()
    matrices = [
        quick_booster._BINNED_ROWS.of(one.X_train, one.y_train) for one in (*_send(fold), *_send(fold))
    ]
    assert matrices[0] is matrices[1]


def test_the_oldest_go_where_there_are_too_many(
    monkeypatch: pytest.MonkeyPatch, store: kept_folds._Store
) -> None:
    folds = [_fold() for _ in range(4)]
    size = kept_folds._training_of(folds[0]).n_bytes
    monkeypatch.setattr(kept_folds, "KEPT_BYTES", 3 * size)
    before = _send(*folds[:3])
    # Used again, so that the second is the oldest
    _send(folds[0])
    _send(folds[3])
    assert sum(one.n_bytes for one in store._kept.values()) == 3 * size
    assert _send(folds[0])[0].X_train is before[0].X_train
    assert _send(folds[1])[0].X_train is not before[1].X_train


def test_large_folds_and_raw_ones_are_not_kept(
    monkeypatch: pytest.MonkeyPatch, store: kept_folds._Store
) -> None:
    monkeypatch.setattr(kept_folds, "MOST_OF_ONE", 100)
    raw = RawFold(np.eye(2), np.arange(2), np.eye(2), np.arange(2))
    large, found = _send(_fold(), raw)
    assert isinstance(large, Fold)
    np.testing.assert_array_equal(found.X_train, raw.X_train)
    assert not store._kept


def test_what_is_in_a_file_is_copied(tmp_path: Path) -> None:
    # joblib shares large arrays in files, which it deletes
    fold = _fold()
    joblib.dump(fold.X_train, tmp_path / "rows")
    kept = kept_folds._training_of(replace(fold, X_train=joblib.load(tmp_path / "rows", "r"))).owned()
    assert type(kept.X) is np.ndarray
    np.testing.assert_array_equal(kept.X, fold.X_train)
    assert kept.y is fold.y_train


def test_names_go_with_their_folds() -> None:
    tokens = kept_folds._Tokens()
    fold = _fold()
    name = tokens.of(fold)
    assert tokens.of(fold) == name != tokens.of(_fold())
    del fold
    gc.collect()
    assert not tokens._known
