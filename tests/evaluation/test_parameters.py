from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from kedro.config import OmegaConfigLoader
from pydantic import ValidationError

from foretune.evaluation.parameters import DEFAULT_METHODS, EvaluationParameters

CONF = Path(__file__).parents[2] / "conf"


def parameters_of(environment: str) -> EvaluationParameters:
    loader = OmegaConfigLoader(
        str(CONF), env=environment, base_env="base", merge_strategy={"parameters": "soft"}
    )
    return EvaluationParameters(**loader["parameters"]["evaluation"])


@pytest.mark.parametrize("environment", ["full", "memory", "logs"])
def test_whoever_has_time_compares_every_method(environment: str) -> None:
    whole = parameters_of(environment)
    assert set(whole.methods) == set(DEFAULT_METHODS)
    assert whole.n_seeds == EvaluationParameters().n_seeds


def test_the_default_run_compares_what_the_advice_needs() -> None:
    quick = parameters_of("base")
    assert set(quick.methods) < set(DEFAULT_METHODS)
    # Its own search, what it is compared with first, and the control by which metafeatures are judged
    needed = {"foretune", "foretune_timed", "greedy_portfolio", "random_search", "library_default"}
    assert {*needed, "optuna_tpe", "no_metafeatures"} <= set(quick.methods)


def test_the_defaults_are_the_protocol() -> None:
    parameters = EvaluationParameters()
    assert parameters.n_trials == (1, 2, 3, 5, 10, 20, 50)
    assert parameters.n_seeds == 5
    assert list(parameters.times) == [1, 2, 5, 10, 20]
    assert not EvaluationParameters(times=()).times
    assert parameters.size_classes == (1_000, 4_000, 20_000)
    assert not EvaluationParameters(size_classes=()).size_classes
    assert {"foretune", "random_search", "greedy_portfolio"} <= set(parameters.methods)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"methods": ["random_search", "magic"]}, "magic"),
        ({"methods": ["random_search", "random_search"]}, "distinct"),
        ({"methods": []}, "at least 1"),
        ({"n_trials": [5, 1]}, "larger than the one before"),
        ({"n_trials": [0, 1]}, "from 1 on"),
        ({"n_neighbours": [5, 5]}, "larger than the one before"),
        ({"size_classes": [4_000, 1_000]}, "larger than the one before"),
        ({"size_classes": [0, 1_000]}, "from 1 on"),
        ({"size_classes": [1_000.5]}, "integer"),
        ({"times": [2, 1]}, "larger than the one before"),
        ({"times": [0, 1]}, "numbers above 0"),
        ({"times": [float("nan")]}, "finite"),
        ({"times": [1, float("inf")]}, "finite"),
        ({"times": [1, 1e7]}, "up to 1,000,000"),
        ({"n_seeds": 0}, "greater than or equal to 1"),
        ({"confidence_level": 95}, "less than 1"),
        ({"n_trails": [1]}, "n_trails"),
    ],
)
def test_a_wrong_value_is_named(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        EvaluationParameters(**values)


def test_reading_parameters_imports_nothing_heavy() -> None:
    code = (
        "import sys, foretune.evaluation.parameters;"
        "heavy = {'numpy', 'pandas', 'scipy', 'sklearn', 'xgboost', 'plotly', 'joblib'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
