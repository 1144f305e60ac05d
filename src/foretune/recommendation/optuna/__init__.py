"""Optuna sampler, and export of suggestions to Optuna, Hyperopt and FLAML."""

from foretune.base import attach_names

__getattr__, __dir__, __all__ = attach_names(__name__, __file__)
