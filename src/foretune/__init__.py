"""Foretune: hyperparameter optimisation that remembers."""

from typing import Any

from foretune.base import attach_names

__version__ = "0.1.0"
_take, __dir__, __all__ = attach_names(__name__, __file__)


def __getattr__(name: str) -> Any:
    # A package of public names beside those of the door
    if name == "zero_shot":
        from importlib import import_module

        return import_module("foretune.zero_shot")
    return _take(name)
