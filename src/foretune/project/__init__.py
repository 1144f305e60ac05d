"""Kedro around the library: hooks, parameters of a run, and where its outputs go."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
