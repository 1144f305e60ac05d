"""Search over estimators without a memory: Foretune's Gaussian process against Optuna's TPE.

Pipelines of scikit-learn of which the memory has no trials, on bundled tables, with the same space, folds and
score for both; the pipeline as it is comes first for both, if it is in the space. Printed is the distance to
the best score that anybody has found, in units of that of the median first trial, after some trials; and in
how many of the paired searches Foretune is ahead::

    python benchmarks/own_estimators.py --seeds 8

takes about two minutes on one core.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, make_friedman1
from sklearn.feature_selection import SelectPercentile
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import SplineTransformer, StandardScaler
from sklearn.svm import NuSVC
from sklearn.tree import DecisionTreeClassifier

from foretune import MetaSearchCV

AFTER = (10, 15, 20, 30)
CV = KFold(3, shuffle=True, random_state=0)
N_BOOTSTRAPS = 2_000
Floats = npt.NDArray[np.float64]


class Case(NamedTuple):
    """A pipeline, its space, a table and a score."""

    estimator: Pipeline
    space: dict[str, Any]
    table: tuple[Any, Any]
    scoring: str


def _log(low: float, high: float) -> FloatDistribution:
    return FloatDistribution(low, high, log=True)


def _some(table: tuple[Any, Any], n_rows: int) -> tuple[Any, Any]:
    rows = np.random.default_rng(0).permutation(len(table[1]))[:n_rows]
    return table[0][rows], table[1][rows]


def make_cases() -> dict[str, Case]:
    """Return the pipelines that are compared."""
    scaled = ("scale", StandardScaler())
    kernels = {
        "reg__alpha": _log(1e-5, 10.0),
        "reg__gamma": _log(1e-4, 10.0),
        "reg__kernel": CategoricalDistribution(["rbf", "laplacian", "linear"]),
    }
    return {
        "kernel ridge, diabetes": Case(
            Pipeline([scaled, ("reg", KernelRidge())]),
            kernels,
            _some(load_diabetes(return_X_y=True), 250),
            "r2",
        ),
        "splines, friedman": Case(
            Pipeline([("spline", SplineTransformer(extrapolation="linear")), ("reg", KernelRidge())]),
            {"spline__n_knots": IntDistribution(2, 15), "spline__degree": IntDistribution(1, 3), **kernels},
            make_friedman1(200, noise=1.0, random_state=0),
            "r2",
        ),
        "stochastic gradient, breast cancer": Case(
            Pipeline([scaled, ("clf", SGDClassifier(random_state=0, max_iter=50))]),
            {
                "clf__alpha": _log(1e-7, 10.0),
                "clf__penalty": CategoricalDistribution(["l2", "l1", "elasticnet"]),
                "clf__loss": CategoricalDistribution(["hinge", "log_loss", "modified_huber"]),
                "clf__l1_ratio": FloatDistribution(0.0, 1.0),
            },
            _some(load_breast_cancer(return_X_y=True), 300),
            "balanced_accuracy",
        ),
        "tree on selected columns, digits": Case(
            Pipeline([("select", SelectPercentile()), ("clf", DecisionTreeClassifier(random_state=0))]),
            {
                "select__percentile": IntDistribution(5, 100),
                "clf__max_depth": IntDistribution(1, 20),
                "clf__min_samples_leaf": IntDistribution(1, 50, log=True),
                "clf__criterion": CategoricalDistribution(["gini", "entropy"]),
                "clf__ccp_alpha": _log(1e-5, 0.1),
                "clf__max_features": FloatDistribution(0.1, 1.0),
            },
            _some(load_digits(return_X_y=True), 500),
            "balanced_accuracy",
        ),
        "nu-SVC, iris": Case(
            Pipeline([scaled, ("clf", NuSVC())]),
            {
                "clf__nu": FloatDistribution(0.01, 0.6),
                "clf__gamma": _log(1e-4, 10.0),
                "clf__kernel": CategoricalDistribution(["rbf", "poly", "sigmoid"]),
                "clf__coef0": FloatDistribution(0.0, 2.0),
            },
            load_iris(return_X_y=True),
            "balanced_accuracy",
        ),
    }


def search_foretune(case: Case, n_trials: int, seed: int) -> list[float]:
    """Return the scores of the trials of Foretune in their order."""
    search = MetaSearchCV(
        case.estimator,
        n_trials,
        param_distributions=case.space,
        scoring=case.scoring,
        cv=CV,
        refit=False,
        random_state=seed,
        min_gain=0,
    )
    return list(search.fit(*case.table).cv_results_["mean_test_score"])


def search_optuna(case: Case, n_trials: int, seed: int) -> list[float]:
    """Return the scores of the trials of Optuna's TPE in their order, NaN for those that failed."""
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    own = {name: value for name, value in case.estimator.get_params().items() if name in case.space}
    if all(_is_in(value, case.space[name]) for name, value in own.items()):
        study.enqueue_trial(own)
    scores = []
    for _ in range(n_trials):
        trial = study.ask(case.space)
        estimator = clone(case.estimator).set_params(**trial.params)
        scores.append(float(np.mean(cross_val_score(estimator, *case.table, cv=CV, scoring=case.scoring))))
        failed = optuna.trial.TrialState.FAIL if np.isnan(scores[-1]) else None
        study.tell(trial, None if failed else scores[-1], state=failed)
    return scores


def _is_in(value: Any, distribution: Any) -> bool:
    if isinstance(distribution, CategoricalDistribution):
        return value in distribution.choices
    return isinstance(value, int | float) and bool(distribution.low <= value <= distribution.high)


METHODS: dict[str, Callable[[Case, int, int], list[float]]] = {
    "foretune": search_foretune,
    "optuna tpe": search_optuna,
}


def measure(case: Case, n_trials: int, seeds: int, seconds: dict[str, float]) -> Floats:
    """Return the best score so far of each method, seed and trial, shape (2, n_seeds, n_trials)."""
    best = np.empty((len(METHODS), seeds, n_trials))
    for seed in range(seeds):
        for at, (name, search) in enumerate(METHODS.items()):
            start = time.process_time()
            scores = np.array(search(case, n_trials, seed), dtype=np.float64)
            seconds[name] += time.process_time() - start
            # A space may end before the trials
            scores = np.append(scores, np.full(n_trials - len(scores), np.nan))
            best[at, seed] = np.fmax.accumulate(scores)
    return best


def to_losses(best: Floats) -> Floats:
    """Convert best scores to distances from the best of all, in units of that of the median first trial."""
    top = float(np.nanmax(best))
    unit = top - float(np.nanmedian(best[:, :, 0]))
    return np.asarray((top - best) / (unit if unit > 0 else 1.0), dtype=np.float64)


def compare(losses: list[Floats]) -> None:
    """Print the mean losses, the mean of the paired differences with its interval, and who is ahead."""
    both = np.concatenate(losses, axis=1)
    rng = np.random.default_rng(0)
    for after in AFTER:
        if after > both.shape[2]:
            continue
        first, second = both[:, :, after - 1]
        differences = second - first
        drawn = rng.choice(differences, (N_BOOTSTRAPS, len(differences))).mean(axis=1)
        low, high = np.quantile(drawn, (0.025, 0.975))
        ahead, even = int((differences > 0).sum()), int((differences == 0).sum())
        print(
            f"after {after} trials: loss {first.mean():.3f} and {second.mean():.3f}, gain "
            f"{differences.mean():+.3f} ({low:+.3f} to {high:+.3f}), ahead in {ahead} of {len(differences)}, "
            f"even in {even}"
        )


def main() -> None:
    """Compare the methods on all cases."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--trials", type=int, default=30)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    seconds = dict.fromkeys(METHODS, 0.0)
    losses = []
    for name, case in make_cases().items():
        losses.append(to_losses(measure(case, given.trials, given.seeds, seconds)))
        means = [
            ", ".join(f"{one[:, n - 1].mean():.3f}" for n in AFTER if n <= given.trials) for one in losses[-1]
        ]
        print(
            f"{name}: " + "; ".join(f"{method} {mean}" for method, mean in zip(METHODS, means, strict=True)),
            flush=True,
        )
    compare(losses)
    print(", ".join(f"{name}: {taken:.0f} s" for name, taken in seconds.items()))


if __name__ == "__main__":
    main()
