"""Error of figures that cannot be drawn."""

from __future__ import annotations

from foretune.base import UserError


class PlotError(UserError, ValueError):
    """A figure cannot be drawn; the message says why, and names what exists."""
