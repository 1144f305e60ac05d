"""The shared design: the same configurations on every task, so that regret can be looked up exactly."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from foretune.hpo.configuration import Configuration
from foretune.hpo.learners import get_learner
from foretune.hpo.spaces import build_space, configuration_at
from foretune.seeds import derive_seed

if TYPE_CHECKING:
    from foretune.hpo.parameters import HpoParameters, LearnerSpace
    from foretune.parameters import TaskType

# Small discrete spaces run out of new configurations: stop looking after this many times the points asked for
MAX_OVERDRAW = 64


def design_configurations(parameters: HpoParameters, task_type: TaskType, seed: int) -> list[Configuration]:
    """List the configurations to evaluate on every task of one type.

    Each learner contributes its library default, then ``n_configurations`` points of a scrambled Sobol
    sequence over its search space.

    Parameters
    ----------
    parameters
        Learners, search spaces and the number of configurations.
    task_type
        Selects the search spaces.
    seed
        Seed of the scrambling; each learner has a stream of its own.
    """
    configurations: list[Configuration] = []
    for name in parameters.learners:
        default = Configuration(name, get_learner(name).library_default(task_type), "default")
        drawn = draw_sobol(
            parameters.spaces[name],
            task_type,
            name,
            n_configurations=parameters.n_configurations,
            seed=derive_seed(seed, "sobol", name, task_type),
            n_path_values=parameters.n_path_values,
        )
        configurations += [default, *(c for c in drawn if c.config_id != default.config_id)]
    return configurations


def draw_sobol(
    space: LearnerSpace,
    task_type: TaskType,
    learner: str,
    n_configurations: int,
    seed: int,
    n_path_values: int = 1,
) -> list[Configuration]:
    """Draw distinct configurations along a scrambled Sobol sequence.

    Points that differ only in inactive or rounded-away hyperparameters count once; further points of the
    sequence take their place.

    Parameters
    ----------
    space, task_type, learner
        The learner's search space.
    n_configurations
        How many are wanted.
    seed
        Seed of the scrambling.
    n_path_values
        Each point is evaluated at that many values of the learner's path axis, if it has one: one from each
        equal share of the axis. They come from one fit, so this buys configurations rather than time.

    Returns
    -------
    list of Configuration
        At most ``n_configurations``, fewer where the space has no more.
    """
    from scipy.stats import qmc

    hyperparameters = space.of(task_type)
    built = build_space(space, task_type, learner)
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
                params = configuration_at(spread, hyperparameters, built)
                configuration = Configuration(learner, params, "sobol")
                found.setdefault(configuration.config_id, configuration)
    return list(found.values())[:n_configurations]


def _position_of_axis(learner: str, names: list[str]) -> int | None:
    path = get_learner(learner).path
    return names.index(path.hyperparameter) if path and path.hyperparameter in names else None


def _along_axis(point: list[float], axis: int | None, n_values: int) -> list[list[float]]:
    """Repeat a point at quantiles of its axis, one in each equal share, all at the same place in theirs."""
    if axis is None:
        return [point]
    shares = [(share + point[axis]) / n_values for share in range(n_values)]
    return [[*point[:axis], quantile, *point[axis + 1 :]] for quantile in shares]
