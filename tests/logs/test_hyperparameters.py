from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foretune.logs.hyperparameters import (
    choose_config_ids,
    derive_config_ids,
    tidy_hyperparameter,
    useful_hyperparameters,
)

NAN = float("nan")


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([1, 2, None], [1.0, 2.0, NAN]),
        (["1", "2.50", ""], [1.0, 2.5, NAN]),
        (["1e-3", "NaN", "NA"], [0.001, NAN, NAN]),
        (["rbf", "", " poly"], ["rbf", NAN, "poly"]),
        # None is a value in a log of text, a missing one in a table of Python's
        (["3.0", "None", "10"], ["3", "None", "10"]),
        ([3, "sqrt", None], ["3", "sqrt", NAN]),
        ([0.5, float("inf"), NAN], ["0.5", "inf", NAN]),
        ([1.0, 1e300], ["1", "1e+300"]),
        ([True, False, None], ["True", "False", NAN]),
        ([True, False], ["True", "False"]),
        ([[10, 5], np.array([3]), None], ["[10, 5]", "[3]", NAN]),
        ([None, None], [NAN, NAN]),
        ([-0.0, 0.0], [0.0, 0.0]),
    ],
)
def test_values_are_numbers_texts_or_both(cells: list[object], expected: list[object]) -> None:
    tidy = tidy_hyperparameter(pd.Series(cells))
    pd.testing.assert_series_equal(tidy, pd.Series(expected), check_dtype=False)


def test_a_category_is_read_as_what_it_holds() -> None:
    assert tidy_hyperparameter(pd.Series([1, 2, 1]).astype("category")).tolist() == [1, 2, 1]
    assert tidy_hyperparameter(pd.Series(["a", "b"]).astype("category")).tolist() == ["a", "b"]


def _ids(learners: list[str], **columns: list[object]) -> list[str]:
    values = pd.DataFrame({name: tidy_hyperparameter(pd.Series(cells)) for name, cells in columns.items()})
    return derive_config_ids(pd.Series(learners, dtype="str"), values).tolist()


def test_the_identity_does_not_depend_on_what_else_is_in_the_log() -> None:
    (alone,) = _ids(["svm"], param_C=[1])
    same = _ids(["svm", "svm", "forest"], param_C=["1.0", 1 + 1e-15, NAN], param_depth=["", None, 3])
    assert same[:2] == [alone, alone]
    assert _ids(["svm"], param_C=["1", "None"][:1]) == [alone]
    others = _ids(["svm", "forest", "svm"], param_C=[2, 1, 1], param_D=[NAN, NAN, 1])
    assert len({alone, *others}) == 4
    # A name and a value cannot be mistaken for others
    assert _ids(["a"], param_b=['x"\n'], param_c=["y"]) != _ids(["a"], param_b=["x"], param_c=['y"\n'])


def test_given_identities_are_kept_if_they_mean_the_same(caplog: pytest.LogCaptureFixture) -> None:
    tasks = pd.Series(["t0", "t0", "t1", "t1"])
    derived = pd.Series(["A", "B", "A", "B"])
    given = pd.Series(["1", "2", "1", "2"])
    assert choose_config_ids("log", tasks, None, derived) is derived
    assert choose_config_ids("log", tasks, given, derived) is given
    # More than the hyperparameters tell: two configurations on one task
    told = pd.Series(["A", "A", "A", "A"])
    assert choose_config_ids("log", tasks, given, told) is given
    assert not caplog.records
    numbered = pd.Series(["1", "1", "2", "3"])
    assert choose_config_ids("log", tasks, numbered, derived) is derived
    assert "config_id stands for different configurations ('1')" in caplog.text
    of_runs = pd.Series(["1", "2", "3", "4"])
    assert choose_config_ids("log", tasks, of_runs, derived) is derived
    assert "one configuration has several config_ids, each on other tasks" in caplog.text


def test_what_tells_nothing_is_dropped_and_said(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    values = pd.DataFrame(
        {
            "param_constant": [1.0] * 6,
            "param_missing": [NAN] * 6,
            "param_active": [1.0, 1.0, NAN, NAN, NAN, NAN],
            "param_name": list("abcdef"),
            "param_mixed": ["1", "2", "3", "4", "5", "None"],
        }
    )
    assert useful_hyperparameters("log", values, max_categories=5) == ["param_active", "param_mixed"]
    assert (
        "2 hyperparameters without two different values dropped: 'param_constant', 'param_mi" in caplog.text
    )
    assert "param_name holds 6 different texts, more than logs.max_categories = 5" in caplog.text


def test_a_decimal_comma_after_a_zero_makes_a_number_and_a_list_of_two_stays_a_text() -> None:
    assert tidy_hyperparameter(pd.Series(["0,010", "1,000"])).tolist() == [0.01, 1.0]
    assert tidy_hyperparameter(pd.Series(["10,20", "5,5"])).tolist() == ["10,20", "5,5"]
