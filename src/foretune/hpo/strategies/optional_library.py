"""Libraries that only some strategies need."""

from __future__ import annotations

from importlib import import_module

from foretune.base import UserError


class MissingLibraryError(UserError, ImportError):
    """A strategy was chosen whose library is not installed."""


def require(strategy: str, extra: str, *modules: str) -> None:
    """Import modules, or say how to install them.

    Raises
    ------
    MissingLibraryError
        If one of them, or what it needs, is missing.
    """
    for module in modules:
        try:
            import_module(module)
        except ModuleNotFoundError as error:
            raise MissingLibraryError(
                f"strategy {strategy!r} needs the package {error.name}: pip install 'foretune[{extra}]'"
            ) from error
