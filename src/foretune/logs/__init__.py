"""Logs of trials from other people and tools, read, checked and converted to Foretune's own tables."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
