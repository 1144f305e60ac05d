from __future__ import annotations

from pathlib import Path

import numpy as np
import xgboost as xgb

from foretune.datasets.surrogates_dataset import SurrogatesDataset
from foretune.meta_model.surrogate import Surrogate


def _surrogate(task_type: str) -> Surrogate:
    data = xgb.DMatrix(np.arange(6.0).reshape(3, 2), label=[0.0, 1.0, 2.0])
    booster = xgb.train({"max_depth": 1}, data, num_boost_round=1)
    return Surrogate(task_type, "raw", ("m",), ("C",), booster, None, None, (0.0, 1.0), {"iris": "hash"})


def test_round_trip_and_no_leftovers(tmp_path: Path) -> None:
    dataset = SurrogatesDataset(filepath=str(tmp_path / "surrogates"))
    assert not dataset.exists()
    dataset.save({"classification": _surrogate("classification"), "regression": _surrogate("regression")})
    assert dataset.exists()
    assert sorted(dataset.load()) == ["classification", "regression"]
    dataset.save({"regression": _surrogate("regression")})
    loaded = dataset.load()
    assert sorted(loaded) == ["regression"]
    assert loaded["regression"].task_hashes == {"iris": "hash"}
