from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.methods.foretune import Foretune
from foretune.evaluation.methods.rows_hidden import RowsHidden
from foretune.meta_model.meta_dataset import MetaDataset

HoldOut = Callable[..., tuple[EvaluationFold, HeldOutTask]]
ROWS = "metafeature:simple.log_n_rows"


@pytest.fixture
def told_by_rows(random_table: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    """Twenty tasks whose best configuration follows from their number of rows, and from nothing else."""
    table = random_table(20, 12).rename(columns={"metafeature:group.0": ROWS})
    return table.assign(n_rows=np.exp(10 * table[ROWS]).round())


@pytest.mark.slow
def test_knowing_the_rows_helps_where_they_tell_everything(
    hold_out: HoldOut, told_by_rows: pd.DataFrame
) -> None:
    found: dict[str, list[float]] = {"foretune": [], "rows_hidden": []}
    for number in range(1, 20, 4):
        fold, task = hold_out(told_by_rows, f"cla{number}")
        for method in (Foretune(), RowsHidden()):
            chosen = int(method.search(fold, task, 1, seed=0)[0])
            found[method.name].append(task.reveal_all().max() - task.evaluate(chosen))
    assert np.mean(found["foretune"]) < 0.5 * np.mean(found["rows_hidden"])


@pytest.mark.slow
def test_with_other_numbers_of_rows_it_is_the_same_search(
    hold_out: HoldOut, told_by_rows: pd.DataFrame
) -> None:
    # Few rows, for the guard, and far from all others, for the distance of the task
    is_new = told_by_rows["task_id"].eq("cla3")
    other = told_by_rows.assign(
        n_rows=told_by_rows["n_rows"].mask(is_new, 7.0), **{ROWS: told_by_rows[ROWS][::-1].to_numpy()}
    )
    other[ROWS] = other[ROWS].mask(is_new, 1e6)
    searches = {}
    for method in (Foretune(), RowsHidden()):
        searches[method.name] = [
            method.search(*hold_out(table, "cla3"), 8, seed=0).tolist() for table in (told_by_rows, other)
        ]
    first, second = searches["rows_hidden"]
    assert first == second
    first, second = searches["foretune"]
    assert first != second


def test_without_a_metafeature_that_tells_the_rows_it_is_left_out(
    random_table: Callable[..., pd.DataFrame], told_by_rows: pd.DataFrame
) -> None:
    assert RowsHidden().is_applicable(MetaDataset.from_table(told_by_rows))
    assert not RowsHidden().is_applicable(MetaDataset.from_table(random_table()))
