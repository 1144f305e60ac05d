from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from foretune.evaluation.advice.learning_curve import (
    LEARNING_CURVE_COLUMNS,
    average_learning_curve,
    measure_learning_curve,
    sizes_to_know,
)
from foretune.evaluation.methods.greedy_portfolio import GreedyPortfolio
from foretune.evaluation.parameters import EvaluationParameters
from foretune.evaluation.regret import best_found, normalised_regret
from foretune.meta_model.meta_dataset import MetaDataset
from foretune.meta_model.parameters import MetaTrainingParameters

PARAMETERS = EvaluationParameters()


@pytest.fixture(scope="module")
def scores() -> dict[str, list[float]]:
    """Scores of configurations with a quality of their own, which noise hides on a single task."""
    rng = np.random.default_rng(3)
    quality = rng.normal(size=30)
    return {f"task{number:02d}": list(quality + rng.normal(0, 2, 30)) for number in range(17)}


def test_sizes() -> None:
    assert sizes_to_know(28) == [2, 4, 7, 14, 28]
    assert sizes_to_know(2) == [1, 2]


def test_with_all_tasks_it_is_the_regret_of_the_portfolio(
    make_table: Callable[..., pd.DataFrame],
    scores: dict[str, list[float]],
    hold_out: Callable[..., tuple[object, object]],
    meta_training: MetaTrainingParameters,
) -> None:
    table = make_table(scores, families={"task00": "twins", "task01": "twins"})
    curve = measure_learning_curve(table, PARAMETERS, meta_training, 0)
    assert curve.columns.tolist() == LEARNING_CURVE_COLUMNS
    full = curve[curve["n_known_families"] >= 15].set_index(["task_id", "n_trials"])
    for task_id in ("task00", "task05"):
        fold, task = hold_out(table, task_id)
        order = GreedyPortfolio().search(fold, task, 10, 0)[None, :]
        values = MetaDataset.from_table(table).scores_of(task_id).to_numpy()
        expected = normalised_regret(best_found(values, order, range(1, 11)), values)[0]
        np.testing.assert_allclose(full.loc[task_id, "regret"].to_numpy(), expected)
        assert set(full.loc[task_id, "n_draws"]) == {1}


def test_more_known_tasks_find_the_good_configurations(
    make_table: Callable[..., pd.DataFrame],
    scores: dict[str, list[float]],
    meta_training: MetaTrainingParameters,
) -> None:
    curve = measure_learning_curve(make_table(scores), PARAMETERS, meta_training, 0)
    means = average_learning_curve(curve)
    first = means[means["n_trials"] == 1]
    assert first["n_known_families"].tolist() == [1, 2, 4, 8, 16]
    assert first["n_known_tasks"].tolist() == [1, 2, 4, 8, 16]
    assert first["mean_regret"].iloc[-1] < 0.8 * first["mean_regret"].iloc[0]
    assert set(first["n_held_out"]) == {17}
    pd.testing.assert_frame_equal(
        curve, measure_learning_curve(make_table(scores), PARAMETERS, meta_training, 0)
    )


def test_only_tasks_that_count_are_held_out_and_three_families_are_needed(
    make_table: Callable[..., pd.DataFrame],
    scores: dict[str, list[float]],
    meta_training: MetaTrainingParameters,
) -> None:
    table = make_table(dict(list(scores.items())[:4]))
    others = table.assign(provenance=table["provenance"].where(table["task_id"] == "task02", "synthetic"))
    curve = measure_learning_curve(others, PARAMETERS, meta_training, 0)
    assert set(curve["task_id"]) == {"task02"}
    for nothing in (others.assign(provenance="synthetic"), table[table["task_id"] < "task02"]):
        empty = measure_learning_curve(nothing, PARAMETERS, meta_training, 0)
        assert empty.empty
        assert empty.columns.tolist() == LEARNING_CURVE_COLUMNS
