from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xgboost as xgb

from foretune.datasets.surrogates_dataset import SurrogatesDataset
from foretune.meta_model.ensemble import LevelModel, Member
from foretune.meta_model.memory import Memory, Residuals, TrainingSet
from foretune.meta_model.parameters import PolicyParameters
from foretune.meta_model.prior import RelativeShapes
from foretune.meta_model.surrogate import Surrogate


def _memory(task_type: str, tasks: dict[str, str] | None = None) -> Memory:
    tasks = tasks or {"iris": "hash"}
    n = len(tasks)
    member = Member(_booster(1), _booster(3), LevelModel(None, None, (0.0, 1.0)))
    shapes = RelativeShapes(0.0, 1.0, np.zeros((n, 5)), np.ones((n, 2)))
    scores, level = np.zeros(n), np.zeros((n, 2))
    config = np.zeros(n, dtype=np.intp)
    return Memory(
        task_type=task_type,
        surrogate=Surrogate("raw", ("m",), ("C",), (member,), (0.0, 1.0)),
        residuals=Residuals(np.zeros((1, 1)), np.arange(n), config, scores, scores, level, level, shapes),
        policy=PolicyParameters(),
        task_hashes=tasks,
        training_set=TrainingSet(
            tuple(tasks), np.zeros((n, 1), dtype=np.float32), np.ones((1, n), dtype=bool), ("c",)
        ),
    )


def _booster(n_features: int) -> xgb.Booster:
    rows = np.arange(3.0 * n_features).reshape(3, n_features)
    data = xgb.DMatrix(rows, label=[0.0, 1.0, 2.0])
    return xgb.train({"max_depth": 1, "tree_method": "hist"}, data, num_boost_round=1)


def test_what_changed_since_the_last_training_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    dataset = SurrogatesDataset(filepath=str(tmp_path / "surrogates"))
    with caplog.at_level("INFO"):
        dataset.save({"regression": _memory("regression", {"a": "1", "b": "2", "c": "3"})})
        assert "1 members" in caplog.text
        assert "since the last" not in caplog.text
        dataset.save({"regression": _memory("regression", {"b": "2", "c": "4", "d": "5", "e": "6"})})
    assert "4 tasks (2 new, 1 changed, 1 gone since the last training)" in caplog.text


def test_round_trip_and_no_leftovers(tmp_path: Path) -> None:
    dataset = SurrogatesDataset(filepath=str(tmp_path / "surrogates"))
    assert not dataset.exists()
    dataset.save({"classification": _memory("classification"), "regression": _memory("regression")})
    assert dataset.exists()
    assert sorted(dataset.load()) == ["classification", "regression"]
    (tmp_path / "surrogates/regression/notes.txt").write_text("mine")
    (tmp_path / "surrogates/classification/notes.txt").write_text("mine")
    dataset.save({"regression": _memory("regression")})
    loaded = dataset.load()
    assert sorted(loaded) == ["regression"]
    assert loaded["regression"].task_hashes == {"iris": "hash"}
    left = sorted(path.name for path in (tmp_path / "surrogates/classification").iterdir())
    assert left == ["notes.txt"]
    assert (tmp_path / "surrogates/regression/notes.txt").read_text() == "mine"
