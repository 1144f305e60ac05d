"""What is wrong with a log, in one line."""

from __future__ import annotations

from foretune.base import UserError


class LogError(UserError, ValueError):
    """A log cannot be imported: one line names the file, the column, the row and the remedy."""
