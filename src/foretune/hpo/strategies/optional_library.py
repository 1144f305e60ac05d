"""Import of optional libraries, with an error that names the extra to install."""

from __future__ import annotations

from importlib import import_module

from foretune.base import UserError, how_to_install


class MissingLibraryError(UserError, ImportError):
    """The library of the chosen strategy is not installed."""


def require(strategy: str, extra: str, *modules: str) -> None:
    """Import modules, or raise an error with the command to install them.

    Raises
    ------
    MissingLibraryError
        If one of them or of their dependencies is missing.
    """
    for module in modules:
        try:
            import_module(module)
        except ModuleNotFoundError as error:
            raise MissingLibraryError(
                f"strategy {strategy!r} needs the package {error.name}: {how_to_install(extra)}"
            ) from error
