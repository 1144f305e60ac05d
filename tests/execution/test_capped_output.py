from __future__ import annotations

import io
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from foretune.execution.capped_output import LEFT_OUT, PrintBudget, capped_streams


@pytest.fixture(autouse=True)
def _little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foretune.execution.capped_output.MOST_PRINTED", 10)


def test_the_note_comes_once_where_something_is_left_out() -> None:
    budget = PrintBudget()
    assert [budget.take(text) for text in ("12345", "67890", "", "x", "y")] == [
        "12345",
        "67890",
        "",
        LEFT_OUT,
        "",
    ]
    assert PrintBudget().take("x" * 20) == "x" * 10 + LEFT_OUT


def test_only_what_is_counted_is_capped(capsys: pytest.CaptureFixture[str]) -> None:
    with capped_streams():
        with PrintBudget().counting():
            print("x" * 20)
            sys.stderr.writelines(["not", "shown"])
            elsewhere = threading.Thread(target=print, args=("y" * 20,))
            elsewhere.start()
            elsewhere.join()
        print("z" * 20)
    printed = capsys.readouterr()
    assert printed.out == "x" * 10 + LEFT_OUT + "y" * 20 + "\n" + "z" * 20 + "\n"
    assert printed.err == ""


def test_streams_are_as_before_after_the_last_of_several_runs() -> None:
    before = sys.stdout
    both = threading.Barrier(2, timeout=30)

    def use(is_first: bool) -> None:
        if is_first:
            with capped_streams():
                both.wait()
                both.wait()
        else:
            both.wait()
            with capped_streams():
                both.wait()
                assert sys.stdout is not before

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(use, [True, False]))
    assert sys.stdout is before


def test_a_stream_that_somebody_has_replaced_meanwhile_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    other = io.StringIO()
    with capped_streams():
        assert sys.stdout.encoding
        sys.stdout = other
    assert sys.stdout is other


def test_without_a_console_there_is_nothing_to_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with capped_streams():
        assert sys.stdout is None
    assert sys.stdout is None


def test_what_a_process_prints_is_read_to_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    printed = io.BufferedReader(io.BytesIO(b"a\xff" + b"b" * 100_000))
    PrintBudget().copy(printed)
    assert printed.closed
    assert capsys.readouterr().err == "a\ufffd" + "b" * 8 + LEFT_OUT
