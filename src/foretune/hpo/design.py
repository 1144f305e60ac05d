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
        )
        configurations += [default, *(c for c in drawn if c.config_id != default.config_id)]
    return configurations


def draw_sobol(
    space: LearnerSpace, task_type: TaskType, learner: str, n_configurations: int, seed: int
) -> list[Configuration]:
    """Draw distinct configurations along a scrambled Sobol sequence.

    Points that differ only in inactive or rounded-away hyperparameters count once; further points of the
    sequence take their place.

    Returns
    -------
    list of Configuration
        At most ``n_configurations``, fewer where the space has no more.
    """
    from scipy.stats import qmc

    hyperparameters = space.of(task_type)
    built = build_space(space, task_type, learner)
    sampler = qmc.Sobol(max(len(hyperparameters), 1), scramble=True, rng=seed)
    found: dict[str, Configuration] = {}
    # Sobol points are balanced in blocks of powers of two
    block = math.ceil(math.log2(n_configurations)) if n_configurations > 1 else 0
    drawn = 0
    while len(found) < n_configurations and drawn < MAX_OVERDRAW * n_configurations:
        points = sampler.random_base2(block) if drawn == 0 else sampler.random(drawn)
        drawn += len(points)
        for point in points:
            params = configuration_at(point[: len(hyperparameters)].tolist(), hyperparameters, built)
            configuration = Configuration(learner, params, "sobol")
            found.setdefault(configuration.config_id, configuration)
    return list(found.values())[:n_configurations]
