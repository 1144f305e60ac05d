"""Search for the parameters of any function, or of anything else that gives a score."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
