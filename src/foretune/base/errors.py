"""Errors that their reader can mend."""

from __future__ import annotations


class UserError(Exception):
    """Something outside of the code is wrong: one line names it and the remedy, a traceback would hide it."""
