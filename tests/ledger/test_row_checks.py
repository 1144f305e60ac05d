from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from foretune.ledger import STATUSES, StoredTrial
from foretune.ledger.row_checks import DamagedRowError, check_row

ROUNDS = {
    "chosen": 7,
    "metric": "auc",
    "n_grown": 9,
    "best": {"auc": [0.5, 7]},
    "curve": {"auc": {"1": 0.25}},
}
MakeTrial = Callable[..., StoredTrial]


@pytest.mark.parametrize("status", STATUSES)
def test_rows_of_trials_are_right(make_trial: MakeTrial, status: str) -> None:
    row = make_trial(3, status).to_row()
    check_row(row)
    del row["config_id"]
    check_row(row)
    check_row(row | {"rounds": json.dumps(ROUNDS)})
    check_row(row | {"fidelity": 0.5, "context": None, "engine_version": 7, "error": "", "strategy": ""})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("key", "x"),
        ("key", "A" * 64),
        ("key", None),
        ("key", b"a" * 64),
        ("task_id", ""),
        ("task_id", 3),
        ("task_id", "a\ud800"),
        ("task_id", "a\0"),
        ("task_type", ["classification"]),
        ("task_type", np.array(["classification", "regression"])),
        ("task_type", "ranking"),
        ("learner", None),
        ("params", "[1]"),
        ("params", "{"),
        ("params", "null"),
        ("params", '{"C": [1]}'),
        ("params", '{"C": NaN}'),
        ("params", '{"C": 1e999}'),
        ("params", '{"C": %s}' % ("9" * 400)),
        ("params", '{"\\u0000": 1}'),
        ("params", '{"C": "\\ud800"}'),
        ("params", '{"": 1}'),
        ("params", "[" * 100_000),
        ("params", {"C": 1}),
        ("strategy", None),
        ("fidelity", 0.0),
        ("fidelity", 1.5),
        ("fidelity", float("nan")),
        ("fidelity", "1"),
        ("context", "a" * 63),
        ("context", 7),
        ("rounds", "null"),
        ("rounds", 7),
        ("rounds", float("nan")),
        ("rounds", json.dumps(ROUNDS | {"chosen": 0})),
        ("rounds", json.dumps(ROUNDS | {"n_grown": 1.5})),
        ("rounds", json.dumps(ROUNDS | {"metric": ""})),
        ("rounds", json.dumps(ROUNDS | {"best": []})),
        ("rounds", json.dumps(ROUNDS | {"best": {}})),
        ("rounds", json.dumps(ROUNDS | {"best": {"auc": [0.5]}})),
        ("rounds", json.dumps(ROUNDS | {"best": {"auc": ["a", 7]}})),
        ("rounds", json.dumps(ROUNDS | {"curve": {"auc": []}})),
        ("rounds", json.dumps(ROUNDS | {"curve": {"auc": {"x": 1.0}}})),
        ("rounds", json.dumps(ROUNDS | {"more": 1})),
        ("status", "weird"),
        ("status", None),
        ("error", None),
        ("fold_metrics", "[]"),
        ("fold_metrics", '{"r2": 1}'),
        ("fold_metrics", '{"r2": [1, "much"]}'),
        ("fold_metrics", '{"r2": [1, 2], "mae": [1]}'),
        ("fold_metrics", '{"r2": [null]}'),
        ("fold_metrics", '{"r2": [%s]}' % ("9" * 400)),
        ("fold_metrics", '{"": [1]}'),
        ("fold_metrics", '{"\\ud800": [1]}'),
        ("fit_seconds", -1.0),
        ("fit_seconds", float("inf")),
        ("fit_seconds", None),
        ("engine_version", 0),
        ("engine_version", 2**31),
        ("engine_version", 1.0),
        ("engine_version", True),
        ("created_at", ""),
        ("created_at", "x"),
        ("task_id", "../x"),
        ("task_id", ".."),
    ],
)
def test_a_wrong_value_is_named_with_the_key(make_trial: MakeTrial, name: str, value: Any) -> None:
    row = make_trial(3).to_row() | {name: value}
    with pytest.raises(DamagedRowError, match=f"is damaged: {name} = ") as caught:
        check_row(row)
    sound = make_trial(3).key
    assert caught.value.key == (None if name == "key" else sound)
    assert str(caught.value).startswith("the trial " + (repr(value)[:50] if name == "key" else sound))
    assert len(str(caught.value)) < 300
    assert "\n" not in str(caught.value)


def test_hyperparameters_are_those_of_their_hash(make_trial: MakeTrial) -> None:
    row = make_trial(3).to_row()
    other = json.dumps(json.loads(row["params"]) | {"C": 7})
    for changed in ({"params": other}, {"learner": "linear"}, {"config_id": "0" * 16}, {"config_id": pd.NA}):
        with pytest.raises(DamagedRowError, match="config_id is not that of its learner"):
            check_row(row | changed)


def test_a_key_is_the_hash_of_its_row(make_trial: MakeTrial) -> None:
    row = make_trial(3).to_row()
    other = make_trial(4).to_row()
    changes: list[dict[str, Any]] = [
        {"key": "b" * 64},
        {"context": "b" * 64},
        {"fidelity": 0.5},
        {name: other[name] for name in ("params", "config_id")},
    ]
    for changed in changes:
        with pytest.raises(DamagedRowError, match="is damaged: it is not the hash of its context, learner"):
            check_row(row | changed)
        # What an older version recorded cannot be checked
        check_row(row | changed | {"context": None})


def test_what_is_ok_has_metrics(make_trial: MakeTrial) -> None:
    for nothing in ("{}", "{ }", '{"r2": []}'):
        row = make_trial(3).to_row() | {"fold_metrics": nothing}
        with pytest.raises(DamagedRowError, match="it is ok and has no metrics"):
            check_row(row)
        check_row(row | {"status": "failed"})


@pytest.mark.parametrize(("folds", "is_right"), [([math.nan, 0.5], True), ([math.nan, math.nan], False)])
def test_a_metric_may_be_undefined_on_a_fold_but_not_all_on_all(
    make_trial: MakeTrial, folds: list[float], is_right: bool
) -> None:
    row = {
        **make_trial(3, "ok").to_row(),
        "fold_metrics": json.dumps({"accuracy": folds, "auc": [math.nan] * 2}),
    }
    if is_right:
        check_row(row)
    else:
        with pytest.raises(DamagedRowError, match="each of its metrics is undefined on each fold"):
            check_row(row)
