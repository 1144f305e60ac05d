"""Search strategies with an ask-and-tell interface; a new one is a module and a line in :mod:`.registry`."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
