"""The ledger: an SQL table of every trial ever evaluated, so that none is evaluated twice."""

from foretune.base import attach_names

__getattr__, __dir__, __all__ = attach_names(__name__, __file__)
