"""Registry of search strategies by name; their modules are imported on use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, SerializeAsAny, ValidationError

from foretune.base import ArgumentError, check_kind, load_plugins
from foretune.hpo.strategies import parameters
from foretune.hpo.strategies.parameters import StrategyOptions
from foretune.hpo.strategies.strategy import SearchProblem, Strategy

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


@dataclass(frozen=True)
class _Entry:
    options: type[StrategyOptions]
    make: Callable[[SearchProblem, Any], Strategy[Any]]


def _builtin(options: type[StrategyOptions], module: str, class_name: str) -> _Entry:
    def make(problem: SearchProblem, chosen: StrategyOptions) -> Strategy[Any]:
        strategy: type[Strategy[Any]] = getattr(
            import_module(f"foretune.hpo.strategies.{module}"), class_name
        )
        return strategy(problem, chosen)

    return _Entry(options, make)


_STRATEGIES: dict[str, _Entry] = {
    "sobol": _builtin(parameters.SobolOptions, "sobol", "Sobol"),
    "grid": _builtin(parameters.GridOptions, "grid", "Grid"),
    "random": _builtin(parameters.RandomOptions, "random_search", "RandomSearch"),
    "successive_halving": _builtin(
        parameters.SuccessiveHalvingOptions, "successive_halving", "SuccessiveHalving"
    ),
    "optuna_tpe": _builtin(parameters.OptunaTpeOptions, "optuna_tpe", "OptunaTpe"),
    "optuna_cmaes": _builtin(parameters.OptunaCmaesOptions, "optuna_cmaes", "OptunaCmaes"),
    "optuna_gp": _builtin(parameters.OptunaGpOptions, "optuna_gp", "OptunaGp"),
    "hyperopt_tpe": _builtin(parameters.HyperoptTpeOptions, "hyperopt_tpe", "HyperoptTpe"),
    "keras_tuner_random": _builtin(
        parameters.KerasTunerRandomOptions, "keras_tuner_random", "KerasTunerRandom"
    ),
    "keras_tuner_bayesian": _builtin(
        parameters.KerasTunerBayesianOptions, "keras_tuner_bayesian", "KerasTunerBayesian"
    ),
}


def register_strategy(options: type[StrategyOptions], strategy: type[Strategy[Any]]) -> None:
    """Register a custom strategy under the default name of its options.

    A package may call this in a module with an entry point in the group ``foretune.strategies``.

    Raises
    ------
    ValueError
        If the options have no default name.
    """
    check_kind("options", options, type, "a class of StrategyOptions")
    check_kind("strategy", strategy, type, "a class of strategies")
    if not issubclass(options, StrategyOptions):
        raise ArgumentError(f"options = {options.__name__} must be a class of StrategyOptions")
    name = options.model_fields["name"].default
    if not isinstance(name, str):
        raise ValueError(f"{options.__name__}.name needs a default: the strategy's name")
    _STRATEGIES[name] = _Entry(options, strategy)


def known_strategies() -> list[str]:
    """Return the names of all strategies, including those whose libraries are not installed."""
    load_plugins("foretune.strategies")
    return list(_STRATEGIES)


def create_strategy(options: StrategyOptions, problem: SearchProblem) -> Strategy[Any]:
    """Create the strategy of the given options.

    Raises
    ------
    MissingLibraryError
        If its library is not installed; the message names the extra.
    """
    return _entry(options.name).make(problem, options)


def strategy_options(chosen: Any) -> StrategyOptions:
    """Validate a strategy's options.

    Parameters
    ----------
    chosen
        Options, a mapping with ``name``, or only the name.

    Raises
    ------
    ValueError
        If the strategy or one of its options is unknown or invalid.
    """
    if isinstance(chosen, StrategyOptions):
        return chosen
    values = {"name": chosen} if isinstance(chosen, str) else chosen
    if not isinstance(values, dict) or not isinstance(values.get("name"), str):
        raise ValueError("a strategy is a name, or a mapping with a name")
    options = _entry(values["name"]).options
    try:
        return options.model_validate(values)
    except ValidationError as error:
        raise ValueError("; ".join(_describe(problem, options) for problem in error.errors())) from None


StrategyChoice = Annotated[SerializeAsAny[StrategyOptions], BeforeValidator(strategy_options)]
"""Type of a parameter for the options of any strategy, including registered ones."""


def _describe(problem: ErrorDetails, options: type[StrategyOptions]) -> str:
    name = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        allowed = ", ".join(sorted(set(options.model_fields) - {"name"})) or "none"
        return f"{name} is no option of this strategy; allowed: {allowed}"
    return f"{name}: {problem['msg'].removeprefix('Value error, ')}"


def _entry(name: str) -> _Entry:
    if name not in known_strategies():
        raise ValueError(f"strategy {name!r} is unknown; known: {', '.join(_STRATEGIES)}")
    return _STRATEGIES[name]
