"""Search for the parameters of any function, or of anything else that gives a score."""

from foretune.base import attach_names

__getattr__, __dir__, __all__ = attach_names(__name__, __file__)
