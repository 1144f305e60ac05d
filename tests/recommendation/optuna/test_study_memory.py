"""What a sampler's memory says of a study."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import optuna
import pytest
from sklearn.datasets import load_wine
from sklearn.svm import SVC

from foretune import ForetuneSampler, plots
from foretune.recommendation.optuna.study_memory import StudyMemory

X, Y = load_wine(return_X_y=True)
ROWS = np.arange(len(Y)) % 2 == 0


def _objective(trial: optuna.Trial) -> float:
    kernel = trial.suggest_categorical("kernel", ["linear", "rbf"])
    cost = trial.suggest_float("C", 0.01, 100, log=True)
    gamma = trial.suggest_float("gamma", 1e-4, 1, log=True) if kernel == "rbf" else "scale"
    sign = -1 if trial.study.direction == optuna.study.StudyDirection.MINIMIZE else 1
    fitted = SVC(kernel=kernel, C=cost, gamma=gamma).fit(X[ROWS], Y[ROWS])
    return sign * float(fitted.score(X[~ROWS], Y[~ROWS]))


def _study(memory_folder: Path, direction: str, *, knows_metric: bool) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = ForetuneSampler(X, Y, "svm", memory=memory_folder, seed=0, knows_metric=knows_metric)
    study = optuna.create_study(direction=direction, sampler=sampler)
    study.optimize(_objective, n_trials=5)
    return study


def test_predictions_have_the_sign_of_the_study(memory_folder: Path) -> None:
    views = []
    for direction in ("maximize", "minimize"):
        study = _study(memory_folder, direction, knows_metric=True)
        view = study.sampler.memory_view(study)
        assert isinstance(view, StudyMemory)
        views.append(view.predict("", [{"kernel": "linear", "C": 1.0}, {"kernel": "sigmoid", "C": 1.0}]))
    (up, low, high), (down, lowest, highest) = views
    assert down[0] == -up[0]
    assert (lowest[0], highest[0]) == (-high[0], -low[0])
    assert np.isnan(up[1])


def test_a_study_has_the_figure_of_its_memory(memory_folder: Path) -> None:
    study = _study(memory_folder, "maximize", knows_metric=False)
    figure = plots.against_memory(study)
    assert figure.layout.xaxis.title.text.startswith("Predicted balanced accuracy")
    assert "only the order compares" in figure.layout.title.subtitle.text
    loaded = optuna.create_study(direction="maximize")
    loaded.add_trials(study.trials)
    assert len(plots.against_memory(loaded, sampler=study.sampler).data) == len(figure.data)
    with pytest.raises(plots.PlotError, match="give it by sampler="):
        plots.against_memory(loaded)


def test_a_sampler_without_a_table_has_the_figure_too(memory_folder: Path) -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = ForetuneSampler(learner="svm", memory=memory_folder, task_type="classification", seed=0)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.optimize(_objective, n_trials=4)
    assert plots.against_memory(study).data
