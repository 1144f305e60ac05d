"""Base class of errors that the user can fix."""

from __future__ import annotations


class UserError(Exception):
    """An error that the user can fix: shown as one line with the remedy, without a traceback."""
