"""Limits of the threads of BLAS and OpenMP, so that sums are reproducible."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from threadpoolctl import ThreadpoolController


class _Libraries:
    """Cached search for libraries with thread pools, repeated only after an import.

    A search takes milliseconds, as long as a fit to a small table.
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
    """Limit BLAS and OpenMP to one thread within this context."""
    with _LIBRARIES.find().limit(limits=1):
        yield


@contextmanager
def openmp_threads(n_threads: int) -> Iterator[None]:
    """Limit OpenMP to some threads and BLAS, whose sums depend on them, to one within this context."""
    with _LIBRARIES.find().limit(limits={"openmp": n_threads, "blas": 1}):
        yield
