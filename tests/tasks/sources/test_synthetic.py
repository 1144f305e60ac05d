import numpy as np
import pandas as pd

from foretune.tasks.sources.synthetic import read_synthetic
from foretune.tasks.task_source import TaskSource


def test_generated_tables_depend_on_their_seed_alone() -> None:
    options = {"n_samples": 50, "n_features": 7, "noise": 0.5}

    def draw(seed: int) -> pd.DataFrame:
        known = TaskSource(
            "first_1",
            "synthetic",
            "make_friedman1",
            "target",
            "regression",
            "first",
            options={**options, "random_state": seed},
        )
        return read_synthetic(known)

    assert list(draw(1).columns) == ["x0", "x1", "x2", "x3", "x4", "x5", "x6", "target"]
    pd.testing.assert_frame_equal(draw(1), draw(1))
    assert not np.allclose(draw(1), draw(2))
