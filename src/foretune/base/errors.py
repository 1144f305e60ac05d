"""Base class of errors that the user can fix, and the warning of recommendations."""

from __future__ import annotations

from foretune.base.messages import without_middle


class UserError(Exception):
    """An error that the user can fix: shown as one line with the remedy, without a traceback.

    A message that quotes too much loses its middle.
    """

    def __init__(self, *args: object) -> None:
        super().__init__(*(without_middle(one) if isinstance(one, str) else one for one in args))


class RecommendationWarning(UserWarning):
    """A recommendation has less evidence than usual; the message gives the reason."""
