from __future__ import annotations

import pytest

from foretune.learners.early_stopping import EarlyStopping
from foretune.meta_model.provenance import Provenance
from foretune.recommendation.core.boosting_rounds import merge_rounds, open_rounds, with_typical_rounds
from foretune.recommendation.core.candidates import Candidates
from foretune.spaces import DEFAULT, Configuration


def test_the_candidate_with_most_rounds_stands_for_all() -> None:
    default = Configuration("xgboost", {"n_estimators": 100}, DEFAULT)
    few, most = (Configuration("xgboost", {"n_estimators": n, "max_depth": 2}) for n in (10, 130))
    bare = Configuration("xgboost", {"max_depth": 2})
    free = Configuration("xgboost", {"n_estimators": 9})
    forests = [Configuration("random_forest", {"n_estimators": n}) for n in (5, 6)]
    unknown = Configuration("from_a_log", {"n_estimators": 3})
    given = Candidates((default, few, forests[0], most, bare, free, forests[1], unknown), 1, {"why": 2})
    merged = merge_rounds(given)
    assert merged.configurations == (default, most, forests[0], free, forests[1], unknown)
    assert (merged.n_defaults, merged.infeasible) == (1, {"why": 2})
    assert merge_rounds(merged) == merged


def test_a_library_default_stays_what_it_is() -> None:
    default = Configuration("xgboost", {"n_estimators": 100}, DEFAULT)
    assert open_rounds(default) is default
    assert open_rounds(Configuration("xgboost", {"n_estimators": 100})).params == {}


FAST = Configuration("xgboost", {"learning_rate": 0.3, "max_depth": 2})
SLOW = Configuration("xgboost", {"learning_rate": 0.02, "max_depth": 5})
OTHER = Configuration("lightgbm", {"learning_rate": 0.1})
DEFAULTS = Configuration("xgboost", {"n_estimators": 100}, DEFAULT)
STOPPED = Provenance(
    {one.config_id: one for one in (FAST, SLOW, OTHER, DEFAULTS)},
    early_stopping=EarlyStopping(max_rounds=900),
    typical_rounds={FAST.config_id: 11, SLOW.config_id: 135, OTHER.config_id: 7},
)


@pytest.mark.parametrize(
    ("one", "n_rounds"),
    [
        (FAST, 11),
        (SLOW, 135),
        # The products are 3.3 and 2.7
        (Configuration("xgboost", {"learning_rate": 0.1}), 30),
        (Configuration("xgboost", {"learning_rate": 0.001}), 900),
        (Configuration("xgboost", {"learning_rate": 50.0}), 1),
        (DEFAULTS, 100),
        (Configuration("xgboost", {"learning_rate": 0.1, "n_estimators": 5}), 5),
    ],
)
def test_open_rounds_become_the_usual_ones(one: Configuration, n_rounds: int) -> None:
    filled = with_typical_rounds(one, STOPPED)
    assert filled.params == {**one.params, "n_estimators": n_rounds}


def test_the_usual_rounds_of_a_configuration_do_not_depend_on_its_name() -> None:
    named = Provenance({"a": SLOW, SLOW.config_id: FAST}, typical_rounds={"a": 70, SLOW.config_id: 11})
    assert with_typical_rounds(SLOW, named).params["n_estimators"] == 70
    assert with_typical_rounds(FAST, named).params["n_estimators"] == 11


@pytest.mark.parametrize(
    "one",
    [
        Configuration("catboost", {"learning_rate": 0.1}),
        Configuration("xgboost", {"max_depth": 2}),
        Configuration("random_forest", {"learning_rate": 0.1}),
        Configuration("from_a_log", {"learning_rate": 0.1}),
    ],
)
def test_what_is_not_known_stays_open(one: Configuration) -> None:
    assert with_typical_rounds(one, STOPPED) is one


def test_a_memory_without_early_stopping_knows_no_usual_rounds() -> None:
    assert with_typical_rounds(SLOW, Provenance({SLOW.config_id: SLOW})) is SLOW
