"""Keras Tuner's oracles: what they are told, and what they leave behind."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.hpo.strategies.loop import search

from foretune.hpo.strategies import (
    MissingLibraryError,
    Proposal,
    SearchProblem,
    create_strategy,
    keras_tuner_strategy,
    strategy_options,
)
from foretune.hpo.strategies.keras_tuner_strategy import KerasTunerStrategy, _choose_backend

# The import of Keras alone takes seconds
pytestmark = pytest.mark.slow

MakeProblem = Callable[[dict[str, Any], int], SearchProblem]
ORACLES = ("keras_tuner_random", "keras_tuner_bayesian")


def create(problem: SearchProblem, **options: Any) -> KerasTunerStrategy[Any]:
    try:
        strategy = create_strategy(strategy_options(options), problem)
    except MissingLibraryError as error:
        pytest.skip(str(error))
    assert isinstance(strategy, KerasTunerStrategy)
    return strategy


@pytest.mark.parametrize("name", ORACLES)
def test_the_oracle_is_told_of_the_active_ones_only(mixed: SearchProblem, name: str) -> None:
    strategy = create(mixed, name=name)
    trials = search(strategy, lambda _: 0.5, 9)
    for (proposal, _), trial in zip(trials, strategy.oracle.trials.values(), strict=True):
        assert trial.hyperparameters.values.keys() == proposal.configuration.params.keys()


@pytest.mark.parametrize("name", ORACLES)
def test_scores_and_failures_are_told(plane: SearchProblem, name: str) -> None:
    strategy = create(plane, name=name)
    first, second, _ = strategy.ask(3)
    strategy.tell(second, 0.5)
    strategy.tell(first, None)
    trials = list(strategy.oracle.trials.values())
    assert [trial.status for trial in trials] == ["FAILED", "COMPLETED", "RUNNING"]
    assert trials[1].score == 0.5
    assert [trial.trial_id for trial in strategy.oracle.get_best_trials()] == [trials[1].trial_id]


def test_scores_of_others_are_trials_of_the_oracle(mixed: SearchProblem) -> None:
    others = create_strategy(strategy_options("random"), mixed).ask(5)
    strategy = create(mixed, name="keras_tuner_bayesian")
    for proposal in others:
        strategy.tell(proposal, 0.5)
    told = [trial.hyperparameters.values for trial in strategy.oracle.trials.values()]
    assert [one.keys() for one in told] == [proposal.configuration.params.keys() for proposal in others]
    assert [one["C"] for one in told] == [proposal.configuration.params["C"] for proposal in others]


def test_whole_numbers_keep_to_their_bounds(make_problem: MakeProblem) -> None:
    space = {
        "n": {"type": "integer", "low": 1, "high": 4},
        "x": {"type": "float", "low": 0.0, "high": 1.0},
    }
    strategy = create(make_problem(space, 12), name="keras_tuner_bayesian", n_startup_trials=8)
    # The model runs into the upper bound, where Keras Tuner's own number is one too many
    trials = search(strategy, lambda proposal: proposal.configuration.params["n"], 12)
    values = [proposal.configuration.params["n"] for proposal, _ in trials]
    assert set(values) <= {1, 2, 3, 4}
    assert values[8:] == [4] * 4


def test_options_reach_the_oracle(plane: SearchProblem) -> None:
    oracle = create(plane, name="keras_tuner_bayesian", n_startup_trials=7, alpha=0.1, beta=1.5).oracle
    assert (oracle.num_initial_points, oracle.alpha, oracle.beta) == (7, 0.1, 1.5)


@pytest.mark.parametrize("name", ORACLES)
def test_a_strategy_is_not_kept_after_its_use(tiny: SearchProblem, name: str) -> None:
    strategy = create(tiny, name=name)
    search(strategy, lambda _: 0.5, 2)
    reference = weakref.ref(strategy)
    del strategy
    gc.collect()
    assert reference() is None


@pytest.mark.parametrize("name", ORACLES)
def test_without_the_private_names_of_keras_tuner_a_search_is_the_same(
    mixed: SearchProblem, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"name": name, **({"n_startup_trials": 4} if name == "keras_tuner_bayesian" else {})}
    expected = [proposal.configuration for proposal, _ in search(create(mixed, **options), _score, 6)]
    monkeypatch.setattr(keras_tuner_strategy, "SAVE_TRIAL", "_no_such_method")
    monkeypatch.setattr(keras_tuner_strategy, "KEPT_BY_ORACLE", ("NO_SUCH_LOCKS",))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    strategy = create(mixed, **options)
    assert [proposal.configuration for proposal, _ in search(strategy, _score, 6)] == expected
    assert len(list(tmp_path.rglob("trial.json"))) == 6
    # What nobody frees without them
    for kept in ("LOCKS", "THREADS"):
        vars(sys.modules["keras_tuner.src.engine.oracle"])[kept].pop(strategy.oracle)
    del strategy
    gc.collect()
    assert not list(tmp_path.iterdir())


def _score(proposal: Proposal) -> float:
    return float(proposal.configuration.params["C"])


def test_keras_runs_on_jax_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    assert _choose_backend("keras_tuner_random") == os.environ["KERAS_BACKEND"] == "jax"
    # Any package will do
    monkeypatch.setenv("KERAS_BACKEND", "pytest")
    assert _choose_backend("keras_tuner_random") == os.environ["KERAS_BACKEND"] == "pytest"


def test_a_missing_backend_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "no_such_backend")
    with pytest.raises(
        MissingLibraryError, match=r"needs the package no_such_backend: .* unset KERAS_BACKEND"
    ):
        _choose_backend("keras_tuner_random")


def test_a_keras_imported_before_keeps_its_backend(
    tiny: SearchProblem, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(tiny, name="keras_tuner_random")
    assert "keras" in sys.modules
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    create(tiny, name="keras_tuner_random")
    assert "KERAS_BACKEND" not in os.environ
