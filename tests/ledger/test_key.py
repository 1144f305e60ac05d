from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from foretune.ledger import EvaluationContext, trial_key
from foretune.spaces.configuration import Configuration

CONFIGURATION = Configuration("svm", {"C": 1.5, "kernel": "rbf", "class_weight": None}, "sobol")


def test_the_key_is_the_same_on_every_machine(context: EvaluationContext) -> None:
    expected = "bb301af2c3c7faf59249a87113d24c9308b9df5854e1acab86f33eb3214903f6"
    assert trial_key(replace(context, engine_version=1), CONFIGURATION) == expected


def test_keys_of_trials_without_early_stopping_are_those_of_before(context: EvaluationContext) -> None:
    context = replace(context, engine_version=1)
    assert context.digest == "9ec85685b83d1cec48b295b6fa028535f590128788c1f44fd996554ed43ebf23"
    booster = Configuration("xgboost", {"max_depth": 3})
    assert [trial_key(context, booster), trial_key(context, booster, 0.5)] == [
        "b5e482cd6abfc669c64097624d5daf1ba03c02b74e7bf67d212536c878478058",
        "b7bedbd3f603d36945354af1fa242c78ff1e1844f97c498de3eda0339c827d33",
    ]


def test_order_and_strategy_do_not_count(context: EvaluationContext) -> None:
    turned = Configuration("svm", dict(reversed(CONFIGURATION.params.items())), "optuna")
    reordered = replace(context, metrics=tuple(reversed(context.metrics)))
    assert trial_key(reordered, turned) == trial_key(context, CONFIGURATION)


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("task_hash", "b" * 64),
        ("splitter", "KFold"),
        ("n_folds", 5),
        ("fold_seed", 2),
        ("learner_seed", 1),
        ("preprocessing", {"max_categories": 10}),
        ("metrics", ("accuracy", "auc", "log_loss")),
        ("engine_version", 2**31 - 1),
        ("early_stopping", {"patience": 50, "max_rounds": 2000, "metric": "accuracy"}),
    ],
)
def test_everything_that_numbers_depend_on_counts(context: EvaluationContext, part: str, value: Any) -> None:
    changed = replace(context, **{part: value})
    assert trial_key(changed, CONFIGURATION) != trial_key(context, CONFIGURATION)


def test_learner_and_values_count(context: EvaluationContext) -> None:
    params = CONFIGURATION.params
    configurations = [
        CONFIGURATION,
        Configuration("linear", params),
        Configuration("svm", params | {"C": 2.0}),
        Configuration("svm", params | {"C": 2}),
        Configuration("svm", {"C": 1.5, "kernel": "rbf"}),
        Configuration("svm", params | {"class_weight": False}),
    ]
    assert len({trial_key(context, configuration) for configuration in configurations}) == 6


def test_a_hyperparameter_that_is_not_finite_is_refused(context: EvaluationContext) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        trial_key(context, Configuration("svm", {"C": float("nan")}))
