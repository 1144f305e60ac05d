from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from foretune.meta_model.meta_dataset import MetaDataset
from foretune.meta_model.out_of_bag import (
    MODELS,
    NO_METAFEATURES,
    RANKER,
    ROWS_HIDDEN,
    SHUFFLED,
    SURROGATE,
    OutOfBag,
    calibration_line,
    fit_out_of_bag,
)

if TYPE_CHECKING:
    from foretune.meta_model.parameters import MetaTrainingParameters


def test_means_come_from_members_that_saw_neither() -> None:
    seen = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]], dtype=bool)
    task = np.array([0, 0, 1, 2])
    predictions = np.array([[1, 2, 3, 4], [10, 20, 30, 40], [100, 200, 300, 400], [0, 0, 0, 8]], np.float32)
    levels = np.arange(24.0).reshape(4, 3, 2)
    out_of_bag = OutOfBag(seen, predictions, levels)
    nobody = out_of_bag.without(np.zeros(3, dtype=bool), task)
    np.testing.assert_allclose(nobody.mean, [110 / 3, 220 / 3, 303 / 3, 52 / 3])
    np.testing.assert_allclose(nobody.level[1], levels[[0, 2, 3], 1].mean(axis=0))
    first = out_of_bag.without(np.array([True, False, False]), task)
    # Member 0 has seen the task that is held out; of the rest each task asks who has not seen it
    np.testing.assert_allclose(first.mean, [110 / 3, 220 / 3, 150, 24])
    two = out_of_bag.without(np.array([True, True, False]), task)
    np.testing.assert_allclose(two.mean, [50, 100, 150, 8])


def test_what_nobody_can_judge_is_unknown() -> None:
    out_of_bag = OutOfBag(np.array([[True, False]]), np.ones((1, 2), np.float32), np.ones((1, 2, 2)))
    found = out_of_bag.without(np.array([False, False]), np.array([0, 1]))
    np.testing.assert_array_equal(found.mean, [np.nan, 1])
    np.testing.assert_array_equal(found.level, [[np.nan, np.nan], [1, 1]])


@pytest.fixture
def small_table(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["task_id"].isin([f"t{number:02d}" for number in range(12)])].reset_index(drop=True)


@pytest.fixture
def meta_dataset(small_table: pd.DataFrame) -> MetaDataset:
    return MetaDataset.from_table(_twins(small_table))


def _twins(table: pd.DataFrame) -> pd.DataFrame:
    twin = {"t01": "t00", "t06": "t05"}
    return table.assign(family=[twin.get(task, task) for task in table["task_id"]])


def _with_other_scores(table: pd.DataFrame, family: str) -> MetaDataset:
    changed = _twins(table)
    rows = changed["family"] == family
    changed.loc[rows, "score"] = np.random.default_rng(0).uniform(size=rows.sum())
    return MetaDataset.from_table(changed)


def test_a_held_out_prediction_does_not_know_the_scores(
    small_table: pd.DataFrame, meta_dataset: MetaDataset, quick: MetaTrainingParameters
) -> None:
    other = _with_other_scores(small_table, "t00")
    task = meta_dataset.arrays.task
    held_out = (meta_dataset.families == "t00").to_numpy()
    nobody = np.zeros_like(held_out)
    before, after = (fit_out_of_bag(each, quick, MODELS, seed=0) for each in (meta_dataset, other))
    assert held_out.sum() == 2
    for name in MODELS:
        one, two = before[name], after[name]
        # By itself, without the scores of its twin either
        of_family = held_out[task]
        np.testing.assert_array_equal(
            one.without(nobody, task).mean[of_family], two.without(nobody, task).mean[of_family]
        )
        # With the family held out, what is said of all others owes nothing to it
        first, second = one.without(held_out, task), two.without(held_out, task)
        assert np.isfinite(first.mean).all()
        np.testing.assert_array_equal(first.mean, second.mean)
        np.testing.assert_array_equal(first.level, second.level)
        # The change is seen by those who may see it
        assert (one.predictions != two.predictions).any()
        others = ~of_family
        assert (one.without(nobody, task).mean[others] != two.without(nobody, task).mean[others]).any()


def test_of_two_families_held_out_neither_is_known(
    small_table: pd.DataFrame, meta_dataset: MetaDataset, quick: MetaTrainingParameters
) -> None:
    task, families = meta_dataset.arrays.task, meta_dataset.families
    out = (families == "t05").to_numpy()
    judged = (families == "t08").to_numpy()[task]
    means = [
        fit_out_of_bag(each, quick, [SURROGATE], seed=0)[SURROGATE].without(out, task).mean[judged]
        for each in (
            meta_dataset,
            _with_other_scores(small_table, "t08"),
            _with_other_scores(small_table, "t05"),
        )
    ]
    np.testing.assert_array_equal(means[0], means[1])
    np.testing.assert_array_equal(means[0], means[2])


def test_metafeatures_earn_their_keep_here(table: pd.DataFrame, training: MetaTrainingParameters) -> None:
    meta_dataset = MetaDataset.from_table(table)
    found = fit_out_of_bag(meta_dataset, training, MODELS, seed=0)
    task, truth = meta_dataset.arrays.task, meta_dataset.targets("zscore")
    nobody = np.zeros(len(meta_dataset.tasks), dtype=bool)
    correlations = {}
    for name, out in found.items():
        mean = out.without(nobody, task).mean
        correlations[name] = np.mean([np.corrcoef(mean[rows], truth[rows])[0, 1] for rows in _rows(task)])
    assert correlations[SURROGATE] > 0.9
    assert correlations[RANKER] > 0.7
    for control in (NO_METAFEATURES, SHUFFLED):
        assert correlations[control] < correlations[SURROGATE] - 0.3


def test_numbers_of_rows_are_hidden_from_one_model(
    small_table: pd.DataFrame, quick: MetaTrainingParameters
) -> None:
    first = next(name for name in small_table if str(name).startswith("metafeature:"))
    table = small_table.rename(columns={first: "metafeature:simple.log_n_rows"})
    other = table.assign(**{"metafeature:simple.log_n_rows": table["metafeature:simple.log_n_rows"] ** 2 - 7})
    other.loc[other["task_id"].isin(other["task_id"].unique()[::2]), "metafeature:simple.log_n_rows"] = 0.0
    found = [
        fit_out_of_bag(MetaDataset.from_table(each), quick, [SURROGATE, ROWS_HIDDEN], seed=0)
        for each in (table, other)
    ]
    for name, is_same in ((ROWS_HIDDEN, True), (SURROGATE, False)):
        one, another = (each[name] for each in found)
        assert np.array_equal(one.predictions, another.predictions) == is_same
        assert np.array_equal(one.levels, another.levels) == is_same


def _rows(task: np.ndarray) -> list[np.ndarray]:
    return [np.flatnonzero(task == one) for one in np.unique(task)]


def test_a_model_does_not_depend_on_its_company_and_progress_is_told(
    meta_dataset: MetaDataset, quick: MetaTrainingParameters
) -> None:
    calls: list[tuple[int, int]] = []
    alone = fit_out_of_bag(meta_dataset, quick, [SURROGATE], 0, 1, lambda *call: calls.append(call))
    together = fit_out_of_bag(meta_dataset, quick, MODELS, 0)
    np.testing.assert_array_equal(alone[SURROGATE].predictions, together[SURROGATE].predictions)
    np.testing.assert_array_equal(alone[SURROGATE].levels, together[SURROGATE].levels)
    assert set(alone) == {SURROGATE}
    n_members = len(alone[SURROGATE].seen)
    assert n_members >= quick.n_members
    assert calls == [(done, n_members) for done in range(1, n_members + 1)]


def test_the_line_is_least_squares() -> None:
    rng = np.random.default_rng(0)
    predicted = rng.normal(size=50)
    truth = 0.3 + 0.6 * predicted + rng.normal(0, 0.1, 50)
    slope, intercept = np.polyfit(predicted, truth, 1)
    np.testing.assert_allclose(calibration_line(predicted, truth), (intercept, slope))
    assert calibration_line(np.ones(3), np.array([1.0, 2.0, 6.0])) == (3.0, 0.0)
