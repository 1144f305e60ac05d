"""Hyperparameter optimisation on many tasks: strategies, shared designs and the evaluation engine."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
