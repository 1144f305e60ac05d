"""Learners that can be tuned: folds, preprocessing, metrics, and a file for each learner."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
