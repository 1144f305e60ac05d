from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
import scikit_posthocs
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import friedmanchisquare
from tests.evaluation.regrets import make_regret

from foretune.evaluation.parameters import EvaluationParameters
from foretune.evaluation.statistics.ranks import (
    FRIEDMAN_COLUMNS,
    RANK_COLUMNS,
    critical_difference,
    find_cliques,
    letter_cliques,
    rank_by_family,
)

PARAMETERS = EvaluationParameters()


@pytest.mark.parametrize(("n_methods", "q"), [(2, 1.960), (3, 2.343), (4, 2.569), (5, 2.728), (10, 3.164)])
def test_quantiles_are_those_of_demsars_table(n_methods: int, q: float) -> None:
    difference = critical_difference(n_methods, 20, 0.05)
    assert difference == pytest.approx(q * np.sqrt(n_methods * (n_methods + 1) / 120), rel=5e-4)


def test_every_column_of_a_known_case() -> None:
    regrets = {
        "foretune": {3: [0.1, 0.1, 0.1, 0.4]},
        "other": {3: [0.2, 0.2, 0.1, 0.2]},
        "third": {3: [0.3, 0.3, 0.3, 0.3]},
    }
    friedman, ranks = rank_by_family(make_regret(regrets), PARAMETERS)
    assert friedman.columns.tolist() == FRIEDMAN_COLUMNS
    assert ranks.columns.tolist() == RANK_COLUMNS
    (test,) = friedman.to_dict("records")
    assert (test["n_trials"], test["n_units"], test["n_methods"]) == (3, 4, 3)
    expected = friedmanchisquare(*(by_trials[3] for by_trials in regrets.values()))
    assert test["statistic"] == pytest.approx(expected.statistic)
    assert test["p_value"] == pytest.approx(expected.pvalue)
    assert ranks["method"].tolist() == ["foretune", "other", "third"]
    # Ranks of foretune: 1, 1, 1.5, 3; of other: 2, 2, 1.5, 1
    assert ranks["mean_rank"].tolist() == pytest.approx([6.5 / 4, 6.5 / 4, 11 / 4])
    assert ranks["letters"].tolist() == ["a", "a", "a"]


def test_copies_in_a_family_are_one_unit() -> None:
    regrets = {"foretune": {1: [0.1, 0.2, 0.3]}, "b": {1: [0.2, 0.3, 0.4]}, "c": {1: [0.3, 0.4, 0.2]}}
    thrice = {method: {1: by_trials[1] * 3} for method, by_trials in regrets.items()}
    once = rank_by_family(make_regret(regrets, ["x", "y", "z"]), PARAMETERS)
    copied = rank_by_family(make_regret(thrice, ["x", "y", "z"] * 3), PARAMETERS)
    for one, other in zip(once, copied, strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_identical_methods_do_not_differ() -> None:
    regrets = {method: {1: [0.1, 0.2, 0.3]} for method in ("a", "b", "c")}
    friedman, ranks = rank_by_family(make_regret(regrets), PARAMETERS)
    assert friedman["p_value"].tolist() == [1]
    assert friedman["statistic"].tolist() == [0]
    assert ranks["mean_rank"].tolist() == [2, 2, 2]
    assert ranks["letters"].tolist() == ["a", "a", "a"]


@pytest.mark.parametrize("names", [["a", "b"], ["a", "b", "c"]])
def test_too_little_to_test_is_missing(names: list[str]) -> None:
    friedman, ranks = rank_by_family(make_regret({name: {1: [0.1]} for name in names}), PARAMETERS)
    assert friedman[["statistic", "p_value", "critical_difference"]].isna().all(axis=None)
    assert ranks["letters"].tolist() == [""] * len(names)


def test_nothing_to_rank_gives_empty_tables() -> None:
    regret = make_regret({"a": {1: [0.1]}})
    friedman, ranks = rank_by_family(regret, EvaluationParameters(claims_on=("elsewhere",)))
    assert (friedman.columns.tolist(), ranks.columns.tolist()) == (FRIEDMAN_COLUMNS, RANK_COLUMNS)
    assert len(friedman) == len(ranks) == 0


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 6), st.integers(3, 12))
def test_cliques_are_the_pairs_that_nemenyi_does_not_tell_apart(
    seed: int, n_methods: int, n_tasks: int
) -> None:
    rng = np.random.default_rng(seed)
    values = (rng.uniform(size=(n_methods, n_tasks)) + np.linspace(0, 1.5, n_methods)[:, None]).round(2)
    regret = make_regret({f"m{at}": {1: list(row)} for at, row in enumerate(values)})
    _, ranks = rank_by_family(regret, PARAMETERS)
    p_values = scikit_posthocs.posthoc_nemenyi_friedman(
        pd.DataFrame(values.T, columns=[f"m{at}" for at in range(n_methods)])
    )
    letters = ranks.set_index("method")["letters"]
    for one, other in itertools.combinations(letters.index, 2):
        assert bool(set(letters[one]) & set(letters[other])) == (p_values.loc[one, other] > 0.05)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1_000))
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    regrets = {"a": {1: [0.1, 0.5, 0.2]}, "b": {1: [0.3, 0.2, 0.4]}, "c": {1: [0.2, 0.6, 0.3]}}
    regret = make_regret(regrets)
    shuffled = regret.sample(frac=1, random_state=seed)
    for one, other in zip(
        rank_by_family(regret, PARAMETERS), rank_by_family(shuffled, PARAMETERS), strict=True
    ):
        pd.testing.assert_frame_equal(one, other)


def test_cliques_overlap_but_none_is_inside_another() -> None:
    assert find_cliques([1.0, 1.5, 2.4, 2.6, 4.0], 1.2) == [(0, 1), (1, 3)]
    assert find_cliques([1.0, 2.0, 3.0], 0.5) == []
    assert letter_cliques([1.0, 1.5, 2.4, 2.6, 4.0], 1.2) == ["a", "ab", "b", "b", "c"]
    assert letter_cliques([1.0, 2.0], float("nan")) == ["", ""]
