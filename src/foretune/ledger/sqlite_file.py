"""The file that a URL of SQLite names, plainly or as a URI with options of SQLite's own."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit
from urllib.request import url2pathname

from sqlalchemy.engine import URL

from foretune.ledger.errors import LedgerError
from foretune.ledger.names import SCHEME

IN_MEMORY = ("", ":memory:")
# Those of SQLite's options that say how the file is accessed
ACCESS = ("vfs", "nolock", "psow")
TRUE = ("true", "1", "yes", "on", "y", "t")


class SQLiteFile(NamedTuple):
    """File of a database of SQLite.

    Attributes
    ----------
    path
        The file; None for a database in memory.
    mode
        SQLite's mode, such as ``ro``; empty if the URL says nothing of it.
    options
        Further options by which the file is accessed, as part of a URI.
    """

    path: Path | None
    mode: str = ""
    options: str = ""

    @property
    def is_read_only(self) -> bool:
        """Whether the URL forbids to write."""
        return self.mode == "ro"


def read_sqlite_url(url: URL) -> SQLiteFile:
    """Return the file of a URL such as ``sqlite:///trials.db`` or ``sqlite:///file:trials.db?uri=true``.

    Raises
    ------
    LedgerError
        If a URI is not marked as one, or is none of a file of this machine.
    """
    name = url.database or ""
    if not name.startswith(SCHEME):
        return SQLiteFile(None if name in IN_MEMORY else Path(name))
    query = {key: value if isinstance(value, str) else value[-1] for key, value in url.query.items()}
    if query.get("uri", "").lower() not in TRUE:
        raise LedgerError(
            f"{url.render_as_string()} names a file called {name!r}: write sqlite:///FILE, or add uri=true"
        )
    parts = urlsplit(name)
    if parts.netloc not in ("", "localhost"):
        raise LedgerError(f"{url.render_as_string()} names the host {parts.netloc!r}: write file:///FILE")
    path, mode = url2pathname(parts.path), query.get("mode", "")
    if query.get("immutable", "").lower() in TRUE:
        mode = "ro"
    options = "".join(f"&{key}={query[key]}" for key in ACCESS if key in query)
    is_lost = path in IN_MEMORY or mode == "memory"
    return SQLiteFile(None if is_lost else Path(path), mode, options)
