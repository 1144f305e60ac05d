"""What the tuning of many tasks teaches: which hyperparameters, defaults and metafeatures matter."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
