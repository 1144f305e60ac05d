from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from kedro.io import DatasetError

from foretune.base.errors import UserError
from foretune.datasets.log_dataset import LogDataset


def test_it_reads_a_log(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("task_id,score\na,1\n")
    log = LogDataset(file=str(path)).load()
    assert log.to_numpy().tolist() == [["a", 1]]
    assert log.attrs["log_name"] == "log.csv"


def test_a_file_that_need_not_be_there_is_an_empty_table() -> None:
    assert LogDataset(file=None).load().empty
    assert LogDataset(file=None).exists()


def test_a_file_that_must_be_there_is_asked_for_in_one_line() -> None:
    dataset = LogDataset(file=None, parameter="trials_path")
    with pytest.raises(DatasetError) as caught:
        dataset.load()
    cause = caught.value.__cause__
    assert isinstance(cause, UserError)
    assert str(cause) == "parameter trials_path is missing: --params=trials_path=<file>"


def test_it_is_not_written() -> None:
    with pytest.raises(DatasetError, match="read-only"):
        LogDataset(file="log.csv").save(pd.DataFrame())
