"""The ledger: an SQL table of every trial ever evaluated, so that none is evaluated twice."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
