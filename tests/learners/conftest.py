"""What the tests of learners share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from foretune.base import one_thread


@pytest.fixture(autouse=True)
def one_thread_as_in_the_engine() -> Iterator[None]:
    """Limit OpenMP as the engine does: on tiny tables its threads mostly wait for each other."""
    # Its OpenMP is limited only once it is loaded
    import sklearn.ensemble  # noqa: F401

    with one_thread():
        yield
