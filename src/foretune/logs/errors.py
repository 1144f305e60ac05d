"""The error of a log that cannot be used."""

from __future__ import annotations

from foretune.base import UserError


class LogError(UserError, ValueError):
    """A log cannot be used; one line names the file, the column, the row and the fix."""
