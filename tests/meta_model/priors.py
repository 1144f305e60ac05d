"""Priors that nothing had to be trained for."""

from __future__ import annotations

import numpy as np

from foretune.meta_model.kernel import ConfigurationKernel
from foretune.meta_model.parameters import PolicyParameters
from foretune.meta_model.prior import Expectation, RelativeShapes, SurfacePrior, build_prior

KERNEL = ConfigurationKernel(0.3, 0.1, 0.2)


def make_prior(
    n_candidates: int = 12,
    n_tasks: int = 40,
    *,
    level: tuple[float, float] = (0.7, -2.0),
    level_errors: float | np.ndarray = 0.3,
    seed: int = 0,
) -> SurfacePrior:
    rng = np.random.default_rng(seed)
    at = np.linspace(0, 1, n_candidates)[:, None]
    residuals = np.sin(5 * at.T + rng.uniform(0, 6, (n_tasks, 1))) + rng.normal(
        0, 0.2, (n_tasks, n_candidates)
    )
    curved = np.linspace(0, 1, 61)[None, :] ** rng.uniform(0.5, 2, (n_tasks, 1))
    return build_prior(
        [Expectation(rng.normal(0, 0.5, n_candidates), residuals, 1.0)],
        np.array(level),
        level_errors * rng.normal(size=(n_tasks, 2)),
        RelativeShapes(-3.0, 3.0, curved, np.tile([-3.0, 6.0], (n_tasks, 1))),
        PolicyParameters(),
        kernel=KERNEL,
        coordinates=at,
        interpolated=0.0,
        rng=rng,
    )
