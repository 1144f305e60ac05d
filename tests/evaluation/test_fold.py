from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from foretune.evaluation.evidence import Truth
from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.meta_model.meta_dataset import MetaDataset
from foretune.meta_model.parameters import MetaTrainingParameters

NAN = float("nan")


def test_relative_scores(make_fold: Callable[..., tuple[EvaluationFold, HeldOutTask]]) -> None:
    fold, task = make_fold(
        {
            "constant": [0.5, 0.5, 0.5, NAN],
            "failing": [0.2, NAN, 0.4, 0.3],
            "new": [0.1, 0.2, 0.3, 0.4],
            "ragged": [0.0, 9.0, 5.0, 10.0],
        },
        unknown=[("ragged", "c01"), ("new", "c03")],
    )
    # The pool of a known task counts whole, also what the new task has not evaluated
    np.testing.assert_allclose(
        fold.relative_scores(task.candidates.index), [[1, 1, 1], [0, 0, 1], [0, NAN, 0.5]]
    )


def test_surfaces_are_exact_where_known_and_close_where_not(
    hold_out: Callable[..., tuple[EvaluationFold, HeldOutTask]], random_table: Callable[..., pd.DataFrame]
) -> None:
    table = random_table(6, 30)
    whole, task = hold_out(table, "cla0")
    gaps = (table["task_id"] == "cla3") & table["config_id"].isin(["c07", "c15", "c22"])
    with_gaps, _ = hold_out(table[~gaps], "cla0")
    ids = task.candidates.index
    np.testing.assert_array_equal(whole.surfaces(ids), whole.relative_scores(ids))
    known, found = with_gaps.relative_scores(ids), with_gaps.surfaces(ids)
    assert np.isnan(known[2, [7, 15, 22]]).all()
    np.testing.assert_array_equal(found[np.isfinite(known)], known[np.isfinite(known)])
    np.testing.assert_allclose(found[2, [7, 15, 22]], whole.surfaces(ids)[2, [7, 15, 22]], atol=0.1)


def test_a_prior_is_built_once(
    hold_out: Callable[..., tuple[EvaluationFold, HeldOutTask]], random_table: Callable[..., pd.DataFrame]
) -> None:
    fold, task = hold_out(random_table(), "cla0")
    assert fold.prior(task, 0) is fold.prior(task, 0)
    assert fold.prior(task, 0) is not fold.prior(task, 1)
    assert fold.prior(task, 0) is not fold.prior(task, 0, "no_metafeatures")


def test_seconds_are_expected_from_the_known_tasks_with_times(
    make_table: Callable[..., pd.DataFrame],
) -> None:
    scores = {name: [0.1, 0.2, 0.3] for name in ("new", "one", "other", "untimed")}
    table = make_table(scores, families={name: name[:2] for name in scores})
    meta_dataset = MetaDataset.from_table(table)
    costs = table[["task_id", "config_id"]].assign(fit_seconds=[*[900.0] * 3, 1, 2, 4, 1, 2, 4, *[NAN] * 3])
    truth = Truth.from_meta_dataset(meta_dataset, "minmax", costs)
    fold = EvaluationFold(meta_dataset, "ne", MetaTrainingParameters(), truth=truth)
    task = HeldOutTask.from_meta_dataset(meta_dataset, "new", truth.seconds)
    assert task.has_times
    np.testing.assert_allclose(fold.trial_seconds(task).expected(), [1, 2, 4], rtol=0.05)
    # Each search learns for itself
    fold.trial_seconds(task).tell(0, 50.0)
    np.testing.assert_allclose(fold.trial_seconds(task).expected(), [1, 2, 4], rtol=0.05)
    without = EvaluationFold(meta_dataset, "ne", MetaTrainingParameters())
    with pytest.raises(ValueError, match="no times"):
        without.trial_seconds(task)


def test_nothing_of_the_held_out_family_gets_through(
    hold_out: Callable[..., tuple[EvaluationFold, HeldOutTask]], random_table: Callable[..., pd.DataFrame]
) -> None:
    table = random_table(8)
    table.loc[table["task_id"] == "cla1", "family"] = "family of cla0"
    changed = table.copy()
    of_family = changed["family"] == "family of cla0"
    changed.loc[of_family, "score"] = np.random.default_rng(0).uniform(size=of_family.sum())
    priors = []
    for one in (table, changed):
        fold, task = hold_out(one, "cla0")
        priors.append((fold.prior(task, 0), fold.surfaces(task.candidates.index)))
    for name in ("mean", "basis", "surfaces", "locations", "log_scales"):
        np.testing.assert_array_equal(getattr(priors[0][0], name), getattr(priors[1][0], name))
    assert priors[0][0].level == priors[1][0].level
    np.testing.assert_array_equal(priors[0][1], priors[1][1])
