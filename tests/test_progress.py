from __future__ import annotations

import io
import logging
import re

import pytest
import rich
from rich.console import Console

from foretune import progress
from foretune.progress import show_progress


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
