from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pytest

from foretune.metafeatures.description import TaskDescription
from foretune.metafeatures.group import Metafeature, MetafeatureGroup, share, summarise


def compute(_: TaskDescription) -> Mapping[str, float]:
    return {}


GROUP = MetafeatureGroup(
    "custom",
    compute,
    (
        Metafeature("skewness", "of each column", -1, 3, summaries=("mean", "sd")),
        Metafeature("classes", "their number", task_types=("classification",)),
        Metafeature("spread", "by class", task_types=("classification",)),
        Metafeature("spread", "of the target", task_types=("regression",)),
    ),
)


def test_a_metafeature_of_columns_has_a_value_a_summary() -> None:
    assert GROUP.entries[0].keys == ("skewness.mean", "skewness.sd")
    assert GROUP.entries[1].keys == ("classes",)


def test_values_are_listed_by_task_type_each_name_once() -> None:
    assert GROUP.keys(["regression"]) == ["skewness.mean", "skewness.sd", "spread"]
    assert GROUP.keys(["classification"]) == ["skewness.mean", "skewness.sd", "classes", "spread"]
    assert GROUP.keys(["regression", "classification"]) == GROUP.keys(["classification"])
    assert GROUP.columns(["regression"]) == ["custom.skewness.mean", "custom.skewness.sd", "custom.spread"]


def test_the_deviation_of_a_bounded_value_is_bounded() -> None:
    skewness = GROUP.entries[0]
    assert skewness.bounds("skewness.mean") == (-1, 3)
    # The ends of the range are the two values that differ most
    assert skewness.bounds("skewness.sd") == pytest.approx((0, np.std([-1, 3], ddof=1)))


def test_groups_are_checked_on_construction() -> None:
    with pytest.raises(ValueError, match="identifier"):
        MetafeatureGroup("two words", compute, ())
    with pytest.raises(ValueError, match="twice"):
        MetafeatureGroup("custom", compute, (Metafeature("area", "a"), Metafeature("area", "b")))


def test_summarise_leaves_out_what_is_undefined() -> None:
    values = summarise("x", [1.0, math.nan, 4.0], "mean", "sd", "min", "max")
    assert values == {"x.mean": 2.5, "x.sd": pytest.approx(math.sqrt(4.5)), "x.min": 1.0, "x.max": 4.0}


def test_summarise_without_values_is_nan() -> None:
    assert all(np.isnan(v) for v in summarise("x", [], "mean", "sd", "max").values())
    assert np.isnan(summarise("x", [3.0], "sd")["x.sd"])


def test_a_share_of_nothing_is_nan() -> None:
    assert share(1, 4) == 0.25
    assert math.isnan(share(0, 0))
