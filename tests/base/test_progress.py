from __future__ import annotations

import io
import logging
import re

import pytest
import rich
from rich.console import Console

from foretune.base import progress
from foretune.base.progress import show_progress


def test_without_a_terminal_lines_go_to_screen_and_log(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    with caplog.at_level(logging.DEBUG), show_progress("hpo") as on_progress:
        on_progress("iris svm", 1, 2)
        on_progress("iris linear", 2, 2)
    assert [record.levelno for record in caplog.records] == [logging.INFO, logging.INFO]
    assert re.match(
        r"hpo: 1/2 done \(iris svm\), [\d.e+]+ a second, 0 s so far, 0 s left", caplog.messages[0]
    )


def test_lines_are_few_but_the_last_one_always_comes(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), show_progress("hpo") as on_progress:
        for done in range(1, 101):
            on_progress("label", done, 100)
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith("hpo: 100/100 done")


def test_a_terminal_has_a_bar_and_the_log_its_quiet_lines(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100)
    monkeypatch.setattr(rich, "get_console", lambda: console)
    with caplog.at_level(logging.DEBUG), show_progress("hpo") as on_progress:
        on_progress("iris svm", 1, 2)
        on_progress("wine svm", 2, 2)
    assert re.search(r"\d/s", screen.getvalue())
    assert "hpo" in screen.getvalue()
    assert "2/2" in screen.getvalue()
    assert "wine svm" in screen.getvalue()
    assert [record.levelno for record in caplog.records] == [logging.DEBUG]


def test_each_phase_has_its_own_pace(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = 0.0
    monkeypatch.setattr("foretune.base.progress.time.monotonic", lambda: clock)
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    with caplog.at_level(logging.DEBUG), show_progress("evaluation") as on_progress:

        def work(label: str, items: range, total: int, seconds: float) -> str:
            nonlocal clock
            for done in items:
                clock += seconds
                on_progress(label, done, total)
            return caplog.messages[-1]

        # Two phases that take turns, then the first once more for other tasks
        text = work("fits", range(1, 11), 20, 10)
        assert "10/20 done (fits), 0.1 a second, 100 s so far, 100 s left" in text
        text = work("families", range(1, 6), 50, 0.5)
        assert "5/50 done (families), 2 a second, 102 s so far, 22 s" in text
        assert "15/20 done (fits), 0.1 a second, 152 s so far, 50 s" in work("fits", range(11, 16), 20, 10)
        assert "2/20 done (others), 1 a second, 154 s so far, 18 s" in work("others", range(1, 3), 20, 1)
        # A number of items that is an estimate
        assert "4/19 done (others), 1 a second, 156 s so far, 15 s" in work("others", range(3, 5), 19, 1)
