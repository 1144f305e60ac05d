"""Figures of a search or a study: its scores, its hyperparameters, and what the memory said of them."""

from foretune.base import attach_names

__getattr__, __dir__, __all__ = attach_names(__name__, __file__)
