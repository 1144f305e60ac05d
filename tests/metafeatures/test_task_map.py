from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA

from foretune.metafeatures.task_map import TASK_MAP_COLUMNS, best_learners, map_tasks, standardise


def make_catalogue(n_classification: int, n_regression: int) -> pd.DataFrame:
    types = ["classification"] * n_classification + ["regression"] * n_regression
    names = [f"t{i:02d}" for i in range(len(types))]
    return pd.DataFrame({"task_id": names, "task_type": types, "family": names})


def make_metafeatures(catalogue: pd.DataFrame) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    values = pd.DataFrame(rng.normal(size=(len(catalogue), 5)), columns=[f"a.v{k}" for k in range(5)])
    values["b.constant"] = 0.1
    values["b.missing"] = np.nan
    values.loc[0, "a.v0"] = np.nan
    values.insert(0, "task_id", catalogue["task_id"])
    return values


def test_axes_are_principal_components() -> None:
    catalogue = make_catalogue(20, 0)
    metafeatures = make_metafeatures(catalogue)
    placed = map_tasks(metafeatures.sample(frac=1, random_state=0), catalogue)
    assert list(placed.columns) == TASK_MAP_COLUMNS
    assert list(placed["task_id"]) == sorted(catalogue["task_id"])
    z = standardise(metafeatures.drop(columns="task_id"))
    assert z.shape == (20, 5)
    pca = PCA(2).fit(z)
    expected = pca.transform(z)
    for k, axis in enumerate("xy"):
        assert abs(np.corrcoef(expected[:, k], placed[axis])[0, 1]) == pytest.approx(1)
        assert placed[f"{axis}_share"].unique() == pytest.approx(pca.explained_variance_ratio_[k])


def test_types_are_placed_apart() -> None:
    catalogue = make_catalogue(6, 5)
    both = map_tasks(make_metafeatures(catalogue), catalogue)
    alone = map_tasks(make_metafeatures(catalogue), catalogue.iloc[6:])
    pd.testing.assert_frame_equal(both.iloc[6:].reset_index(drop=True), alone)


def test_one_wild_value_does_not_stretch_the_map() -> None:
    wild = pd.DataFrame({"v": [0.0] * 99 + [1e12]})
    assert np.abs(standardise(wild)).max() == 4


@pytest.mark.parametrize("n_tasks", [0, 1, 2])
def test_few_tasks(n_tasks: int) -> None:
    catalogue = make_catalogue(n_tasks, 0)
    placed = map_tasks(make_metafeatures(catalogue).iloc[:n_tasks], catalogue)
    assert len(placed) == n_tasks
    assert placed[["x", "y"]].notna().all(axis=None)


def test_best_learners() -> None:
    trials = pd.DataFrame(
        {
            "task_id": ["a", "a", "a", "b", "b", "c"],
            "learner": ["svm", "forest", "svm", "svm", "forest", "svm"],
            "score": [0.5, 0.7, 0.9, 0.8, 0.8, np.nan],
        }
    )
    assert best_learners(trials).to_dict() == {"a": "svm", "b": "forest"}
