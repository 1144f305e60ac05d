"""Metafeatures: a fast, fixed-length numeric description of any table with a target."""

from foretune.base import attach_names

__getattr__, __dir__, __all__ = attach_names(__name__, __file__)
