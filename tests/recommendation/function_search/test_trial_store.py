"""Trials of a function in a ledger."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from foretune.ledger import EvaluationContext, Ledger
from foretune.recommendation.function_search.trial_store import Outcome, TrialStore
from foretune.spaces import DEFAULT

CONTEXT = EvaluationContext("0" * 64, "function", 1, 0, 0, {}, ("metrics:r2",), 1)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{tmp_path / 'trials.sqlite'}") as opened:
        yield opened


def _store(ledger: Ledger, context: EvaluationContext = CONTEXT, *, retries: bool = False) -> TrialStore:
    return TrialStore(ledger, context, "flights", "data_science", "regression", retries=retries)


def test_a_trial_is_found_again_whatever_the_order_of_its_parameters(ledger: Ledger) -> None:
    _store(ledger).record({"a": 1, "b": None}, Outcome(0.1 + 0.2, 1.5), "own")
    found = _store(ledger).find({"b": None, "a": 1})
    assert found == Outcome(0.1 + 0.2, 1.5)
    assert _store(ledger).find({"a": True, "b": None}) is None
    assert _store(ledger, replace(CONTEXT, task_hash="1" * 64)).find({"a": 1, "b": None}) is None
    assert _store(ledger, replace(CONTEXT, metrics=("metrics:mae",))).find({"a": 1, "b": None}) is None


def test_a_failure_is_found_with_its_error_unless_it_is_tried_again(ledger: Ledger) -> None:
    _store(ledger).record({"a": 1}, Outcome(math.nan, 0.5, "ValueError: no"), "own")
    found = _store(ledger).find({"a": 1})
    assert found is not None
    assert not found.is_ok
    assert found.error == "ValueError: no"
    again = _store(ledger, retries=True)
    assert again.find({"a": 1}) is None
    again.record({"a": 1}, Outcome(2.0, 0.1), "own")
    assert again.find({"a": 1}) == Outcome(2.0, 0.1)


def test_rows_are_those_of_any_ledger(ledger: Ledger) -> None:
    _store(ledger).record({"model.depth": 3, "kind": "a"}, Outcome(0.5, 0.1), "own")
    (row,) = ledger.rows()
    assert ledger.count_damaged() == 0
    assert (row.task_id, row.configuration.learner) == ("flights", "data_science")
    assert row.trial.fold_metrics == [{"metrics:r2": 0.5}]
    assert row.configuration.params == {"model.depth": 3, "kind": "a"}


def test_the_first_start_of_a_search_over_the_same_parameters_is_known(ledger: Ledger) -> None:
    store = _store(ledger)
    assert store.first_start(["a", "b"]) is None
    store.record({"a": 1, "b": 2}, Outcome(0.5, 0.1), DEFAULT)
    store.record({"a": 7}, Outcome(0.5, 0.1), DEFAULT)
    store.record({"a": 3, "b": 2}, Outcome(0.5, 0.1), "own")
    assert store.first_start(["b", "a"]) == {"b": 2, "a": 1}
    assert store.first_start(["a"]) == {"a": 7}
    assert _store(ledger, replace(CONTEXT, metrics=("other",))).first_start(["a"]) is None
