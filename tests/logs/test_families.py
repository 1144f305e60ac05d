from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foretune.logs.families import group_tasks, relative_distances

RNG = np.random.default_rng(0)
TASKS = [f"t{number:02d}" for number in range(12)]


def _described(values: np.ndarray, tasks: list[str] = TASKS) -> pd.DataFrame:
    described = pd.DataFrame(values, columns=[f"m{number}" for number in range(values.shape[1])])
    described.insert(0, "task_id", tasks[: len(values)])
    return described


def _series(values: list[object], tasks: list[str] = TASKS) -> pd.Series:
    return pd.Series(values, index=tasks[: len(values)], dtype="str")


NONE = _series([None] * 12)
OWN = _series(list(TASKS))


def _families(groups: pd.DataFrame) -> dict[str, str]:
    return dict(zip(groups["task_id"], groups["family"], strict=True))


def test_near_duplicates_are_one_family_and_carry_over(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    values = RNG.lognormal(sigma=2, size=(12, 20))
    values[3] = values[1] * 1.05
    values[7] = values[3] * 1.05
    groups = group_tasks(_described(values), NONE, OWN, threshold=0.05)
    near = {"t01": "t01", "t03": "t01", "t07": "t01"}
    assert _families(groups) == {task: near.get(task, task) for task in TASKS}
    assert groups.set_index("task_id")["n_in_family"][["t00", "t03"]].tolist() == [1, 3]
    assert groups.set_index("task_id")["nearest_task"]["t01"] == "t03"
    assert groups.set_index("task_id")["distance"]["t01"] < 0.05
    assert "12 tasks in 10 families" in caplog.text
    assert "family of 3 near-duplicates: 't01', 't03', 't07'" in caplog.text


def test_threshold_zero_joins_equal_tasks_only() -> None:
    values = RNG.lognormal(size=(12, 5))
    values[5] = values[2]
    values[6] = values[2] * (1 + 1e-6)
    families = _families(group_tasks(_described(values), NONE, OWN, threshold=0))
    assert families == {task: {"t05": "t02"}.get(task, task) for task in TASKS}


def test_a_chain_is_no_family() -> None:
    # Neighbours on a line: each is near to the next one, the ends are far apart
    values = np.exp(np.linspace(1, 2, 12))[:, None]
    groups = group_tasks(_described(values), NONE, OWN, threshold=0.35)
    assert groups["family"].nunique() > 3
    assert groups["n_in_family"].max() <= 3


def test_identical_trials_are_one_family_without_metafeatures() -> None:
    hashes = _series(["x", "y", "x", *TASKS[3:]])
    groups = group_tasks(pd.DataFrame({"task_id": pd.Series([], dtype="str")}), NONE, hashes, 0.15)
    assert _families(groups) == {task: {"t02": "t00"}.get(task, task) for task in TASKS}
    assert groups["distance"].isna().all()
    assert groups["nearest_task"].isna().all()


def test_families_of_the_log_hold() -> None:
    values = np.ones((12, 3)) + np.eye(12)[:, :3]
    given = _series(["f", "f", *[None] * 10])
    groups = group_tasks(_described(values), given, OWN, threshold=10)
    assert _families(groups) == {task: "f" if task < "t02" else task for task in TASKS}


def test_tasks_of_which_little_is_known_are_near_to_none() -> None:
    values = RNG.lognormal(size=(12, 8))
    values[[2, 9], 1:] = np.nan
    distances = relative_distances(_described(values))
    assert not {"t02", "t09"} & set(distances)
    families = _families(group_tasks(_described(values), NONE, OWN, threshold=0.15))
    assert families["t02"] == "t02"
    assert families["t09"] == "t09"


def test_distances_have_median_one_and_ignore_units() -> None:
    values = RNG.lognormal(sigma=3, size=(12, 6))
    distances = relative_distances(_described(values)).to_numpy()
    assert np.median(distances[np.triu_indices(12, 1)]) == pytest.approx(1)
    negative = relative_distances(_described(-values)).to_numpy()
    np.testing.assert_allclose(distances, negative)
