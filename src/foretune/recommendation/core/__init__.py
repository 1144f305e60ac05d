"""Suggestions for a new table: memory, candidates, and what speaks for each."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
