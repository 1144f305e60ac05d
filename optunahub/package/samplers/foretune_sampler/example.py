"""Tune a support vector machine on a table."""

from __future__ import annotations

from pathlib import Path

import optuna
import optunahub
from sklearn.datasets import load_wine
from sklearn.model_selection import cross_val_score
from sklearn.svm import SVC


X, y = load_wine(return_X_y=True)


def objective(trial: optuna.Trial) -> float:
    kernel = trial.suggest_categorical("kernel", ["linear", "rbf"])
    cost = trial.suggest_float("C", 0.01, 100, log=True)
    gamma = trial.suggest_float("gamma", 1e-4, 1, log=True) if kernel == "rbf" else "scale"
    return float(cross_val_score(SVC(kernel=kernel, C=cost, gamma=gamma), X, y, cv=3).mean())


# Of the registry itself: optunahub.load_module(package="samplers/foretune_sampler")
module = optunahub.load_local_module(
    package="samplers/foretune_sampler", registry_root=str(Path(__file__).resolve().parents[2])
)
sampler = module.ForetuneSampler(X, y, learner="svm", seed=0)
study = optuna.create_study(direction="maximize", sampler=sampler)
study.optimize(objective, n_trials=10)
print(study.best_params, study.best_value)
