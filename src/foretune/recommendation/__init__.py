"""Recommendation of hyperparameters for a new table from a memory of other tables."""

from foretune.base import attach_names

__getattr__, __dir__, __all__ = attach_names(__name__, __file__)
