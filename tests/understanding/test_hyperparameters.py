from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretune.spaces.encoding import ConfigurationEncoder
from foretune.understanding.hyperparameters import NOT_SET, Space, describe_space


def _space(design: pd.DataFrame, n_levels: int = 12, default: int | None = None) -> Space:
    encoded = ConfigurationEncoder.from_trials(design).encode(design)
    return describe_space(encoded, np.arange(len(design)) == default, n_levels)


def _named(space: Space, name: str) -> int:
    return space.names.index(name)


def test_a_nominal_hyperparameter_is_one(svm_design: pd.DataFrame) -> None:
    space = _space(svm_design)
    assert sorted(space.names) == ["C", "degree", "gamma", "kernel"]
    kernel = space.hyperparameters[_named(space, "kernel")]
    assert kernel.is_nominal
    assert kernel.labels == ("linear", "poly", "rbf")
    shares = svm_design["param_kernel"].value_counts(normalize=True).sort_index()
    np.testing.assert_allclose(kernel.weights, shares)
    assert not np.isnan(space.values).any()


def test_conditions_are_read_off_the_design(svm_design: pd.DataFrame) -> None:
    space = _space(svm_design)
    parent = _named(space, "kernel")
    for name, active in (("gamma", [False, False, True]), ("degree", [False, True, False])):
        hyperparameter = space.hyperparameters[_named(space, name)]
        assert hyperparameter.condition is not None
        assert hyperparameter.condition.parent == parent
        assert hyperparameter.condition.active_levels.tolist() == active
        assert NOT_SET not in hyperparameter.labels
    assert space.hyperparameters[_named(space, "C")].condition is None


def test_what_a_default_leaves_to_the_library_is_no_condition(svm_design: pd.DataFrame) -> None:
    default = pd.DataFrame([{"param_C": 1.0, "param_kernel": "rbf"}])
    space = _space(pd.concat([svm_design, default], ignore_index=True), default=60)
    condition = space.hyperparameters[_named(space, "gamma")].condition
    assert condition is not None
    assert condition.active_levels.tolist() == [False, False, True]


def test_a_gap_that_nothing_explains_is_a_value() -> None:
    rng = np.random.default_rng(0)
    depth = rng.permutation(np.repeat([np.nan, 3.0, 9.0, 5.0], 10))
    space = _space(pd.DataFrame({"param_max_depth": depth, "param_x": rng.normal(size=40)}))
    depth_of = space.hyperparameters[_named(space, "max_depth")]
    assert depth_of.labels == (NOT_SET, "3", "5", "9")
    np.testing.assert_allclose(depth_of.weights, 0.25)
    assert depth_of.condition is None
    assert depth_of.is_set.tolist() == [False, True, True, True]


def test_a_coincidence_in_a_small_design_is_no_condition() -> None:
    # Six points, each at four numbers of trees: chance alone lets max_depth "explain" class_weight
    depth = np.repeat([2, 5, 6, 8, 9, 16], 4)
    weight = np.repeat(["balanced", "balanced", None, None, "balanced", None], 4)
    trees = np.arange(10, 250, 10)
    design = pd.DataFrame(
        {"param_max_depth": depth, "param_class_weight": weight, "param_n_estimators": trees}
    )
    space = _space(design)
    assert all(hyperparameter.condition is None for hyperparameter in space.hyperparameters)


def test_constant_and_absent_hyperparameters_are_left_out() -> None:
    design = pd.DataFrame(
        {"param_same": 1.0, "param_one": "a", "param_gone": np.nan, "param_x": np.arange(10.0)}
    )
    assert _space(design).names == ["x"]


def test_no_hyperparameter_at_all() -> None:
    space = _space(pd.DataFrame({"learner": ["a"] * 3}))
    assert space.names == []
    assert space.values.shape == (3, 0)


@pytest.mark.parametrize(
    ("values", "is_log"),
    [
        (np.logspace(-3, 2, 30), True),
        (np.linspace(10, 190, 30), False),
        (np.linspace(1, 100, 30), False),
        (np.linspace(-1, 100, 30), False),
        (np.logspace(0, 1, 30), False),
    ],
)
def test_logarithmic_hyperparameters_are_told_by_their_values(values: np.ndarray, is_log: bool) -> None:
    space = _space(pd.DataFrame({"param_x": values}))
    assert space.hyperparameters[0].looks_logarithmic is is_log


def test_a_sweep_keeps_the_others_and_minds_conditions(svm_design: pd.DataFrame) -> None:
    space = _space(svm_design)
    kernel, gamma = _named(space, "kernel"), _named(space, "gamma")
    linear = space.values[np.flatnonzero(svm_design["param_kernel"] == "linear")[0]]
    # gamma is inactive under the linear kernel: there is nothing to sweep
    np.testing.assert_array_equal(space.sweep(linear, gamma), linear[None, :])
    rows = space.sweep(linear, kernel)
    assert space.level_of(kernel, rows).tolist() == [0, 1, 2]
    at = space.hyperparameters[gamma].columns
    missing = space.hyperparameters[gamma].missing
    is_missing = (rows[:, at] == missing).all(axis=1)
    assert is_missing.tolist() == [True, True, False]
    np.testing.assert_array_equal(
        rows[:, space.hyperparameters[_named(space, "C")].columns], np.full((3, 1), linear[0])
    )


@given(
    values=st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6, allow_nan=False)), min_size=1, max_size=40),
    n_levels=st.integers(2, 12),
)
def test_levels_are_values_of_the_design_and_weights_sum_to_one(
    values: list[float | None], n_levels: int
) -> None:
    design = pd.DataFrame({"param_x": pd.Series(values, dtype=np.float64)})
    for hyperparameter in _space(design, n_levels).hyperparameters:
        assert hyperparameter.weights.sum() == pytest.approx(1)
        assert (hyperparameter.weights > 0).all()
        known = {value for value in values if value is not None}
        assert {float(level) for level in hyperparameter.levels[hyperparameter.is_set, 0]} <= known
        assert len(hyperparameter.levels) <= n_levels + 1
