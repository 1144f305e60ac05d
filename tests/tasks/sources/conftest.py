from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.local_server import LocalServer, run_local_server

from foretune.tasks.download_parameters import DownloadParameters


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with run_local_server() as running:
        yield running


@pytest.fixture
def downloads(tmp_path: Path) -> DownloadParameters:
    return DownloadParameters(folder=str(tmp_path / "cache"), delay=0, timeout=5, n_retries=2)
