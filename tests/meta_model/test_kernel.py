from __future__ import annotations

import numpy as np
import pytest
from sklearn.gaussian_process.kernels import Matern

from foretune.meta_model.kernel import (
    LENGTH_SCALES,
    NOISES,
    ConfigurationKernel,
    KernelChoice,
    thinned,
)

NAN = float("nan")


def test_the_kernel_is_the_matern_kernel_of_the_books() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.uniform(size=(7, 3)), rng.uniform(size=(5, 3))
    kernel = ConfigurationKernel(0.6, 0.1, 0.5)
    np.testing.assert_allclose(
        kernel.between(first, second), Matern(length_scale=0.6, nu=2.5)(first, second), rtol=1e-10
    )


@pytest.mark.parametrize("length_scale", [0.3, 1.2])
def test_random_features_approximate_the_kernel(length_scale: float) -> None:
    rng = np.random.default_rng(0)
    at = rng.uniform(size=(12, 4))
    kernel = ConfigurationKernel(length_scale, 0.1, 0.5)
    features = kernel.random_features(at, 20_000, rng)
    assert features.shape == (12, 20_000)
    np.testing.assert_allclose(features @ features.T, kernel.between(at, at), atol=0.05)
    # However few there are, a configuration is as like itself as can be
    few = kernel.random_features(at, 8, rng)
    np.testing.assert_allclose(np.sum(few**2, axis=1), 1)


def _posterior_mean(
    kernel: ConfigurationKernel, at: np.ndarray, values: np.ndarray, asked: np.ndarray
) -> np.ndarray:
    covariance = kernel.between(at, at) + kernel.noise * np.eye(len(at))
    return np.asarray(kernel.between(asked, at) @ np.linalg.solve(covariance, values))


def test_leave_one_out_errors_are_those_of_refits() -> None:
    rng = np.random.default_rng(0)
    n = 25
    at = rng.uniform(size=(n, 2))
    values = np.sin(4 * at[:, 0]) + at[:, 1] + rng.normal(0, 0.2, n)
    rows = np.arange(n)
    choice = KernelChoice(at, np.zeros(n, dtype=np.intp), rows, values)
    assert choice.errors.shape == (1, len(LENGTH_SCALES) * len(NOISES))
    standard = (values - values.mean()) / values.std()
    settings_tried = [ConfigurationKernel(scale, noise, 0.0) for scale in LENGTH_SCALES for noise in NOISES]
    for found, kernel in zip(choice.errors[0], settings_tried, strict=True):
        missed = [
            standard[out] - _posterior_mean(kernel, at[rows != out], standard[rows != out], at[[out]])[0]
            for out in rows
        ]
        assert found == pytest.approx(np.mean(np.square(missed)))
    chosen = choice.without(np.zeros(1, dtype=bool))
    best = settings_tried[int(np.argmin(choice.errors[0]))]
    assert (chosen.length_scale, chosen.noise) == (best.length_scale, best.noise)
    assert chosen.unexplained == pytest.approx(choice.errors.min())


def _surfaces(n_tasks: int, n: int, wiggles: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    at = rng.uniform(size=(n, 1))
    task, config = np.divmod(np.arange(n_tasks * n), n)
    phase = rng.uniform(0, 6, n_tasks)
    return at, task, config, np.sin(wiggles * at[config, 0] + phase[task])


def test_smooth_surfaces_are_interpolated_from_afar_and_noise_not_at_all() -> None:
    smooth, rough = (KernelChoice(*_surfaces(5, 40, wiggles)) for wiggles in (2.0, 25.0))
    nobody = np.zeros(5, dtype=bool)
    assert smooth.without(nobody).length_scale > rough.without(nobody).length_scale
    assert smooth.without(nobody).unexplained < 0.01
    at, task, config, _ = _surfaces(5, 40, 2.0)
    noise = np.random.default_rng(0).normal(size=len(task))
    assert KernelChoice(at, task, config, noise).without(nobody).unexplained > 0.9


def test_a_task_held_out_has_no_say() -> None:
    at, task, config, values = _surfaces(6, 30, 2.0)
    rough = np.where(task == 5, np.random.default_rng(0).normal(size=len(task)), values)
    held_out = np.arange(6) == 5
    assert KernelChoice(at, task, config, values).without(held_out) == KernelChoice(
        at, task, config, rough
    ).without(held_out)
    everybody = KernelChoice(at, task, config, values).without(np.ones(6, dtype=bool))
    # Who knows nothing claims nothing
    assert everybody.unexplained == 1


def test_tasks_that_teach_nothing_are_passed_over() -> None:
    at = np.linspace(0, 1, 8)[:, None]
    # One with two evaluations, one without spread
    task = np.array([0, 0, *[1] * 8])
    config = np.array([0, 1, *range(8)])
    choice = KernelChoice(at, task, config, np.array([1.0, 2.0, *[3.0] * 8]))
    assert choice.errors.shape[0] == 0
    assert choice.without(np.zeros(2, dtype=bool)).unexplained == 1


def test_thinning_is_even() -> None:
    np.testing.assert_array_equal(thinned(np.arange(5)), np.arange(5))
    few = thinned(np.arange(1_000))
    assert (len(few), few[0], few[-1]) == (128, 0, 999)
    assert set(np.diff(few)) <= {7, 8}
    assert len(thinned(np.arange(0))) == 0
