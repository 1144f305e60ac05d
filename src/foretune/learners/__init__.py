"""Tunable learners with their folds, preprocessing and metrics; one module for each learner."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
