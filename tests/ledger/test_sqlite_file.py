from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from foretune.ledger.errors import LedgerError
from foretune.ledger.sqlite_file import SQLiteFile, read_sqlite_url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///a/b.sqlite", SQLiteFile(Path("a/b.sqlite"))),
        ("sqlite:////a/b.sqlite?mode=ro", SQLiteFile(Path("/a/b.sqlite"))),
        ("sqlite:///file:a.sqlite?uri=true", SQLiteFile(Path("a.sqlite"))),
        ("sqlite:///file:/a/b%20c?mode=ro&uri=1", SQLiteFile(Path("/a/b c"), "ro")),
        (
            "sqlite:///file://localhost/a?nolock=1&uri=true&cache=shared",
            SQLiteFile(Path("/a"), "", "&nolock=1"),
        ),
        ("sqlite:///file:a?immutable=1&uri=true", SQLiteFile(Path("a"), "ro")),
        ("sqlite://", SQLiteFile(None)),
        ("sqlite:///file:a?mode=memory&uri=true", SQLiteFile(None, "memory")),
    ],
)
def test_a_url_names_a_file(url: str, expected: SQLiteFile) -> None:
    assert read_sqlite_url(make_url(url)) == expected


@pytest.mark.parametrize(
    "url", ["sqlite:///file:a", "sqlite:///file:a?uri=false", "sqlite:///file://b/a?uri=1"]
)
def test_a_uri_without_its_mark_and_one_of_another_machine_are_one_line(url: str) -> None:
    with pytest.raises(LedgerError, match=r"names .*: write"):
        read_sqlite_url(make_url(url))
