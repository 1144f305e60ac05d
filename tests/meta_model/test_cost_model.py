"""Seconds of fits: monotone, for tables of any size, as JSON, and nothing but sensible numbers."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from foretune.meta_model.cost_model import (
    UNKNOWN,
    CostModel,
    LearnerCost,
    base_and_growth,
    costs_to_json,
    read_costs,
)
from foretune.meta_model.manifest import ArtifactError
from foretune.spaces.configuration import Configuration

COST = LearnerCost(overhead=0.01, rate=1e-7, exponent=0.7, row_exponent=0.9, spread=0.5, n_fits=100)
MODEL = CostModel(learners={"xgboost": COST})


@given(
    st.integers(1, 10**8), st.integers(1, 10**8), st.integers(1, 10**5), st.sampled_from(["xgboost", "mine"])
)
def test_more_rows_take_no_less_time_however_large_the_table(
    few: int, many: int, n_columns: int, learner: str
) -> None:
    few, many = sorted((few, many))
    configuration = Configuration(learner, {"n_estimators": 50})
    seconds = [MODEL.predict(configuration, n, n_columns, 3) for n in (few, many)]
    assert 0 < seconds[0] <= seconds[1] < math.inf
    assert seconds[0] <= MODEL.predict(configuration, few, n_columns + 1, 3)


def test_large_tables_take_as_much_longer_as_the_exponent_says() -> None:
    configuration = Configuration("xgboost", {"max_depth": 3})
    growth = [base_and_growth(configuration, n, 10)[1] for n in (1_000, 1_000_000)]
    seconds = [MODEL.predict(configuration, n, 10) - COST.overhead for n in (1_000, 1_000_000)]
    assert seconds[1] / seconds[0] == pytest.approx((growth[1] / growth[0]) ** 0.9)


def test_a_learner_without_trials_has_the_cost_of_others() -> None:
    assert not MODEL.knows("mine")
    assert MODEL.knows("xgboost")
    assert MODEL.cost_of("mine") is MODEL.other
    assert MODEL.other == UNKNOWN


def test_it_survives_json() -> None:
    assert CostModel.model_validate(json.loads(json.dumps(MODEL.model_dump()))) == MODEL
    assert CostModel.model_validate_json(MODEL.model_dump_json()) == MODEL


@pytest.mark.parametrize(
    "wrong",
    [
        {"rate": 0.0},
        {"rate": -1.0},
        {"rate": math.nan},
        {"overhead": math.inf},
        {"overhead": -0.1},
        {"exponent": -1.0},
        {"row_exponent": 9.0},
        {"spread": -1.0},
        {"n_fits": -1},
        {"surprise": 1},
        {"rate": "fast"},
    ],
)
def test_nonsense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CostModel.model_validate({"learners": {"xgboost": {**COST.model_dump(), **wrong}}})


def test_a_learner_has_a_name() -> None:
    with pytest.raises(ValidationError, match="no name"):
        CostModel(learners={"": COST})


def test_a_file_of_costs_is_read_or_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "learner_costs.json"
    path.write_text(json.dumps(costs_to_json({"regression": MODEL})))
    assert read_costs(path) == {"regression": MODEL}
    for text in ("[1]", "{", "3", '{"regression": {"learners": {"svm": {"rate": 0}}}}'):
        path.write_text(text)
        with pytest.raises(ArtifactError) as caught:
            read_costs(path)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)
