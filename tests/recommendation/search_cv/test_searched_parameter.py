"""Lists, distributions and spaces of several libraries as one form."""

from __future__ import annotations

from typing import Any

import ConfigSpace
import numpy as np
import pandas as pd
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from scipy.stats import loguniform, norm, poisson, randint, uniform
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from foretune.recommendation.search_cv.searched_parameter import (
    DistributionError,
    SearchedParameter,
    of_choices,
    read_parameter,
)
from foretune.spaces import IntegerRange

SPACE = ConfigSpace.ConfigurationSpace({"depth": (2, 9), "rate": (0.1, 0.9), "kind": ["a", "b"]})
QUANTILES = np.linspace(0, 1, 21)


class Either:
    """Draws values as ``RandomizedSearchCV`` asks for them."""

    def rvs(self, random_state: np.random.RandomState) -> float:
        return float(random_state.choice([1.5, 2.5, 4.0]))


@pytest.mark.parametrize(
    ("given", "low", "high", "kind"),
    [
        (loguniform(1e-3, 10.0), 1e-3, 10.0, float),
        (uniform(2, 3), 2, 5, float),
        (randint(3, 8), 3, 7, int),
        (FloatDistribution(0.1, 1.0), 0.1, 1.0, float),
        (FloatDistribution(0.0, 1.0, step=0.25), 0.0, 1.0, float),
        (IntDistribution(2, 64, log=True), 2, 64, int),
        (IntDistribution(10, 50, step=20), 10, 50, int),
        ({"type": "float", "low": 0.01, "high": 1.0, "log": True}, 0.01, 1.0, float),
        (IntegerRange(type="integer", low=1, high=9), 1, 9, int),
        (SPACE["depth"], 2, 9, int),
        (SPACE["rate"], 0.1, 0.9, float),
        ([3, 1, 10], 1, 10, int),
        (np.array([0.5, 0.1]), 0.1, 0.5, float),
    ],
)
def test_numbers_of_any_form_have_quantiles(given: Any, low: float, high: float, kind: type) -> None:
    parameter = read_parameter("clf__x", given)
    values = [parameter.at(quantile) for quantile in QUANTILES]
    assert all(type(value) is kind for value in values)
    assert min(values) == pytest.approx(low)
    assert max(values) == pytest.approx(high)
    assert values == sorted(values)
    places = [parameter.find(value) for value in values]
    assert all(place is not None and 0 <= place <= 1 for place in places)
    assert [parameter.at(float(place or 0.0)) for place in places] == pytest.approx(values, rel=1e-4)
    assert parameter.find(low - 1) is None
    assert parameter.find(high + 1) is None
    assert parameter.find("a") is None
    assert parameter.is_ordered


@pytest.mark.parametrize(
    ("given", "values"),
    [
        (["mean", "median"], ["mean", "median"]),
        ([None, 3], [None, 3]),
        ([True, 1], [True, 1]),
        ((5, "auto"), [5, "auto"]),
        (CategoricalDistribution(["a", None]), ["a", None]),
        (SPACE["kind"], ["a", "b"]),
        ({"type": "choice", "choices": ["x", "y"]}, ["x", "y"]),
        ([(10,), (10, 10)], [(10,), (10, 10)]),
    ],
    ids=str,
)
def test_other_values_are_choices(given: Any, values: list[Any]) -> None:
    parameter = read_parameter("a", given)
    assert [parameter.at(quantile) for quantile in (0.1, 0.9)] == values
    assert not parameter.is_ordered
    assert [parameter.at(float(parameter.find(value) or 0.0)) for value in values] == values
    assert parameter.find("other") is None


def test_a_number_between_those_of_a_list_stands_for_the_nearest() -> None:
    parameter = of_choices([10, 100, 1000])
    assert [parameter.nearest(value) for value in (40, 70, 1000)] == [10, 100, 1000]
    assert parameter.find(5) is None


def test_an_estimator_is_a_value() -> None:
    parameter = of_choices([StandardScaler(), "passthrough"])
    assert parameter.find(StandardScaler()) is not None
    assert parameter.find(StandardScaler(with_mean=False)) is None


def test_an_unbounded_distribution_ends_at_its_tails() -> None:
    parameter = read_parameter("a", norm(0, 1))
    assert np.isfinite([parameter.at(0.0), parameter.at(1.0)]).all()
    assert parameter.find(0.0) == pytest.approx(0.5)


def test_what_only_draws_is_read_by_its_draws() -> None:
    parameter = read_parameter("a", Either())
    assert {parameter.at(quantile) for quantile in QUANTILES} == {1.5, 2.5, 4.0}
    assert parameter.find(3.0) is not None
    assert parameter.find(5.0) is None


def test_a_condition_names_parameters_of_the_same_part() -> None:
    given = {"type": "float", "low": 0.1, "high": 1.0, "when": {"kernel": ["rbf"]}}
    assert read_parameter("svc__gamma", given).when == {"svc__kernel": ["rbf"]}
    assert read_parameter("gamma", given).when == {"kernel": ["rbf"]}


def test_what_is_read_is_taken_again() -> None:
    parameter = of_choices([1])
    assert read_parameter("a", parameter) is parameter
    assert isinstance(parameter, SearchedParameter)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("abc", "must be a list of values"),
        (3, "must be a list of values"),
        ([], "no values"),
        ({"type": "float", "low": 2, "high": 1}, "low 2.0 must be below high 1.0"),
        ({"low": 2}, "type"),
        (ConfigSpace.NormalFloatHyperparameter("a", 0, 1, lower=-1, upper=1), "NormalFloatHyperparameter"),
    ],
    ids=str,
)
def test_anything_else_is_one_line_that_names_the_parameter(given: Any, reason: str) -> None:
    with pytest.raises(DistributionError, match="a__b") as caught:
        read_parameter("a__b", given)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("given", [norm(0, 1), poisson(3)], ids=["norm", "poisson"])
def test_what_a_distribution_hardly_ever_draws_is_not_among_its_values(given: Any) -> None:
    parameter = read_parameter("a", given)
    assert parameter.find(47) is None
    ends = parameter.at(0.0), parameter.at(1.0)
    assert ends == (pytest.approx(given.ppf(1e-3), abs=1e-5), pytest.approx(given.ppf(1 - 1e-3), abs=1e-5))
    assert all(parameter.find(one) is not None for one in ends)


class Shared(FunctionTransformer):
    """Transformer of the same name as another."""


Another = type("Shared", (FunctionTransformer,), {"__module__": "elsewhere"})


@pytest.mark.parametrize(
    "values",
    [
        [ColumnTransformer([(f"step {at}", SimpleImputer(fill_value=at == one), [at]) for at in range(30)])
         for one in range(10, 13)],
        [FunctionTransformer(kw_args={"mask": np.arange(3000) == one}) for one in range(1400, 1403)],
        [pd.DataFrame({"a": np.arange(300) == one}) for one in range(150, 153)],
        [Shared(), Another()],
        [[np.arange(3000) == one] for one in range(1400, 1403)],
    ],
    ids=["parts", "arrays", "tables", "classes", "lists"],
)  # fmt: skip
def test_values_that_look_alike_in_short_are_all_tried(values: list[Any]) -> None:
    parameter = read_parameter("a", values)
    assert parameter.n_values == len(values)
    found = [parameter.at(float(parameter.find(one) or 0)) for one in values]
    assert all(one is other for one, other in zip(found, values, strict=True))
