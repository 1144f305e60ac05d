"""Search strategies with an ask-and-tell interface; a new one is a module and a line in :mod:`.registry`."""

from foretune.base import attach_names

__getattr__, __dir__, __all__ = attach_names(__name__, __file__)
