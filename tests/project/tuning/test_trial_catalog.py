"""Datasets of trials."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from kedro.io import DataCatalog, MemoryDataset

from foretune.project.tuning.trial_catalog import KeptDataset, local_path, move_outputs

FRAME = pd.DataFrame({"a": [1, 2]})


def _catalog(folder: Path) -> DataCatalog:
    return DataCatalog.from_config(
        {
            "table": {
                "type": "pandas.CSVDataset",
                "filepath": f"{folder}/table.csv",
                "save_args": {"index": True},
            },
            "model": {"type": "pickle.PickleDataset", "filepath": f"{folder}/model.pkl", "versioned": True},
            "parts": {
                "type": "partitions.PartitionedDataset",
                "path": f"{folder}/parts",
                "dataset": "pandas.CSVDataset",
            },
            "{name}_text": {"type": "text.TextDataset", "filepath": f"{folder}/{{name}}.txt"},
            "shared": {"type": "MemoryDataset", "copy_mode": "assign"},
        }
    )


def test_files_are_saved_elsewhere_in_their_own_format(tmp_path: Path) -> None:
    project, trials = tmp_path / "project", tmp_path / "trials"
    catalog = _catalog(project)
    in_memory = move_outputs(catalog, ["table", "model", "parts", "a_text", "shared", "free"], trials)
    # It would write into its own folder
    assert in_memory == ["parts"]
    catalog.save("table", FRAME)
    catalog.save("model", {"x": 1})
    catalog.save("a_text", "words")
    catalog.save("parts", {"one": FRAME})
    kept = [1]
    catalog.save("shared", kept)
    catalog.save("free", kept)
    # As a CSV file gives it, with the index that its arguments ask for
    assert list(catalog.load("table").columns) == ["Unnamed: 0", "a"]
    assert catalog.load("model") == {"x": 1}
    assert catalog.load("a_text") == "words"
    assert catalog.load("parts")["one"].equals(FRAME)
    assert catalog.load("shared") is kept
    assert catalog.load("free") is not kept
    assert not project.exists()
    assert sorted(file.name for file in trials.rglob("*.*")) == ["a.txt", "model.pkl", "table.csv"]


def test_what_is_kept_is_not_released() -> None:
    kept = KeptDataset(MemoryDataset())
    assert not kept.exists()
    kept.save([1])
    kept.release()
    assert kept.load() == [1]
    assert kept.exists()


def test_a_local_path_is_that_of_a_file_or_folder() -> None:
    assert local_path({"filepath": "/data/a.csv"}) == Path("/data/a.csv")
    assert local_path({"path": "/data/parts"}) == Path("/data/parts")
    assert local_path({"filepath": "s3://bucket/a.csv"}) is None
    assert local_path({"sql": "select 1"}) is None
