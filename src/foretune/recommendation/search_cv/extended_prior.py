"""Prior over candidates that also differ in parameters of which the memory knows nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from foretune.meta_model import ConfigurationKernel, SurfacePrior

# Standard deviation of the effect of the other parameters, in those of the prior: the first is planned by,
# the search weighs both by how well they explain the scores
EFFECTS = (0.5, 2.0)
# In coordinates of which each is in [0, 1]
LENGTH_SCALE = 0.6
N_FEATURES = 128
# What the user has is preferred to what is not known to be better, in standard deviations of the prior
PREFERENCE = 1e-3


def extend_prior(
    prior: SurfacePrior,
    coordinates: npt.NDArray[np.float64],
    is_changed: npt.NDArray[np.bool_],
    rng: np.random.Generator,
) -> SurfacePrior:
    """Add the unknown effect of other parameters to a prior, as a Gaussian process over their values.

    Parameters
    ----------
    prior
        Prior by what the memory knows of the candidates.
    coordinates
        Of the other parameters, shape (n_candidates, n_axes).
    is_changed
        Whether a candidate's other parameters differ from those of the user's estimator.
    rng
        Draws the process.
    """
    kernel = ConfigurationKernel(LENGTH_SCALE, 0.0, 1.0)
    features = kernel.random_features(coordinates, N_FEATURES, rng)
    small, large = (_extend(prior, effect, features, coordinates, is_changed, rng) for effect in EFFECTS)
    others = [_extend(one, EFFECTS[0], features, coordinates, is_changed, rng) for one in prior.alternatives]
    return replace(small, alternatives=(*others, large))


def _extend(
    prior: SurfacePrior,
    effect: float,
    features: npt.NDArray[np.float64],
    coordinates: npt.NDArray[np.float64],
    is_changed: npt.NDArray[np.bool_],
    rng: np.random.Generator,
) -> SurfacePrior:
    spread = float(np.sqrt(np.mean(np.sum(prior.basis**2, axis=1))))
    scaled = effect * spread * features
    drawn = rng.standard_normal((len(prior.surfaces), features.shape[1])) @ scaled.T
    drawn -= drawn.mean(axis=0)
    shift = np.where(is_changed, -PREFERENCE * spread, 0.0)
    return replace(
        prior,
        mean=prior.mean + shift,
        basis=np.hstack([prior.basis, scaled]),
        known=prior.known + shift,
        surfaces=prior.surfaces + drawn + shift,
        coordinates=np.hstack([prior.coordinates, coordinates]),
        alternatives=(),
    )
