"""Files of databases of trials, which are read and never made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foretune.logs.errors import LogError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL


def check_is_there(url: URL) -> None:
    """Check that the file of a database of SQLite is there; opening it would make an empty one.

    Raises
    ------
    LogError
        If it is not. Databases of other kinds are not looked for.
    """
    if url.get_backend_name() != "sqlite":
        return
    from foretune.ledger import read_sqlite_url

    file = read_sqlite_url(url).path
    if file is None or not file.is_file():
        raise LogError(f"there is no file {file or url.database}")
