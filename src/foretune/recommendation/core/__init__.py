"""Core of recommendations: memory, candidates, suggestions, expected gains and drivers."""

from foretune.base import attach_names

__getattr__, __dir__, __all__ = attach_names(__name__, __file__)
