"""One thread for the numerical libraries: sums in another order are other numbers."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from threadpoolctl import ThreadpoolController


class _Libraries:
    """The libraries with threads of their own; looked for again only after something was imported.

    To look through all that is loaded takes milliseconds, as long as a fit to a small table.
    """

    def __init__(self) -> None:
        self._found: tuple[int, ThreadpoolController] | None = None

    def find(self) -> ThreadpoolController:
        from threadpoolctl import ThreadpoolController

        n_modules = len(sys.modules)
        if self._found is None or self._found[0] != n_modules:
            self._found = n_modules, ThreadpoolController()
        return self._found[1]


_LIBRARIES = _Libraries()


@contextmanager
def one_thread() -> Iterator[None]:
    """Let BLAS and OpenMP use one thread here, and as many as before afterwards."""
    with _LIBRARIES.find().limit(limits=1):
        yield
