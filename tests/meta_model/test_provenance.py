from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from foretune.learners.early_stopping import EarlyStopping
from foretune.learners.parameters import PreprocessingParameters
from foretune.meta_model.cost_model import UNKNOWN, CostModel
from foretune.meta_model.provenance import (
    NO_LEARNER,
    Provenance,
    find_splits,
    find_typical_rounds,
    read_configurations,
    tabulate_configurations,
)
from foretune.spaces.configuration import DEFAULT, Configuration
from foretune.spaces.hyperparameters import LearnerSpace

SPACE = LearnerSpace.model_validate(
    {"shared": {"C": {"type": "float", "low": 0.01, "high": 100, "log": True}}}
)
CONFIGURATIONS = {
    "a": Configuration("svm", {"C": 1.0, "class_weight": None}, DEFAULT),
    "b": Configuration("linear", {"C": 2}, "sobol"),
}


def test_it_comes_back_from_json_as_it_was() -> None:
    preprocessing = PreprocessingParameters(max_categories=7)
    provenance = Provenance(
        CONFIGURATIONS, "accuracy", {"svm": SPACE}, {"random_state": 3}, preprocessing, n_folds=4
    )
    text = json.dumps(provenance.to_json(), allow_nan=False)
    assert Provenance.from_json(json.loads(text)) == provenance
    # Memories from before there was a choice are written as they were
    assert provenance.to_json()["preprocessing"] == {"max_categories": 7}
    by_learner = PreprocessingParameters(by_learner=True, many_categories="target")
    given = Provenance(CONFIGURATIONS, preprocessing=by_learner)
    assert Provenance.from_json(json.loads(json.dumps(given.to_json()))) == given
    bare = Provenance(CONFIGURATIONS)
    assert Provenance.from_json(json.loads(json.dumps(bare.to_json()))) == bare
    assert (bare.score, bare.spaces, bare.metafeature_settings) == (None, {}, None)
    assert (bare.preprocessing, bare.n_folds) == (None, None)


def test_costs_are_optional() -> None:
    without = Provenance(CONFIGURATIONS)
    assert "costs" not in without.to_json()
    costs = CostModel(learners={"svm": UNKNOWN})
    told = Provenance(CONFIGURATIONS, costs=costs)
    assert Provenance.from_json(json.loads(json.dumps(told.to_json()))) == told
    with pytest.raises(ValidationError):
        Provenance.from_json({**told.to_json(), "costs": {"learners": {"svm": {}}}})


def test_early_stopping_is_optional() -> None:
    assert "early_stopping" not in Provenance(CONFIGURATIONS).to_json()
    told = Provenance(CONFIGURATIONS, early_stopping=EarlyStopping(7, 99))
    assert Provenance.from_json(json.loads(json.dumps(told.to_json()))) == told
    for wrong in ({"patience": 0}, {"patience": 3, "rounds": 9}, 7):
        with pytest.raises((ValidationError, ValueError)):
            Provenance.from_json({**told.to_json(), "early_stopping": wrong})


def test_usual_rounds_are_optional() -> None:
    known = Provenance(CONFIGURATIONS, typical_rounds={"b": 12})
    assert Provenance.from_json(json.loads(json.dumps(known.to_json()))) == known
    assert "typical_rounds" not in Provenance(CONFIGURATIONS).to_json()
    with pytest.raises(ValidationError):
        Provenance.from_json({**known.to_json(), "typical_rounds": {"b": 0}})


def test_usual_rounds_are_the_median_of_the_trials() -> None:
    trials = pd.DataFrame({"config_id": ["a", "b", "b", "b", "c"], "n_rounds": [None, 3, 40, 9, 2]})
    assert find_typical_rounds(trials) == {"b": 9, "c": 2}
    assert find_typical_rounds(trials.astype({"n_rounds": "Int64"})) == {"b": 9, "c": 2}
    assert find_typical_rounds(trials[["config_id"]]) == {}


@pytest.mark.parametrize(
    "part", ["configurations", "score", "spaces", "metafeature_settings", "preprocessing", "n_folds"]
)
def test_a_missing_part_is_an_error(part: str) -> None:
    values = Provenance(CONFIGURATIONS).to_json()
    del values[part]
    with pytest.raises(ValidationError, match=rf"{part}\n +Field required"):
        Provenance.from_json(values)


@pytest.mark.parametrize(
    ("part", "wrong"),
    [
        ("configurations", {}),
        ("configurations", {"a": ["svm", "sobol"]}),
        ("configurations", {"a": ["svm", "sobol", {"C": [[1.0]]}]}),
        ("spaces", {"svm": {"shared": {"C": {"type": "float", "low": 1, "high": 0}}}}),
        ("metafeature_settings", {"random_state": -1}),
        ("metafeature_settings", {"module": "os"}),
        ("preprocessing", {"max_categories": 10**9}),
        ("n_folds", 1),
    ],
)
def test_a_part_of_another_kind_is_an_error(part: str, wrong: object) -> None:
    values = Provenance(CONFIGURATIONS).to_json()
    with pytest.raises(ValidationError, match=part):
        Provenance.from_json({**values, part: wrong})


def test_values_keep_their_types() -> None:
    params = {"a": 1, "b": 1.0, "c": True, "d": None, "e": "1", "f": float("inf")}
    text = json.dumps(Provenance({"x": Configuration("svm", params)}).to_json())
    read = Provenance.from_json(json.loads(text)).configurations["x"].params
    assert read == params
    assert [type(value) for value in read.values()] == [type(value) for value in params.values()]


def test_learners_are_listed_once_and_sorted() -> None:
    more = CONFIGURATIONS | {"c": Configuration("svm", {"C": 3.0})}
    assert Provenance(more).learners == ["linear", "svm"]


def test_configurations_are_read_off_the_parameters_of_trials() -> None:
    trials = pd.DataFrame(
        {
            "config_id": ["b", "a", "b"],
            "learner": ["linear", "svm", "linear"],
            "strategy": ["sobol", "default", "sobol"],
            "params": ['{"C": 2}', '{"C": 1.0, "class_weight": null}', '{"C": 2}'],
        }
    )
    assert read_configurations(trials) == CONFIGURATIONS
    assert list(read_configurations(trials)) == ["a", "b"]


def test_without_json_they_are_read_off_the_columns() -> None:
    trials = pd.DataFrame(
        {
            "config_id": ["a", "b"],
            "param_C": np.array([1.0, 2.5]),
            "param_kernel": ["rbf", None],
            "param_depth": [np.nan, 3.0],
        }
    )
    read = read_configurations(trials)
    assert read["a"] == Configuration(NO_LEARNER, {"C": 1, "kernel": "rbf"}, "given")
    assert read["b"].params == {"C": 2.5, "depth": 3}
    assert [type(read[name].params["C"]) for name in "ab"] == [int, float]


def test_configurations_become_columns_for_an_encoder() -> None:
    table = tabulate_configurations([CONFIGURATIONS["b"], Configuration(NO_LEARNER, {"depth": 3})])
    assert table["learner"].tolist()[0] == "linear"
    assert pd.isna(table["learner"].iloc[1])
    assert table["param_C"].tolist()[0] == 2
    assert table["param_depth"].iloc[1] == 3
    assert "learner" not in tabulate_configurations([Configuration(NO_LEARNER, {"depth": 3})])
    assert len(tabulate_configurations([Configuration(NO_LEARNER, {})] * 2)) == 2


def test_splits_are_optional_and_come_from_the_catalogue() -> None:
    assert "splits" not in Provenance(CONFIGURATIONS).to_json()
    told = Provenance(CONFIGURATIONS, splits={"visits": "groups", "sales": "time"})
    assert Provenance.from_json(json.loads(json.dumps(told.to_json()))) == told
    with pytest.raises(ValidationError):
        Provenance.from_json({**told.to_json(), "splits": {"visits": "rooms"}})
    catalogue = pd.DataFrame(
        {
            "task_id": ["visits", "sales", "iris"],
            "groups": ["patient", None, None],
            "time": [None, "day", None],
        }
    )
    assert find_splits(catalogue) == told.splits
    # That of a log, or of an earlier run
    assert find_splits(catalogue[["task_id"]]) == {}
