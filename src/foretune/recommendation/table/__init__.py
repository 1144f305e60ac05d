"""Recommendation for a table in a file, as a ranking and an HTML page."""

from foretune.base import attach_names

__getattr__, __dir__, __all__ = attach_names(__name__, __file__)
