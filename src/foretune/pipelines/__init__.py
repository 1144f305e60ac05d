"""Kedro pipelines, one thin sub-package each."""

from foretune.base import attach_names

__getattr__, __dir__, __all__ = attach_names(__name__, __file__)
