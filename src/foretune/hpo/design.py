"""Shared design: the same configurations on every task, so that regret can be looked up exactly."""

from __future__ import annotations

import math
from typing import Any

from foretune.base import TaskType, UserError, describe_error, shortened
from foretune.hpo.parameters import HpoParameters
from foretune.hpo.strategies.registry import create_strategy
from foretune.hpo.strategies.strategy import SearchProblem, Strategy
from foretune.learners import axis_of_rounds, get_learner, has_open_rounds, known_learners, with_rounds
from foretune.spaces import DEFAULT, TUNED, Configuration, LearnerSpace, configuration_at

# Small discrete spaces run out of new configurations: draw at most this many times the number wanted
MAX_OVERDRAW = 64


class NoDefaultError(UserError):
    """A learner does not know its library default.

    Attributes
    ----------
    problem
        What is wrong with it.
    """

    def __init__(self, learner: str, problem: str) -> None:
        super().__init__(
            f"learner {learner} has no library default ({problem}): mend it, or take it out of hpo.learners"
        )
        self.problem = problem


def design_configurations(parameters: HpoParameters, task_type: TaskType, seed: int) -> list[Configuration]:
    """List the configurations that are evaluated on every task of one type.

    Each learner contributes its library default and the proposals of its strategy, unless the strategy uses
    scores, since its proposals differ between tasks, or the learner has no default.

    Parameters
    ----------
    parameters
        Learners, search spaces, strategies and the number of configurations.
    task_type
        Selects the search spaces.
    seed
        Seed of the strategies; each learner derives its own stream.

    Raises
    ------
    UserError
        If a strategy cannot be created.
    """
    configurations: list[Configuration] = []
    for learner in parameters.learners:
        try:
            strategy = make_strategy(parameters, learner, task_type, seed)
        except NoDefaultError:
            continue
        if strategy.uses_scores == "never":
            configurations += first_configurations(parameters, learner, task_type)
            while proposals := strategy.ask(parameters.n_configurations):
                configurations += [proposal.configuration for proposal in proposals]
    return configurations


def first_configurations(parameters: HpoParameters, learner: str, task_type: TaskType) -> list[Configuration]:
    """Return the library default, the tuned defaults if they are asked for, and what is listed beside them.

    Raises
    ------
    NoDefaultError
        If the learner does not know its default.
    """
    default = first_configuration(parameters, learner, task_type)
    tuned = get_learner(learner).tuned_defaults(task_type) if parameters.tuned_defaults else ()
    listed = parameters.more_configurations.get(learner, ())
    found = {
        one.config_id: one for one in (Configuration(learner, {**of}, TUNED) for of in (*tuned, *listed))
    }
    return [default, *(one for name, one in found.items() if name != default.config_id)]


def default_configuration(learner: str, task_type: TaskType) -> Configuration:
    """Return a learner's library default.

    Raises
    ------
    NoDefaultError
        If the learner does not know it, or gives something that is no configuration.
    """
    try:
        params = get_learner(learner).library_default(task_type)
    except Exception as error:  # a learner from outside may raise anything
        raise NoDefaultError(learner, describe_error(error)) from error
    if not isinstance(params, dict):
        raise NoDefaultError(learner, f"it is {shortened(params)} and no dict")
    for name, value in params.items():
        if not isinstance(name, str) or not _is_plain(value):
            problem = f"{shortened(name)} = {shortened(repr(value))} is no number, text, boolean or None"
            raise NoDefaultError(learner, problem)
    return Configuration(learner, params, DEFAULT)


def first_configuration(parameters: HpoParameters, learner: str, task_type: TaskType) -> Configuration:
    """Return the library default that a search begins with; its number of rounds is the library's.

    Raises
    ------
    NoDefaultError
        If the learner does not know it.
    """
    default = default_configuration(learner, task_type)
    axis = axis_of_rounds(get_learner(learner))
    if parameters.early_stopping is None or axis is None or not has_open_rounds(default):
        return default
    return with_rounds(default, axis.default)


def space_to_search(parameters: HpoParameters, learner: str) -> LearnerSpace:
    """Return the space of a learner, without the number of rounds if early stopping chooses it."""
    space, axis = parameters.spaces[learner], axis_of_rounds(get_learner(learner))
    if parameters.early_stopping is None or axis is None:
        return space
    groups = {name: dict(getattr(space, name)) for name in LearnerSpace.model_fields}
    for group in groups.values():
        group.pop(axis.hyperparameter, None)
    return LearnerSpace(**groups)


def _is_plain(value: object) -> bool:
    """Whether the ledger can store a value and give it back."""
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, bool | int | str)


def make_strategy(
    parameters: HpoParameters, learner: str, task_type: TaskType, seed: int, n_trials: int | None = None
) -> Strategy[Any]:
    """Create the strategy of one learner, for a number of trials beside its defaults; None for the usual one.

    Raises
    ------
    UserError
        If it needs a library that is not installed, or its options do not fit the space, or the learner has
        no default.
    """
    n_trials = parameters.n_configurations if n_trials is None else n_trials
    default = first_configuration(parameters, learner, task_type)
    try:
        space = space_to_search(parameters, learner)
        problem = SearchProblem(learner, task_type, space, n_trials, seed, default)
        return create_strategy(parameters.strategy_of(learner), problem)
    except ValueError as error:
        raise UserError(f"the strategy of {learner} cannot be made: {error}") from error


def draw_sobol(
    space: LearnerSpace,
    task_type: TaskType,
    learner: str,
    n_configurations: int,
    seed: int,
    n_path_values: int = 1,
) -> list[Configuration]:
    """Draw distinct configurations from a scrambled Sobol sequence.

    Points that differ only in inactive hyperparameters or by rounding are one configuration, and further
    points of the sequence replace them.

    Parameters
    ----------
    space, task_type, learner
        The learner's search space.
    n_configurations
        Number of configurations wanted.
    seed
        Seed of the scrambling.
    n_path_values
        Number of values of the learner's nested axis, if it has one, for each point: one in each equal share
        of the axis. One fit evaluates them all, so they cost little time.

    Returns
    -------
    list of Configuration
        At most ``n_configurations``, fewer where the space has no more.
    """
    from scipy.stats import qmc

    hyperparameters = space.of(task_type)
    axis = _position_of_axis(learner, list(hyperparameters))
    sampler = qmc.Sobol(max(len(hyperparameters), 1), scramble=True, rng=seed)
    found: dict[str, Configuration] = {}
    # Sobol points are balanced in blocks of powers of two
    block = math.ceil(math.log2(n_configurations)) if n_configurations > 1 else 0
    drawn = 0
    while len(found) < n_configurations and drawn < MAX_OVERDRAW * n_configurations:
        points = sampler.random_base2(block) if drawn == 0 else sampler.random(drawn)
        drawn += len(points)
        for point in points:
            for spread in _along_axis(point[: len(hyperparameters)].tolist(), axis, n_path_values):
                params = configuration_at(spread, hyperparameters)
                configuration = Configuration(learner, params, "sobol")
                found.setdefault(configuration.config_id, configuration)
    return list(found.values())[:n_configurations]


def _position_of_axis(learner: str, names: list[str]) -> int | None:
    # Logs may be of a learner of their own
    path = get_learner(learner).nested_axis if learner in known_learners() else None
    return names.index(path.hyperparameter) if path and path.hyperparameter in names else None


def _along_axis(point: list[float], axis: int | None, n_values: int) -> list[list[float]]:
    """Repeat a point at evenly spaced quantiles of the axis, one in each of ``n_values`` equal shares."""
    if axis is None:
        return [point]
    shares = [(share + point[axis]) / n_values for share in range(n_values)]
    return [[*point[:axis], quantile, *point[axis + 1 :]] for quantile in shares]
