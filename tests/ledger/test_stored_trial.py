from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from foretune.learners.fit import Trial
from foretune.learners.growing.rounds import Rounds
from foretune.ledger import StoredTrial
from foretune.ledger.stored_trial import (
    COLUMNS,
    LONGEST_ERROR,
    dump_metrics,
    dump_rounds,
    load_metrics,
    load_rounds,
)

ROUNDS = Rounds(7, "auc", 57, {"auc": (0.5, 7)}, {"auc": {1: 0.25, 2: 0.375}})


@given(st.lists(st.fixed_dictionaries({"r2": st.floats(), "mae": st.floats()}), min_size=1, max_size=4))
def test_metrics_are_kept_to_the_last_bit(folds: list[dict[str, float]]) -> None:
    loaded = load_metrics(dump_metrics(folds))
    for name in ("r2", "mae"):
        expected, found = (np.array([fold[name] for fold in table]) for table in (folds, loaded))
        np.testing.assert_array_equal(found, expected)
        finite = np.isfinite(expected)
        assert (np.signbit(found[finite]) == np.signbit(expected[finite])).all()


def test_no_metrics_are_kept_as_none() -> None:
    assert load_metrics(dump_metrics([])) == []


def test_a_row_becomes_the_same_trial(make_trial: Callable[..., StoredTrial]) -> None:
    trial = make_trial(3, "failed")
    row = trial.to_row()
    again = StoredTrial.from_row([row[name] for name in COLUMNS])
    assert again == trial
    assert again.created_at == trial.created_at
    assert again.trial.fit_seconds == trial.trial.fit_seconds
    assert again.configuration.strategy == "sobol"


@given(
    st.lists(st.floats(), min_size=2, max_size=2),
    st.dictionaries(st.integers(1, 2000), st.floats(), max_size=3),
)
def test_what_early_stopping_found_is_kept_to_the_last_bit(
    values: list[float], means: dict[int, float]
) -> None:
    best = {"r2": (values[0], 3), "mae": (values[1], 1)}
    rounds = Rounds(7, "mae", 50, best, {"r2": means, "mae": {}})
    again = load_rounds(dump_rounds(rounds))
    assert repr(again) == repr(rounds)
    assert load_rounds(dump_rounds(None)) is None


def test_a_row_with_rounds_becomes_the_same_trial(make_trial: Callable[..., StoredTrial]) -> None:
    trial = make_trial(3)
    trial = replace(trial, trial=replace(trial.trial, rounds=ROUNDS))
    row = trial.to_row()
    assert StoredTrial.from_row([row[name] for name in COLUMNS]).trial.rounds == ROUNDS


def test_an_error_that_no_database_takes_is_mended(make_trial: Callable[..., StoredTrial]) -> None:
    trial = make_trial(0)
    broken = replace(trial, trial=Trial([], "failed", "a\0b\ud800" + "x" * 9999, 0.0))
    error = broken.to_row()["error"]
    assert error.startswith("ab?x")
    assert len(error) <= LONGEST_ERROR
