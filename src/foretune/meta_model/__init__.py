"""What is learnt from past tuning: the meta-dataset and the surrogate trained on it."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
