from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from foretune.evaluation.times import read_seconds
from foretune.meta_model.meta_dataset import MetaDataset

NAN = float("nan")
SCORES = {name: [0.1, 0.2, NAN] for name in "abcd"}
MakeTable = Callable[..., pd.DataFrame]


def make_costs(seconds: dict[str, list[float]]) -> pd.DataFrame:
    """Seconds of the configurations ``c00``, ``c01`` ... on each task, in no order."""
    rows = [(task, f"c{number:02d}", one) for task, row in seconds.items() for number, one in enumerate(row)]
    return pd.DataFrame(rows, columns=["task_id", "config_id", "fit_seconds"]).sample(frac=1, random_state=0)


def test_seconds_are_those_of_the_trials_and_a_failed_one_pays_the_mean(make_table: MakeTable) -> None:
    meta_dataset = MetaDataset.from_table(make_table(SCORES, unknown=[("b", "c01")]))
    costs = make_costs({"a": [1, 2, 3], "b": [4, 9, NAN], "c": [1, 0, NAN], "d": [1, NAN, 3]})
    found = read_seconds(meta_dataset, costs)
    assert found is not None
    # A score of d has no seconds
    np.testing.assert_array_equal(found, [1, 2, 3, 4, 4, 1, 0, 0.5, NAN, NAN, NAN])


@pytest.mark.parametrize("bad", [[-1, 2, 3], [np.inf, 2, 3], [0, 0, 0]])
def test_a_task_with_impossible_seconds_has_no_times(make_table: MakeTable, bad: list[float]) -> None:
    meta_dataset = MetaDataset.from_table(make_table(SCORES))
    found = read_seconds(meta_dataset, make_costs({"a": bad, "b": [1, 2, 3], "c": [1, 2, 3], "d": [1, 2, 3]}))
    assert found is not None
    assert np.isnan(found[:3]).all()
    assert np.isfinite(found[3:]).all()


def test_without_times_of_three_families_there_are_none(
    make_table: MakeTable, caplog: pytest.LogCaptureFixture
) -> None:
    meta_dataset = MetaDataset.from_table(make_table(SCORES, families=dict(zip("abcd", "xxyz", strict=True))))
    costs = make_costs({name: [1, 2, 3] for name in "abc"})
    assert read_seconds(meta_dataset, None) is None
    assert read_seconds(meta_dataset, costs.drop(columns="fit_seconds")) is None
    assert read_seconds(meta_dataset, costs.assign(fit_seconds=NAN)) is None
    assert not caplog.text
    assert read_seconds(meta_dataset, costs) is None
    assert "no regret in time: 2 families of tasks have seconds" in caplog.text


def test_repeated_trials_are_averaged_and_other_tasks_do_not_count(make_table: MakeTable) -> None:
    meta_dataset = MetaDataset.from_table(make_table(SCORES))
    costs = make_costs({name: [1, 2, 3] for name in "abcde"})
    twice = pd.concat([costs, costs.assign(fit_seconds=3 * costs["fit_seconds"])])
    np.testing.assert_array_equal(read_seconds(meta_dataset, twice), [2, 4, 6] * 4)
