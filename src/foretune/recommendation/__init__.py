"""Recommendation of hyperparameters for a new table from a memory of other tables."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
