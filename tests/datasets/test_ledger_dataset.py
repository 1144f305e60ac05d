from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from kedro.io import DatasetError

from foretune.datasets.ledger_dataset import LedgerDataset
from foretune.ledger import LedgerError


def test_the_file_is_made_when_the_ledger_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "ledger.sqlite"
    dataset = LedgerDataset(filepath=str(path))
    assert dataset.exists()
    with dataset.load() as ledger:
        assert not list(ledger.rows())
    assert path.is_file()


@pytest.mark.slow
def test_credentials_name_another_database(tmp_path: Path, postgres_url: str) -> None:
    dataset = LedgerDataset(filepath=str(tmp_path / "unused"), credentials={"url": postgres_url})
    with dataset.load() as ledger:
        assert ledger.place.startswith("postgresql")
        assert not list(ledger.rows())
    assert not (tmp_path / "unused").exists()


def test_a_server_that_is_not_there_is_said(tmp_path: Path) -> None:
    nowhere = {"url": "postgresql://me:secret@127.0.0.1:1/nowhere"}
    dataset = LedgerDataset(filepath=str(tmp_path / "unused"), credentials=nowhere, timeout=1)
    with pytest.raises(DatasetError) as caught:
        dataset.load()
    assert isinstance(caught.value.__cause__, LedgerError)
    assert "secret" not in str(caught.value)


def test_its_address_has_no_password(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite"
    assert LedgerDataset(filepath=str(file)).address == str(file)
    url = {"url": "postgresql://me:secret@host:5432/trials?sslpassword=secret"}
    address = LedgerDataset(filepath=str(file), credentials=url).address
    assert address.startswith("postgresql+psycopg://me:***@host:5432/trials")
    assert "secret" not in address
    with pytest.raises(LedgerError, match="cannot be kept in mysql"):
        _ = LedgerDataset(filepath=str(file), credentials={"url": "mysql://me:secret@host/trials"}).address


def test_it_is_not_saved(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="added to by the nodes that load it"):
        cast("Any", LedgerDataset(filepath=str(tmp_path / "ledger.sqlite"))).save({})
