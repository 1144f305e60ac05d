from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from foretune.evaluation.evidence import Evidence, Truth
from foretune.meta_model.meta_dataset import MetaDataset
from foretune.meta_model.out_of_bag import SURROGATE, fit_out_of_bag
from foretune.meta_model.parameters import MetaTrainingParameters

SCORES = {"a": [0.0, 0.5, 1.0], "b": [10.0, 30.0, 20.0], "c": [0.3, 0.2, 0.1]}


def test_the_truth_of_every_task_is_read_off_the_meta_dataset(
    make_table: Callable[..., pd.DataFrame],
) -> None:
    meta_dataset = MetaDataset.from_table(make_table(SCORES, unknown=[("c", "c01")]))
    truth = Truth.from_meta_dataset(meta_dataset, "minmax")
    np.testing.assert_allclose(truth.targets, [0, 0.5, 1, 0, 1, 0.5, 1, 0])
    # Location of the target 0 and the logarithm of what one unit of it is worth
    np.testing.assert_allclose(truth.levels, [[0, 0], [10, np.log(20)], [0.1, np.log(0.2)]], atol=1e-12)
    np.testing.assert_allclose(
        truth.interpolation.known(truth.targets, np.array([1, 2]), np.array([0, 1, 2])),
        [[0, 1, 0.5], [1, np.nan, 0]],
    )
    kernel = truth.kernels.without(np.zeros(3, dtype=bool))
    assert kernel == truth.interpolation.choose_kernel(truth.targets).without(np.zeros(3, dtype=bool))


def test_relative_shapes_are_of_every_task_in_its_order(make_table: Callable[..., pd.DataFrame]) -> None:
    meta_dataset = MetaDataset.from_table(make_table(SCORES))
    shapes = Truth.from_meta_dataset(meta_dataset, "minmax").shapes
    # Targets are relative scores already
    np.testing.assert_allclose(shapes(np.array([[0.0, 0.5, 1.0]] * 3)), [[0.0, 0.5, 1.0]] * 3)


def test_ensembles_are_fitted_for_the_models_that_are_asked_for(
    random_table: Callable[..., pd.DataFrame], meta_training: MetaTrainingParameters
) -> None:
    meta_dataset = MetaDataset.from_table(random_table(8, 6))
    truth = Truth.from_meta_dataset(meta_dataset, meta_training.target)
    told: list[tuple[int, int]] = []
    evidence = Evidence.fit(
        meta_dataset, truth, meta_training, [SURROGATE], 3, on_progress=lambda *one: told.append(one)
    )
    assert (evidence.seed, evidence.parameters, evidence.truth) == (3, meta_training, truth)
    assert list(evidence.out_of_bag) == [SURROGATE]
    assert told
    expected = fit_out_of_bag(meta_dataset, meta_training, [SURROGATE], 3)[SURROGATE]
    held_out = np.arange(8) == 0
    task = meta_dataset.arrays.task
    found = evidence.out_of_bag[SURROGATE].without(held_out, task).mean
    np.testing.assert_array_equal(found, expected.without(held_out, task).mean)
    other = fit_out_of_bag(meta_dataset, meta_training, [SURROGATE], 4)[SURROGATE]
    assert (other.without(held_out, task).mean != found).any()


@pytest.mark.parametrize("n_workers", [1, 2])
def test_without_models_nothing_is_fitted(
    n_workers: int, make_table: Callable[..., pd.DataFrame], meta_training: MetaTrainingParameters
) -> None:
    meta_dataset = MetaDataset.from_table(make_table(SCORES))
    truth = Truth.from_meta_dataset(meta_dataset, "minmax")
    assert Evidence.fit(meta_dataset, truth, meta_training, [], 0, n_workers).out_of_bag == {}
