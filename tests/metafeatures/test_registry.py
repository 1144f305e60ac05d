from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from foretune.metafeatures import (
    Metafeature,
    MetafeatureExtractor,
    MetafeatureGroup,
    TaskDescription,
    register_metafeatures,
)
from foretune.metafeatures.registry import catalogue, registered_groups

if TYPE_CHECKING:
    from foretune.tasks.task import Task


def area(task: TaskDescription) -> dict[str, float]:
    return {"area": float(task.n_rows * task.n_features)}


CUSTOM = MetafeatureGroup("custom", area, (Metafeature("area", "rows times columns", 0),))


@pytest.mark.usefixtures("clean_registry")
def test_a_group_of_your_own_takes_part(small_regression: Task) -> None:
    register_metafeatures(CUSTOM)
    values = MetafeatureExtractor().extract(small_regression.X, small_regression.y, "regression")
    assert values["custom.area"] == 8
    assert list(values.index)[-1] == "custom.area"


@pytest.mark.usefixtures("clean_registry")
def test_names_are_taken_once() -> None:
    register_metafeatures(CUSTOM)
    assert register_metafeatures(CUSTOM) is CUSTOM
    with pytest.raises(ValueError, match="'custom' is already registered"):
        register_metafeatures(MetafeatureGroup("custom", area, ()))
    with pytest.raises(ValueError, match="'simple' is already registered"):
        register_metafeatures(MetafeatureGroup("simple", area, ()))


def test_unknown_group_is_named_with_the_known() -> None:
    with pytest.raises(ValueError, match=r"'complex'; known are simple, missingness, cardinality"):
        registered_groups(["simple", "complex"])


def test_catalogue_lists_every_column_in_order() -> None:
    groups = registered_groups()
    table = catalogue(groups)
    assert list(table["name"]) == MetafeatureExtractor().columns()
    assert table["name"].is_unique
    assert (table[["formula", "range", "source", "cost", "reads"]] != "").all(axis=None)
    assert "not stated" not in set(table["cost"])
    rows = table.set_index("name")
    assert rows.loc["target.skewness", "task_types"] == "regression"
    assert rows.loc["statistical.canonical_correlation.max", "task_types"] == "classification, regression"
    assert rows.loc["statistical.canonical_correlation.mean", "task_types"] == "classification"
    assert rows.loc["missingness.share_missing", "range"] == "[0, 1]"
    assert rows.loc["simple.log_n_rows", "range"] == "[0, inf)"
    assert rows.loc["statistical.eta_squared.sd", "range"] == "[0, 0.7071]"


def test_catalogue_shows_the_caps() -> None:
    extractor = MetafeatureExtractor(["simple", "pca"], caps={"pca": {"max_rows": 500}})
    reads = extractor.catalogue().groupby("group")["reads"].unique()
    assert reads["simple"].tolist() == ["all rows, all columns"]
    assert reads["pca"].tolist() == ["500 rows, 100 columns"]


def test_catalogue_of_one_task_type() -> None:
    names = set(catalogue(registered_groups(), ["regression"])["name"])
    assert "target.skewness" in names
    assert "information.class_entropy" not in names
