from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretune.meta_model.interpolation import Interpolation
from foretune.meta_model.kernel import ConfigurationKernel

KERNEL = ConfigurationKernel(0.6, 0.01, 0.1)
N_CONFIGS = 40


@st.composite
def histories(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Task, configuration and value of evaluations; each task has tried something, seldom everything."""
    n_tasks = draw(st.integers(1, 5))
    tried = [sorted(draw(st.sets(st.integers(0, 9), min_size=1, max_size=10))) for _ in range(n_tasks)]
    task = np.repeat(np.arange(n_tasks), [len(one) for one in tried])
    config = np.concatenate(tried)
    values = draw(st.lists(st.floats(-5, 5), min_size=len(task), max_size=len(task)))
    return task, config.astype(np.intp), np.array(values)


@settings(max_examples=60, deadline=None)
@given(histories(), st.lists(st.integers(-1, 9), min_size=1, max_size=15))
def test_known_values_are_exact_and_the_rest_is_missing(
    history: tuple[np.ndarray, np.ndarray, np.ndarray], asked: list[int]
) -> None:
    task, config, values = history
    completion = Interpolation(np.linspace(0, 1, 10)[:, None], ["x"], task, config)
    tasks, configs = np.arange(task[-1] + 1)[::-1], np.array(asked)
    known = completion.known(values, tasks, configs)
    table = dict(zip(zip(task, config, strict=True), values, strict=True))
    expected = [[table.get((t, c), np.nan) for c in configs] for t in tasks]
    np.testing.assert_array_equal(known, expected)

    coordinates = completion.space.place(np.where(configs < 0, 0.123, configs / 9)[:, None])
    everywhere, share = completion.complete_at(values, coordinates, configs, KERNEL)
    is_known = np.isfinite(known[::-1])
    assert np.isfinite(everywhere).all()
    np.testing.assert_array_equal(everywhere[is_known], known[::-1][is_known])
    assert share == pytest.approx(1 - is_known.mean())


def _smooth_history(share: float) -> tuple[Interpolation, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    configurations = np.column_stack([np.linspace(0, 1, N_CONFIGS), rng.permutation(N_CONFIGS) / N_CONFIGS])
    task, config = np.nonzero(rng.uniform(size=(4, N_CONFIGS)) < share)
    truth = np.array([_surface(number, configurations) for number in range(4)])
    completion = Interpolation(configurations, ["x", "y"], task, config)
    return completion, truth, truth[task, config], task, config


def _surface(number: int, configurations: np.ndarray) -> np.ndarray:
    return np.asarray(np.sin(3 * configurations[:, 0] + number) + number * configurations[:, 1])


def test_a_smooth_surface_is_close_where_interpolated() -> None:
    completion, truth, values, task, config = _smooth_history(0.7)
    found, share = completion.complete(values, np.arange(4), np.arange(N_CONFIGS), KERNEL)
    assert share == pytest.approx(1 - len(task) / truth.size)
    np.testing.assert_array_equal(found[task, config], truth[task, config])
    missing = np.ones_like(truth, dtype=bool)
    missing[task, config] = False
    assert missing.sum() > 20
    assert np.abs(found - truth)[missing].mean() < 0.05 * np.ptp(truth)


def test_new_configurations_are_interpolated_for_every_task() -> None:
    completion, _, values, *_ = _smooth_history(0.8)
    new = np.random.default_rng(1).uniform(0.1, 0.9, (15, 2))
    configs = np.full(15, -1)
    configs[3] = 8
    coordinates = completion.space.place(new)
    coordinates[3] = completion.coordinates[8]
    found, _ = completion.complete_at(values, coordinates, configs, KERNEL)
    truth = np.array([_surface(number, new) for number in range(4)])
    others = np.arange(15) != 3
    assert np.abs(found - truth)[:, others].mean() < 0.05 * np.ptp(truth)
    # The one that is not new is looked up
    np.testing.assert_array_equal(
        found[:, 3], completion.complete(values, np.arange(4), np.array([8]), KERNEL)[0][:, 0]
    )


def test_far_from_everything_it_is_the_mean_of_the_task() -> None:
    completion = Interpolation(np.array([[0.0], [1.0]]), ["x"], np.array([0, 0]), np.array([0, 1]))
    found, share = completion.complete_at(
        np.array([2.0, 6.0]), np.array([[50.0]]), np.array([-1]), ConfigurationKernel(0.3, 0.01, 0.1)
    )
    assert found[0, 0] == pytest.approx(4)
    assert share == 1


def test_interpolation_is_the_posterior_mean_of_a_gaussian_process() -> None:
    completion, _, values, task, config = _smooth_history(0.5)
    own = values[task == 2]
    at = completion.coordinates[config[task == 2]]
    asked = np.setdiff1d(np.arange(N_CONFIGS), config[task == 2])
    covariance = KERNEL.between(at, at) + KERNEL.noise * np.eye(len(at))
    weights = np.linalg.solve(covariance, own - own.mean())
    expected = own.mean() + KERNEL.between(completion.coordinates[asked], at) @ weights
    found, share = completion.complete(values, np.array([2]), asked, KERNEL)
    np.testing.assert_allclose(found[0], expected, rtol=1e-4, atol=1e-5)
    assert share == 1


def test_a_large_task_is_interpolated_from_a_part_of_its_values() -> None:
    n = 600
    grid = np.linspace(0, 1, n)[:, None]
    config = np.delete(np.arange(n), [250, 251])
    completion = Interpolation(grid, ["x"], np.zeros(n - 2, dtype=np.intp), config)
    values = np.sin(6 * grid[config, 0])
    found, _ = completion.complete(values, np.array([0]), np.array([10, 250]), KERNEL)
    assert found[0, 0] == values[10]
    assert found[0, 1] == pytest.approx(np.sin(6 * grid[250, 0]), abs=0.02)


def test_tasks_that_share_a_design_are_interpolated_like_each_alone() -> None:
    rng = np.random.default_rng(0)
    configurations = rng.uniform(size=(30, 2))
    # The first two share all, the third but a part, the fourth nothing
    tried = [np.arange(20), np.arange(20), np.arange(10, 20), np.arange(20, 30)]
    task, config = np.repeat(np.arange(4), [len(one) for one in tried]), np.concatenate(tried)
    values = rng.normal(size=len(task))
    together = Interpolation(configurations, ["x", "y"], task, config)
    found, _ = together.complete(values, np.arange(4), np.arange(30), KERNEL)
    for number in range(4):
        own = task == number
        alone = Interpolation(configurations, ["x", "y"], np.zeros(own.sum(), dtype=np.intp), config[own])
        expected, _ = alone.complete(values[own], np.array([0]), np.arange(30), KERNEL)
        np.testing.assert_array_equal(found[[number]], expected)


def test_interpolation_needs_to_know_where() -> None:
    completion, _, values, *_ = _smooth_history(0.8)
    with pytest.raises(ValueError, match="position -1 stands for no configuration"):
        completion.complete(values, np.arange(4), np.array([0, -1]), KERNEL)
