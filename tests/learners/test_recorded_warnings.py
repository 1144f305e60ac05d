from __future__ import annotations

import threading
import time
import warnings

import pytest

from foretune.learners.recorded_warnings import record_warnings


def warn(text: str) -> None:
    warnings.warn(text, RuntimeWarning, stacklevel=2)


def test_each_thread_records_its_own() -> None:
    found: dict[str, list[str]] = {}

    def work(name: str) -> None:
        with record_warnings() as caught:
            for _ in range(50):
                warn(name)
                time.sleep(0.001)
        found[name] = [str(warning.message) for warning in caught]

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {name: [name] * 50 for name in "abcd"}


def test_what_was_before_is_there_again() -> None:
    before = (warnings.showwarning, list(warnings.filters))
    with record_warnings() as outer:
        with record_warnings() as inner:
            warn("in")
        warn("out")
    assert [str(warning.message) for warning in inner] == ["in"]
    assert [str(warning.message) for warning in outer] == ["out"]
    assert (warnings.showwarning, list(warnings.filters)) == before
    with pytest.raises(RuntimeWarning, match="an error again"):
        warn("an error again")


def test_an_error_ends_the_recording() -> None:
    with pytest.raises(LookupError), record_warnings():
        raise LookupError
    with pytest.raises(RuntimeWarning):
        warn("an error again")
