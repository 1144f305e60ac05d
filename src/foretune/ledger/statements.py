"""SQL statements for which SQLAlchemy has one form for SQLite and one for PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Item = TypeVar("Item")

# SQLite takes 32,766 values in a statement
CHUNK = 5000


def in_chunks(keys: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Split keys into chunks that fit into a statement."""
    for start in range(0, len(keys), CHUNK):
        yield keys[start : start + CHUNK]


def insert_new(
    connection: Connection,
    table: Table,
    rows: Sequence[dict[str, Any]],
    *,
    key: str = "key",
    replace_failures: bool = False,
) -> int:
    """Insert the rows whose key is new.

    Parameters
    ----------
    connection
        A connection in a writing transaction.
    table
        The table.
    rows
        Values by column, in any order; a key may stand there more than once.
    key
        Name of a column with a unique index.
    replace_failures
        Replace a row whose status is not ``ok`` (or missing), instead of keeping it.

    Returns
    -------
    int
        How many rows were inserted or replaced.
    """
    if not rows:
        return 0
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    insert = dialect.insert(table)
    if replace_failures:
        changed = {name: insert.excluded[name] for name in rows[0] if name != key}
        insert = insert.on_conflict_do_update(
            index_elements=[key], set_=changed, where=table.c.status.is_distinct_from("ok")
        )
    else:
        insert = insert.on_conflict_do_nothing(index_elements=[key])
    # Two transactions that lock the same rows in the same order never wait for one another in a circle
    ordered = sorted(rows, key=lambda row: str(row[key]))
    return connection.execute(insert, ordered, execution_options={"preserve_rowcount": True}).rowcount
