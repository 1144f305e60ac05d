"""Robust parallel execution: many independent jobs on threads, processes or a Dask cluster."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
