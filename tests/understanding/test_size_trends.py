from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from foretune.understanding.figures import plot_size_trends
from foretune.understanding.parameters import UnderstandingParameters
from foretune.understanding.size_trends import BEST_COLUMNS, TREND_COLUMNS, study_sizes

SIZES = (1_000, 4_000, 16_000)


@pytest.fixture
def design() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "param_learning_rate": 10 ** rng.uniform(-3, 0, 200),
            "param_subsample": rng.uniform(0.5, 1, 200),
            "param_grow_policy": rng.choice(["depth", "loss"], 200),
        }
    )


def surface(configurations: pd.DataFrame, n_rows: float) -> pd.Series:
    """Best at a rate of a tenth at 1,000 rows, a third of it with ten times the rows, whatever the rest."""
    best = 0.1 * (1 / 3) ** np.log10(n_rows / 1_000)
    distance = np.log10(configurations["param_learning_rate"]) - np.log10(best)
    return pd.Series(-(distance**2))


@pytest.fixture
def table(make_table: Callable[..., pd.DataFrame], design: pd.DataFrame) -> pd.DataFrame:
    sizes = {f"table{number}@{size}": float(size) for number in range(6) for size in SIZES}
    made = make_table(design, surface, qualities=sizes | {"small": 300.0}, learner="lightgbm")
    return made.assign(n_rows=made["task_id"].map(sizes | {"small": 300.0}))


def test_a_trend_within_tables_is_found_and_others_are_not(
    table: pd.DataFrame, parameters: UnderstandingParameters
) -> None:
    best, trends = study_sizes(table, parameters, seed=0)
    assert list(best.columns) == BEST_COLUMNS
    # A table of one size tells nothing
    assert set(best["table"]) == {f"table{number}" for number in range(6)}
    assert set(trends["hyperparameter"]) == {"learning_rate", "subsample"}
    found = trends.set_index("hyperparameter")
    rate = found.loc["learning_rate"]
    assert rate["is_log"]
    assert rate["per_tenfold"] == pytest.approx(1 / 3, rel=0.15)
    assert rate["ci_high"] < 0.5
    assert (rate["n_tables"], rate["share_rising"]) == (6, 0)
    assert abs(found.loc["subsample", "per_tenfold"]) < 0.1


def test_the_same_seed_gives_the_same_intervals(
    table: pd.DataFrame, parameters: UnderstandingParameters
) -> None:
    pd.testing.assert_frame_equal(study_sizes(table, parameters, 1)[1], study_sizes(table, parameters, 1)[1])


def test_without_samples_both_tables_are_empty(
    table: pd.DataFrame, parameters: UnderstandingParameters
) -> None:
    for given, how in (
        (table[table["task_id"] == "small"], parameters),
        (table, parameters.model_copy(update={"parts": ("shap",)})),
    ):
        best, trends = study_sizes(given, how, seed=0)
        assert (list(best.columns), list(trends.columns)) == (BEST_COLUMNS, TREND_COLUMNS)
        assert best.empty
        assert trends.empty
        assert len(plot_size_trends(best, trends).data) == 0


def test_the_figure_has_a_line_per_table_and_the_trend(
    table: pd.DataFrame, parameters: UnderstandingParameters
) -> None:
    best, trends = study_sizes(table, parameters, seed=0)
    figure = plot_size_trends(best, trends)
    assert len(figure.data) == 2 * (6 + 1)
    assert [one.text for one in figure.layout.annotations][:2] == ["learning_rate", "subsample"]
    trend = figure.data[6]
    assert trend.y[0] > 5 * trend.y[-1] / 2
