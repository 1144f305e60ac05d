"""Figures of a search or a study: its scores, its hyperparameters, and what the memory said of them."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
