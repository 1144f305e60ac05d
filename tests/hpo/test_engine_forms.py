"""Runs of the engine whose preprocessing is by learner."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from foretune.execution import ParallelParameters
from foretune.hpo.engine import run_hpo
from foretune.hpo.parameters import HpoParameters
from foretune.ledger.ledger import Ledger
from foretune.tasks.task import Task

SCORES = ["task_id", "learner", "config_id", "status", "score"]


def _with(parameters: HpoParameters, **preprocessing: object) -> HpoParameters:
    raw = parameters.model_dump()
    raw["preprocessing"] |= preprocessing
    return HpoParameters(
        **(raw | {"learners": ["xgboost", "lightgbm", "k_nearest_neighbours"], "n_configurations": 2})
    )


@pytest.mark.slow
def test_workers_and_ledger_give_the_same_table_and_forms_do_not_mix(
    mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters, tmp_path: Path
) -> None:
    plain = _with(hpo_parameters)
    by_learner = _with(hpo_parameters, by_learner=True, many_categories="target", max_categories=2)
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.sqlite") as ledger:
        first, _ = run_hpo(mixed_tasks, plain, 0, ledger=ledger)
        native, _ = run_hpo(mixed_tasks, by_learner, 0, ledger=ledger)
        again, _ = run_hpo(mixed_tasks, plain, 0, ledger=ledger)
        known, _ = run_hpo(mixed_tasks, by_learner, 0, ledger=ledger)
    assert set(native["status"]) == {"ok"}
    pd.testing.assert_frame_equal(first[SCORES], again[SCORES])
    pd.testing.assert_frame_equal(native[SCORES], known[SCORES])
    two, _ = run_hpo(mixed_tasks, by_learner, 0, ParallelParameters(n_workers=2, backend="threads"))
    pd.testing.assert_frame_equal(native[SCORES], two[SCORES])
    for _, scores in (native["score"] != first["score"]).groupby(native["learner"]):
        assert scores.any()
