from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from foretune.meta_model.meta_dataset import MetaDataset
from foretune.understanding.forest_surface import ForestSurface
from foretune.understanding.learner_study import LearnerStudy, family_means, study_learner
from foretune.understanding.learner_trials import LearnerTrials
from foretune.understanding.parameters import UnderstandingParameters

MakeTable = Callable[..., pd.DataFrame]


@pytest.fixture
def grid() -> pd.DataFrame:
    a, b = np.meshgrid(np.arange(5.0), np.arange(4.0))
    return pd.DataFrame({"param_a": a.ravel(), "param_b": b.ravel()})


@pytest.fixture
def study(
    make_table: MakeTable, parameters: UnderstandingParameters
) -> Callable[[pd.DataFrame], LearnerStudy]:
    """Study a table with enough trees to be exact on a grid."""
    surface = parameters.surface.model_copy(update={"n_trees": 100})

    def make(table: pd.DataFrame) -> LearnerStudy:
        return study_learner(LearnerTrials.gather(MetaDataset.from_table(table), "svm", surface), surface, 0)

    return make


def test_everything_is_read_off_a_known_surface(
    make_table: MakeTable, grid: pd.DataFrame, study: Callable[[pd.DataFrame], LearnerStudy]
) -> None:
    # Relative score (4 a + b) / 19, of whose variance a explains 32 / (32 + 1.25)
    default = int(np.flatnonzero((grid["param_a"] == 1) & (grid["param_b"] == 1))[0])
    found = study(make_table(grid, lambda x, _: 4 * x["param_a"] + x["param_b"], default=default))
    assert found.is_library_default
    assert found.trials.configurations.iloc[found.reference][["a", "b"]].tolist() == [1, 1]
    assert found.r2.min() > 0.9
    np.testing.assert_allclose(found.main, np.tile([0.96, 0.04], (4, 1)), atol=0.03)
    assert found.pairs == [(0, 1)]
    assert found.interactions.shape == (4, 1)
    assert found.interactions.max() < 0.02
    # Averaged over the other: a moves the score by 16 / 19, b by 3 / 19
    for curve, rise in zip(found.curves, (16 / 19, 3 / 19), strict=True):
        assert (np.diff(curve, axis=1) > 0).all()
        np.testing.assert_allclose(curve[:, -1] - curve[:, 0], rise, atol=0.06)
    np.testing.assert_allclose(found.gains, np.tile([12 / 19, 2 / 19], (4, 1)), atol=0.05)
    np.testing.assert_allclose(found.gains_of_all, 14 / 19, atol=0.06)
    np.testing.assert_array_equal(found.candidates, np.arange(20))
    values = found.trials.configurations
    expected = (4 * values["a"] + values["b"]).to_numpy() / 19
    np.testing.assert_allclose(found.completed, np.tile(expected, (4, 1)))


def test_what_was_not_tried_is_predicted_and_what_failed_is_worst(
    make_table: MakeTable, grid: pd.DataFrame, study: Callable[[pd.DataFrame], LearnerStudy]
) -> None:
    designs = {"whole": grid, "gap": grid.drop(index=12), "failing": grid}
    table = make_table(designs, lambda x, _: x["param_a"], qualities=dict.fromkeys(designs, 1.0))
    is_middle = table["config_id"] == "svm-2.0|2.0"
    table.loc[is_middle & (table["task_id"] == "failing"), "score"] = np.nan
    found = study(table)
    at = int(np.flatnonzero((found.trials.configurations[["a", "b"]] == [2, 2]).all(axis=1))[0])
    tasks = {task.task_id: row for task, row in zip(found.trials.tasks, found.completed, strict=True)}
    assert tasks["whole"][at] == 0.5
    assert tasks["failing"][at] == 0
    assert tasks["gap"][at] == pytest.approx(0.5, abs=0.1)
    assert tasks["gap"][at] != 0.5


def test_without_a_default_tuning_starts_from_the_best_on_average_of_families(
    make_table: MakeTable, grid: pd.DataFrame, study: Callable[[pd.DataFrame], LearnerStudy]
) -> None:
    # Three copies of one task want a = 4, two families want a = 0
    qualities = {"copy0": 4.0, "copy1": 4.0, "copy2": 4.0, "other": 0.0, "third": 0.0}
    families = {task: "copies" for task in qualities if task.startswith("copy")}

    def surface(x: pd.DataFrame, quality: float) -> pd.Series:
        return (x["param_a"] == quality) + 0.01 * x["param_b"]

    found = study(make_table(grid, surface, qualities=qualities, families=families))
    assert not found.is_library_default
    assert found.trials.configurations.iloc[found.reference][["a", "b"]].tolist() == [0, 3]
    by_task = dict(zip(qualities, found.gains_of_all, strict=True))
    assert by_task["copy0"] > 0.8
    assert by_task["third"] < 0.05


def test_a_curve_of_a_conditional_hyperparameter_is_of_where_it_is_active(
    make_table: MakeTable, svm_design: pd.DataFrame, study: Callable[[pd.DataFrame], LearnerStudy]
) -> None:
    def surface(x: pd.DataFrame, _: float) -> pd.Series:
        scores: pd.Series = np.log10(x["param_gamma"]).fillna(-2.0)
        return scores

    found = study(make_table(svm_design, surface))
    curve = found.curves[found.trials.space.names.index("gamma")]
    # Under the other kernels, which are two thirds of the space, gamma moves nothing
    assert (curve.max(axis=1) - curve.min(axis=1)).min() > 0.7


def test_family_means() -> None:
    means = family_means(np.array([[1.0], [3.0], [10.0]]), ["b", "b", "a"])
    np.testing.assert_allclose(means, [[10.0], [2.0]])


def test_a_forest_reads_no_more_trials_than_it_may(
    make_table: MakeTable,
    grid: pd.DataFrame,
    parameters: UnderstandingParameters,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[np.ndarray] = []
    fit = ForestSurface.fit

    def spy(values: np.ndarray, *rest: Any) -> ForestSurface:
        read.append(values)
        return fit(values, *rest)

    monkeypatch.setattr(ForestSurface, "fit", spy)
    table = make_table(grid, lambda x, _: x["param_a"], qualities={"a": 1.0, "b": 1.0})
    trials = LearnerTrials.gather(MetaDataset.from_table(table), "svm", parameters.surface)
    for most, n_read in ((10, 10), (20, 20), (500, 20)):
        read.clear()
        study_learner(trials, parameters.surface.model_copy(update={"max_trials": most}), 0)
        assert [len(values) for values in read] == [n_read] * 2
        assert all(len(np.unique(values, axis=0)) == n_read for values in read)
