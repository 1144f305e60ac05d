"""LightGBM with early stopping, by hand and by the searches."""

from __future__ import annotations

import numpy as np
import pytest

from large.case import Case, Fitted
from large.metrics import METRICS
from large.rounds import HAND_RULE, fit_hand_rule, predict_booster, split_case, stop_early
from large.searches import SPACE, draw_params, fit_optuna, fit_random_trials, fit_randomized_search
from large.tables import SplitTable

METRIC_OF = {"two": "roc_auc", "three": "log_loss", "numbers": "mae"}


@pytest.fixture(params=sorted(METRIC_OF))
def case(request: pytest.FixtureRequest, tables: dict[str, SplitTable]) -> Case:
    return Case(tables[request.param], METRICS[METRIC_OF[request.param]], 0)


def _loss(case: Case, fitted: Fitted) -> float:
    return case.metric.loss(case.table.y_test, fitted.predict(case.table.X_test))


@pytest.mark.quick("two")
def test_the_rounds_are_those_of_the_best_loss(case: Case) -> None:
    parts = split_case(case)
    stopped = stop_early(case, parts, HAND_RULE)
    if case.metric.name == "roc_auc":
        # LightGBM's own area differs in nothing for two classes
        assert case.name_in(case.metric.lightgbm) == "auc"
    losses = [
        case.metric.loss(
            parts.y_valid, predict_booster(stopped.booster, parts.X_valid, case.table.n_classes, n_rounds)
        )
        for n_rounds in range(1, stopped.booster.current_iteration() + 1)
    ]
    assert stopped.loss == pytest.approx(min(losses))
    assert stopped.n_rounds == int(np.argmin(np.round(losses, 12))) + 1


def test_the_hand_rule_fits_as_many_rounds_to_all_rows(case: Case) -> None:
    stopped = stop_early(case, split_case(case), HAND_RULE)
    fitted = fit_hand_rule(case)
    assert fitted.details == {"params": HAND_RULE, "n_rounds": stopped.n_rounds}
    assert np.isfinite(_loss(case, fitted))


@pytest.mark.quick("two")
def test_random_trials_keep_the_best_loss_on_the_test_part(case: Case) -> None:
    fitted = fit_random_trials(case, 3, max_rounds=40)
    assert set(fitted.details["params"]) == set(SPACE)
    # The winner's own is among them
    assert 0 < fitted.details["best_test_loss"] <= _loss(case, fitted)
    assert fit_random_trials(case, 3, max_rounds=40).details == fitted.details


@pytest.mark.quick("two")
def test_searches_are_reproducible_and_fit_their_winner(case: Case) -> None:
    for search in (fit_randomized_search, fit_optuna):
        fitted = search(case, n_trials=2, max_rounds=20)
        assert fitted.details["n_trials"] == 2
        assert 1 <= fitted.details["n_rounds"] <= 20
        assert _loss(case, search(case, n_trials=2, max_rounds=20)) == _loss(case, fitted)


def test_optuna_stops_by_time(tables: dict[str, SplitTable]) -> None:
    case = Case(tables["numbers"], METRICS["rmse"], 0)
    assert fit_optuna(case, max_time=0.01, max_rounds=2).details["n_trials"] >= 1


def test_draws_are_within_the_space() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        params = draw_params(rng)
        assert 0.01 <= params["learning_rate"] <= 0.2
        assert 4 <= params["num_leaves"] <= 256
