"""The methods that are compared, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from large.case import Case, Fitted
from large.defaults import FITS
from large.meta_search import fit_meta_search, has_parameter
from large.peers import fit_peer, installed_peers
from large.rounds import fit_hand_rule
from large.searches import WARM_UPS, fit_optuna, fit_random_trials, fit_randomized_search

# The two ends of the scale of gains
DEFAULT = "lightgbm"
SCALE = "random_trials"
PRESETS = {"medium": "medium_quality", "good": "good_quality"}


@dataclass(frozen=True)
class Settings:
    """What decides about the methods and about what they are given."""

    budgets: tuple[float, ...] = (10, 30, 60, 300)
    n_trials: tuple[int, ...] = (0, 1, 5, 20)
    learners: tuple[str, ...] = ("xgboost",)
    random_trials: int = 100
    peers: str | None = None
    memory: str | None = None
    exclude_families: tuple[str, ...] = ()
    max_rows: int | None = None
    threads: int = 1


@dataclass(frozen=True)
class Method:
    """A method.

    Attributes
    ----------
    name
        Name, with its number of trials or seconds at the end.
    fit
        Fits a case.
    warm_up
        Fits a small case before the clock starts in a process: what is loaded once is no part of the seconds.
    budget
        Seconds that it may take.
    """

    name: str
    fit: Callable[[Case], Fitted]
    warm_up: Callable[[Case], Any] | None = None
    budget: float | None = None


def list_methods(settings: Settings) -> tuple[list[Method], list[str]]:
    """Return all methods that can be run, and a line for each group that is left out, with the reason."""
    methods = [
        *(Method(name, fit, fit) for name, fit in FITS.items()),
        Method("hand_rule", fit_hand_rule, partial(fit_hand_rule, max_rounds=2)),
        *_scale(settings),
        *_searches(settings),
    ]
    found, left_out = _peers(settings)
    more, missing = _meta_searches(settings)
    return [*methods, *found, *more], [*left_out, *missing]


def _scale(settings: Settings) -> Iterable[Method]:
    if settings.random_trials:
        fit = partial(fit_random_trials, n_trials=settings.random_trials)
        name = f"{SCALE}_{settings.random_trials}"
        yield Method(name, fit, partial(fit_random_trials, n_trials=1, max_rounds=2))


def _searches(settings: Settings) -> Iterable[Method]:
    for n_trials in settings.n_trials:
        # With one trial there is nothing to choose
        if n_trials > 1:
            for name, fit in (("randomized_search", fit_randomized_search), ("optuna", fit_optuna)):
                yield Method(f"{name}_{n_trials}", partial(fit, n_trials=n_trials), WARM_UPS[name])
    for budget in settings.budgets:
        fit_within = partial(fit_optuna, max_time=budget)
        yield Method(f"optuna_{budget:g}s", fit_within, WARM_UPS["optuna"], budget)


def _peers(settings: Settings) -> tuple[list[Method], list[str]]:
    if settings.peers is None:
        return [], ["flaml and autogluon are left out: --peers gives a Python that has them"]
    found = installed_peers(settings.peers)
    fit = partial(fit_peer, python=settings.peers)
    methods = []
    if "flaml" in found:
        methods.append(Method("flaml_zero_shot", partial(fit, method="flaml_zero_shot")))
        methods += [
            Method(f"flaml_{budget:g}s", partial(fit, method="flaml", max_time=budget), budget=budget)
            for budget in settings.budgets
        ]
    if "autogluon" in found:
        methods += [
            Method(
                f"autogluon_{short}_{budget:g}s",
                partial(fit, method="autogluon", max_time=budget, preset=preset),
                budget=budget,
            )
            for short, preset in PRESETS.items()
            for budget in settings.budgets
        ]
    missing = [name for name in ("flaml", "autogluon") if name not in found]
    return methods, [f"{name} is left out: {settings.peers} does not have it" for name in missing]


def _meta_searches(settings: Settings) -> tuple[list[Method], list[str]]:
    methods: list[Method] = []
    for learner in settings.learners:
        methods += _meta_searches_of(learner, settings)
    missing = {
        name: [] if has_parameter(name) else [f"foretune_{what} is left out: MetaSearchCV has no {name}="]
        for name, what in (("early_stopping", "*_early"), ("max_time", "*s"))
    }
    return methods, [*missing["early_stopping"], *missing["max_time"]]


def _meta_searches_of(learner: str, settings: Settings) -> Iterable[Method]:
    fit = partial(
        fit_meta_search,
        learner=learner,
        memory=settings.memory,
        exclude_families=settings.exclude_families,
    )
    warm_up = partial(fit, n_trials=1)
    limits: list[tuple[str, dict[str, Any], float | None]] = [
        (str(n_trials), {"n_trials": n_trials}, None) for n_trials in settings.n_trials
    ]
    if has_parameter("max_time"):
        # Only the time ends them
        limits += [
            (f"{budget:g}s", {"n_trials": None, "max_time": budget}, budget) for budget in settings.budgets
        ]
    for limit, arguments, budget in limits:
        name = f"foretune_{learner}_{limit}"
        yield Method(name, partial(fit, **arguments), warm_up, budget)
        # Without a trial there is nothing to stop
        if limit != "0" and has_parameter("early_stopping"):
            yield Method(f"{name}_early", partial(fit, **arguments, early_stopping=True), warm_up, budget)
