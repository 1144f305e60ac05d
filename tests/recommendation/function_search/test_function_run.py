"""Trials of a search over the parameters of a function."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from foretune.ledger import EvaluationContext, Ledger
from foretune.recommendation.function_search.function_run import AbortedSearchError, FunctionRun
from foretune.recommendation.function_search.function_search import start_search
from foretune.recommendation.function_search.trial_store import TrialStore

SPACE = {"x": "float(0,1)", "n": "int(0,9)"}
CONTEXT = EvaluationContext("0" * 64, "function", 1, 0, 0, {}, ("score",), 1)


class Counted:
    """A function that counts its calls, and fails where n is 7."""

    def __init__(self, last: int = 10**9) -> None:
        self.n_calls, self._last = 0, last

    def __call__(self, params: dict[str, Any]) -> float:
        if self.n_calls == self._last:
            raise KeyboardInterrupt
        self.n_calls += 1
        if params["n"] == 7:
            raise ValueError("seven")
        return float(params["x"] - abs(params["n"] - 4))


def _run(folder: Path, function: Callable[[dict[str, Any]], float], n_trials: int) -> FunctionRun:
    with Ledger.open(f"sqlite:///{folder / 'trials.sqlite'}") as ledger:
        store = TrialStore(ledger, CONTEXT, "task", "function", "regression")
        run = FunctionRun(start_search(SPACE, {"x": 0.5, "n": 1}, 0), function, "maximize", store)
        run.run(n_trials)
    return run


def _seen(run: FunctionRun) -> list[tuple[dict[str, Any], str, str]]:
    return [(one.params, repr(one.score), one.error) for one in run.trials]


def test_what_was_broken_off_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    function = Counted()
    wanted = _run(whole, function, 12)
    assert function.n_calls == 12
    assert any(one.error == "ValueError: seven" for one in wanted.trials)
    first = _run(broken, Counted(last=7), 12)
    assert first.stop_reason == "interrupted"
    assert len(first.trials) == 7
    rest = Counted()
    second = _run(broken, rest, 12)
    assert rest.n_calls == 5
    assert _seen(second) == _seen(wanted)
    assert [one.is_known for one in second.trials] == [True] * 7 + [False] * 5
    # The same again knows everything, and more trials go on from there
    again, more = Counted(), Counted()
    assert _seen(_run(broken, again, 12)) == _seen(wanted)
    assert _seen(_run(broken, more, 14))[:12] == _seen(wanted)
    assert (again.n_calls, more.n_calls) == (0, 2)


def test_a_fault_of_every_trial_ends_the_search_and_is_no_row(tmp_path: Path) -> None:
    def broken(params: dict[str, Any]) -> float:
        raise AbortedSearchError("the disk is full")

    with pytest.raises(AbortedSearchError, match="the disk is full"):
        _run(tmp_path, broken, 5)
    with Ledger.open(f"sqlite:///{tmp_path / 'trials.sqlite'}") as ledger:
        assert list(ledger.rows()) == []


def test_a_function_that_exits_is_a_failed_trial(tmp_path: Path) -> None:
    def exits(params: dict[str, Any]) -> float:
        if params["n"] > 4:
            raise SystemExit(3)
        return 1.0

    run = _run(tmp_path, exits, 8)
    assert {one.error for one in run.trials} == {"", "SystemExit: 3"}
    assert run.best is run.trials[0]
