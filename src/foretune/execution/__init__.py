"""Robust parallel execution: many independent jobs on threads, processes or a Dask cluster."""

from foretune.base import attach_names

__getattr__, __dir__, __all__ = attach_names(__name__, __file__)
