from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from foretune.metafeatures import Caps, MetafeatureCache
from foretune.metafeatures.cache import KEYS_AT_ONCE, group_key, hash_content
from foretune.metafeatures.caps import ExtractionSettings
from foretune.metafeatures.extraction import GroupResult
from foretune.metafeatures.registry import registered_groups
from foretune.tasks.task import Task, content_hash

if TYPE_CHECKING:
    from pathlib import Path

RESULT = GroupResult({"a": 0.1 + 0.2, "undefined": math.nan}, 1.5, 10, 2)


def test_results_come_back_as_they_were(tmp_path: Path) -> None:
    cache = MetafeatureCache(tmp_path / "folder" / "cache.sqlite")
    assert cache.lookup(["k"]) == {}
    cache.add({"k": RESULT})
    found = MetafeatureCache(cache.path).lookup(["k", "unknown", "k"])
    assert set(found) == {"k"}
    np.testing.assert_equal(found["k"].values, RESULT.values)
    assert (found["k"].seconds, found["k"].n_rows, found["k"].n_columns) == (1.5, 10, 2)


def test_failures_and_results_without_a_key_are_not_kept(tmp_path: Path) -> None:
    cache = MetafeatureCache(tmp_path / "cache.sqlite")
    cache.add({"failed": replace(RESULT, error="ValueError: no"), "": RESULT})
    assert cache.lookup(["failed", ""]) == {}


def test_the_first_result_stays(tmp_path: Path) -> None:
    cache = MetafeatureCache(tmp_path / "cache.sqlite")
    cache.add({"k": RESULT})
    cache.add({"k": replace(RESULT, seconds=9.0)})
    assert cache.lookup(["k"])["k"].seconds == 1.5


def test_many_keys_at_once(tmp_path: Path) -> None:
    cache = MetafeatureCache(tmp_path / "cache.sqlite")
    cache.add({"last": RESULT})
    keys = [f"k{i}" for i in range(2 * KEYS_AT_ONCE + 1)]
    assert set(cache.lookup([*keys, "last"])) == {"last"}


def test_another_file_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "cache.sqlite").write_text("this is no database, " * 100)
    with pytest.raises(OSError, match=r"cache\.sqlite is no cache of metafeatures"):
        MetafeatureCache(tmp_path / "cache.sqlite")


def test_a_key_changes_with_whatever_changes_a_value() -> None:
    (group,) = registered_groups(["pca"])
    settings = ExtractionSettings()
    plain = ("hash", "regression", group, settings, 0)
    others = [
        ("other", "regression", group, settings, 0),
        ("hash", "classification", group, settings, 0),
        ("hash", "regression", replace(group, name="other"), settings, 0),
        ("hash", "regression", replace(group, version="0"), settings, 0),
        ("hash", "regression", replace(group, caps=Caps(max_rows=99)), settings, 0),
        ("hash", "regression", replace(group, caps=Caps(max_columns=9)), settings, 0),
        ("hash", "regression", group, ExtractionSettings(n_bins=4), 0),
        ("hash", "regression", group, settings, 1),
    ]
    keys = {group_key(*arguments) for arguments in [plain, *others]}
    assert len(keys) == 1 + len(others)
    assert group_key("hash", "regression", replace(group, caps=Caps(max_seconds=1)), settings, 0) in keys


def test_columns_of_python_objects_have_no_fingerprint() -> None:
    y = pd.Series([1.0, 2.0])
    assert hash_content(Task("a", "regression", pd.DataFrame({"x": [[1], [2]]}), y)) is None
    categories = pd.DataFrame({"x": pd.Categorical(["a", "b"]), "z": [1, 2]})
    assert hash_content(Task("a", "regression", categories, y)) is not None


def test_days_that_were_dates_have_another_fingerprint() -> None:
    y = pd.Series([1.0, 2.0])
    dates = pd.DataFrame({"x": pd.to_datetime(["1970-01-02", "1970-01-05"])})
    one, two = (Task("a", "regression", X, y) for X in (dates, pd.DataFrame({"x": [1.0, 4.0]})))
    assert content_hash(one) == content_hash(two)
    assert hash_content(one) != hash_content(two)
