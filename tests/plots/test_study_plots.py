"""Functions for studies."""

from __future__ import annotations

import optuna
import pytest
from tests.plots.conftest import FormulaMemory, make_search

import foretune
from foretune.plots import PlotError
from foretune.plots.study_plots import against_memory, history, importance, parameters, surface
from foretune.plots.trial_plots import TrialPlots


@pytest.fixture(scope="module")
def study() -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0))

    def objective(trial: optuna.Trial) -> float:
        rate = trial.suggest_float("learning_rate", 1e-3, 1.0, log=True)
        return rate - 0.01 * trial.suggest_int("num_leaves", 2, 60)

    study.optimize(objective, n_trials=16)
    return study


def test_a_study_has_all_figures_but_those_of_a_memory(study: optuna.Study) -> None:
    assert history(study).layout.yaxis.title.text == "Objective value"
    assert parameters(study, "learning_rate").layout.xaxis.type == "log"
    assert "fANOVA of 16 trials" in importance(study).layout.title.subtitle.text
    drawn = surface(study, "learning_rate", "num_leaves")
    assert "a Gaussian process of 16 trials" in drawn.layout.title.subtitle.text
    with pytest.raises(PlotError, match="only studies with a ForetuneSampler"):
        against_memory(study)
    with pytest.raises(PlotError, match="those of the study are 'learning_rate', 'num_leaves'"):
        surface(study, "learning_rate", "max_depth")


def test_the_functions_take_a_search_too() -> None:
    class Search:
        plot = TrialPlots(lambda: make_search(6, FormulaMemory()))

    assert history(Search()).to_json() == Search.plot.history().to_json()


def test_the_package_has_them_as_it_is_imported(study: optuna.Study) -> None:
    assert foretune.plots.history(study).to_json() == history(study).to_json()
