from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import wilcoxon
from statsmodels.stats.multitest import multipletests
from tests.evaluation.regrets import make_regret

from foretune.evaluation.parameters import EvaluationParameters
from foretune.evaluation.statistics.comparisons import (
    COMPARISON_COLUMNS,
    adjust_holm,
    compare_pairs,
    signed_rank_test,
)

PARAMETERS = EvaluationParameters(n_bootstrap=200)
OURS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
WORSE = [0.2, 0.4, 0.6, 0.8, 1.0, 0.6]


def test_every_column_of_a_known_case() -> None:
    table = compare_pairs(make_regret({"foretune": {1: OURS}, "other": {1: WORSE}}), PARAMETERS, seed=0)
    assert table.columns.tolist() == COMPARISON_COLUMNS
    (row,) = table.to_dict("records")
    assert (row["method"], row["opponent"], row["n_tasks"], row["n_families"]) == ("foretune", "other", 6, 6)
    assert row["mean_difference"] == pytest.approx(-0.25)
    assert row["relative_percent"] == pytest.approx(-100 * 1.5 / 3.6)
    assert (row["wins"], row["ties"], row["losses"]) == (5, 1, 0)
    assert row["ci_low"] < -0.25 < row["ci_high"] <= 0
    assert row["rank_biserial"] == -1
    # Five of the 2^5 signs of the differences that are not 0, one side and the other
    assert row["p_value"] == pytest.approx(2 / 2**5)
    assert row["p_holm"] == row["p_value"]
    assert row["significant"] is False


def test_one_opponent_more_makes_holm_stricter() -> None:
    regrets = {"foretune": {1: OURS * 2}, "other": {1: WORSE * 2}, "third": {1: OURS * 2}}
    table = compare_pairs(make_regret(regrets), PARAMETERS, seed=0).set_index("opponent")
    assert table["p_holm"]["other"] == pytest.approx(2 * table["p_value"]["other"])
    assert table["p_holm"]["third"] == table["p_value"]["third"] == 1
    assert table["significant"].tolist() == [True, False]


def test_a_family_is_one_unit_of_the_test_but_every_task_counts_in_the_mean() -> None:
    families = ["a", "a", "a", "b", "c", "c"]
    regret = make_regret({"foretune": {1: OURS}, "other": {1: WORSE}}, families)
    (row,) = compare_pairs(regret, PARAMETERS, seed=0).to_dict("records")
    assert (row["n_tasks"], row["n_families"]) == (6, 3)
    assert row["mean_difference"] == pytest.approx(-0.25)
    # Families differ by -0.2, -0.4 and -0.25: two in eight signs are as extreme
    assert row["p_value"] == pytest.approx(2 / 2**3)


def test_without_foretune_or_without_tasks_there_is_no_row() -> None:
    regret = make_regret({"other": {1: OURS}, "third": {1: WORSE}})
    assert compare_pairs(regret, PARAMETERS, seed=0).empty
    assert compare_pairs(regret.head(0), PARAMETERS, seed=0).columns.tolist() == COMPARISON_COLUMNS


def test_an_opponent_without_regret_has_no_relative_difference() -> None:
    table = compare_pairs(make_regret({"foretune": {1: OURS}, "other": {1: [0.0] * 6}}), PARAMETERS, seed=0)
    assert np.isnan(table["relative_percent"][0])
    assert table["mean_difference"][0] > 0


def test_synthetic_tasks_are_not_compared() -> None:
    regret = make_regret({"foretune": {1: OURS}, "other": {1: WORSE}})
    made_up = regret.assign(provenance="synthetic", task_id="made up " + regret["task_id"], regret=1.0)
    pd.testing.assert_frame_equal(
        compare_pairs(pd.concat([regret, made_up]), PARAMETERS, seed=0),
        compare_pairs(regret, PARAMETERS, seed=0),
    )


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1_000))
def test_neither_the_order_of_rows_nor_the_names_of_tasks_matter(seed: int) -> None:
    regret = make_regret({name: {1: values} for name, values in {"foretune": OURS, "other": WORSE}.items()})
    shuffled = regret.sample(frac=1, random_state=seed)
    expected = compare_pairs(regret, PARAMETERS, seed=0)
    pd.testing.assert_frame_equal(compare_pairs(shuffled, PARAMETERS, seed=0), expected)
    renamed = shuffled.assign(task_id="x" + shuffled["task_id"], family="y" + shuffled["family"])
    pd.testing.assert_frame_equal(compare_pairs(renamed, PARAMETERS, seed=0), expected)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(-3, 3), min_size=1, max_size=7))
def test_the_signed_rank_test_is_scipys_and_turns_with_the_sign(differences: list[int]) -> None:
    values = np.array(differences, dtype=np.float64)
    p_value, effect = signed_rank_test(values)
    p_other, effect_other = signed_rank_test(-values)
    assert p_other == pytest.approx(p_value)
    assert effect_other == pytest.approx(-effect)
    if values.any():
        assert p_value == pytest.approx(wilcoxon(values, zero_method="pratt").pvalue)
    else:
        assert (p_value, effect) == (1, 0)


@pytest.mark.parametrize("n_units", [20, 50, 51])
def test_without_ties_it_is_scipys_for_many_units_too(n_units: int) -> None:
    values = np.random.default_rng(n_units).normal(0.3, 1, n_units)
    method = "exact" if n_units <= 50 else "approx"
    assert signed_rank_test(values)[0] == pytest.approx(wilcoxon(values, method=method).pvalue)
    if n_units > 50:
        assert signed_rank_test(values)[0] == pytest.approx(wilcoxon(values, method="exact").pvalue, rel=0.05)


def test_ties_and_zeros_of_many_units_are_near_the_approximation() -> None:
    values = np.random.default_rng(0).normal(0.3, 1, 45).round(1)
    assert (values == 0).any()
    expected = wilcoxon(values, zero_method="pratt", method="approx").pvalue
    assert signed_rank_test(values)[0] == pytest.approx(expected, rel=0.05)


# statsmodels collects garbage in every call
@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(0, 1_000), min_size=1, max_size=20))
def test_holm_agrees_with_statsmodels(thousandths: list[int]) -> None:
    p_values = np.array(thousandths) / 1_000
    np.testing.assert_allclose(adjust_holm(p_values), multipletests(p_values, method="holm")[1], atol=1e-12)
