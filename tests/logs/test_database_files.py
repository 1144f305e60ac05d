from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from foretune.logs.database_files import check_is_there
from foretune.logs.errors import LogError


def test_a_file_must_be_there_and_a_server_need_not(tmp_path: Path) -> None:
    (tmp_path / "a.db").touch()
    for url in (
        f"sqlite:///{tmp_path}/a.db",
        f"sqlite:///file:{tmp_path}/a.db?mode=ro&uri=true",
        "postgresql://h/d",
    ):
        check_is_there(make_url(url))
    for url in (
        f"sqlite:///{tmp_path}/b.db",
        f"sqlite:///file:{tmp_path}/b.db?uri=true",
        "sqlite:///:memory:",
    ):
        with pytest.raises(LogError, match=r"there is no file .*(b.db|:memory:)$"):
            check_is_there(make_url(url))
