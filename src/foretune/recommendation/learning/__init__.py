"""Memories learnt from studies, runs and results of other tools."""

from foretune.base import attach_names

__getattr__, __dir__, __all__ = attach_names(__name__, __file__)
