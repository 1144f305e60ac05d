"""URLs of ledgers, and the statuses of trials."""

from __future__ import annotations

from pathlib import Path

DEFAULT_URL = "sqlite:///data/03_primary/ledger.sqlite"
STATUSES = ("ok", "failed", "timeout", "crashed", "stopped")
# Of a file in SQLite's own URIs
SCHEME = "file:"


def address_of(text: str) -> str:
    """Return the URL of a ledger that is given by a URL, by a URI of SQLite, or as a file."""
    if text.startswith(SCHEME):
        return f"sqlite:///{text}{'&' if '?' in text else '?'}uri=true"
    return text if "://" in text else f"sqlite:///{Path(text).expanduser().absolute()}"
