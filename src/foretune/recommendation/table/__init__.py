"""Recommendation for a table in a file, as a ranking and an HTML page."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
