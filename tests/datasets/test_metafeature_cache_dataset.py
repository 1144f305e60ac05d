from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest
from kedro.io import DatasetError

from foretune.datasets.metafeature_cache_dataset import MetafeatureCacheDataset

if TYPE_CHECKING:
    from pathlib import Path


def test_the_file_is_made_when_the_cache_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "cache.sqlite"
    dataset = MetafeatureCacheDataset(filepath=str(path))
    assert dataset.exists()
    assert dataset.load().lookup(["anything"]) == {}
    assert path.is_file()


def test_it_is_not_saved(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="added to by the nodes that load it"):
        cast("Any", MetafeatureCacheDataset(filepath=str(tmp_path / "cache.sqlite"))).save({})
