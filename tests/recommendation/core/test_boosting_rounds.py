from __future__ import annotations

from foretune.recommendation.core.boosting_rounds import merge_rounds, open_rounds
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
