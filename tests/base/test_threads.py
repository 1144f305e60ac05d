from __future__ import annotations

import sys
import types

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from foretune.base import threads
from foretune.base.threads import one_thread


def _n_threads() -> set[int]:
    # Something to compute with, so that there is a library with threads
    assert np.linalg.norm(np.eye(2)) > 0
    return {library["num_threads"] for library in threadpool_info()}


def test_libraries_use_one_thread_here_and_as_many_as_before_afterwards() -> None:
    with threadpool_limits(2):
        before = _n_threads()
        with one_thread():
            assert _n_threads() == {1}
        assert _n_threads() == before


def test_an_error_leaves_the_threads_as_they_were() -> None:
    before = _n_threads()
    with pytest.raises(KeyError), one_thread():
        raise KeyError
    assert _n_threads() == before


def test_one_within_the_other() -> None:
    with threadpool_limits(2):
        with one_thread():
            with one_thread():
                assert _n_threads() == {1}
            assert _n_threads() == {1}
        assert max(_n_threads()) == 2


def test_libraries_are_looked_for_again_after_an_import(monkeypatch: pytest.MonkeyPatch) -> None:
    libraries = threads._Libraries()
    first = libraries.find()
    assert libraries.find() is first
    monkeypatch.setitem(sys.modules, "a_module_that_came_later", types.ModuleType("later"))
    assert libraries.find() is not first
