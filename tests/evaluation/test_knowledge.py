from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foretune.evaluation.knowledge import Knowledge
from foretune.evaluation.residuals import ResidualBlock

if TYPE_CHECKING:
    from collections.abc import Callable

    from foretune.evaluation.held_out_task import HeldOutTask
    from foretune.meta_model.parameters import MetaTrainingParameters

NAN = float("nan")


def test_relative_scores(make_fold: Callable[..., tuple[Knowledge, HeldOutTask]]) -> None:
    knowledge, task = make_fold(
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
        knowledge.relative_scores(task.candidates.index), [[1, 1, 1], [0, 0, 1], [0, NAN, 0.5]]
    )


def test_a_model_is_fitted_once(make_fold: Callable[..., tuple[Knowledge, HeldOutTask]]) -> None:
    knowledge, _ = make_fold({"a": [0.1, 0.2], "b": [0.2, 0.1], "new": [0.1, 0.2]}, {"a": [1.0]})
    assert knowledge.surrogate(0) is knowledge.surrogate(0)
    assert knowledge.surrogate(0) is not knowledge.surrogate(1)


def test_residuals_are_averaged_over_blocks_of_the_seed(
    make_fold: Callable[..., tuple[Knowledge, HeldOutTask]], meta_training: MetaTrainingParameters
) -> None:
    fold, task = make_fold({"a": [0.1, 0.2], "b": [0.2, 0.1], "new": [0.1, 0.2]})

    def block(
        seed: int, tasks: list[str], configurations: list[str], values: list[list[float]]
    ) -> ResidualBlock:
        return ResidualBlock(seed, frozenset(), pd.Index(tasks), pd.Index(configurations), np.array(values))

    knowledge = Knowledge(
        fold.memory,
        meta_training,
        [
            block(0, ["b", "new"], ["c01", "c00"], [[1.0, 2.0], [9.0, 9.0]]),
            block(0, ["b"], ["c00", "other"], [[4.0, 9.0]]),
            block(0, ["b"], ["c01"], [[NAN]]),
            block(1, ["a", "b"], ["c00", "c01"], [[9.0, 9.0], [9.0, 9.0]]),
        ],
    )
    np.testing.assert_allclose(knowledge.residuals(task.candidates.index, 0), [[0, 0], [3.0, 1.0]])
