from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from foretune.base import TASK_TYPES, TaskType
from foretune.metafeatures import MetafeatureExtractor
from foretune.metafeatures.groups import BUILTIN_GROUPS
from foretune.metafeatures.row_counts import TELLING_ROWS, tells_rows

# Repeated rows are neighbours of themselves, and in several folds
WITHOUT_NEIGHBOURS = [
    group.name for group in BUILTIN_GROUPS if group.name not in ("landmarking", "complexity")
]
# What else repeating changes: no row has a value of its own any more, and ties in growing the tree
BESIDE_ROWS = ("cardinality.share_identifier", "model_based.log_column_uses")


def _table() -> tuple[pd.DataFrame, dict[TaskType, pd.Series]]:
    rng = np.random.default_rng(0)
    n = 60
    X = pd.DataFrame(rng.normal(size=(n, 3)), columns=list("abc"))
    X["whole"] = rng.integers(0, 5, n).astype(float)
    X["waiting"] = rng.exponential(size=n).round(1)
    X.loc[::9, "waiting"] = np.nan
    X["kind"] = pd.Categorical(rng.choice(list("xyz"), n))
    number = X["a"] + rng.normal(size=n)
    # The smallest class has fewer than 15 rows, and three times as many are more
    classes = pd.Series(np.where(number > 0.3, "u", "v")).mask(np.arange(n) < 9, "w")
    return X, {"classification": classes, "regression": number}


@pytest.mark.parametrize("task_type", TASK_TYPES)
def test_what_repeating_every_row_changes_tells_the_number_of_rows(task_type: TaskType) -> None:
    X, targets = _table()
    extractor = MetafeatureExtractor(groups=WITHOUT_NEIGHBOURS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        once, thrice = (
            extractor.extract(
                pd.concat([X] * times, ignore_index=True),
                pd.concat([targets[task_type]] * times, ignore_index=True),
                task_type,
            )
            for times in (1, 3)
        )
    # Unbiased estimates depend on the rows by a term of 1 / n
    is_same = np.isclose(once, thrice, rtol=0.03, atol=0.01, equal_nan=True)
    changed = {name for name in once.index[~is_same] if not name.startswith(BESIDE_ROWS)}
    told = {name for name in once.index[once.notna()] if tells_rows(name)}
    assert changed <= told
    # The power of a test may, and need not, suffice for one more rejection
    assert told - changed <= {"statistical.share_normal", "information.share_relevant"}


def test_every_name_is_a_metafeature() -> None:
    known = {f"{group.name}.{entry.name}" for group in BUILTIN_GROUPS for entry in group.entries}
    assert known >= TELLING_ROWS


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("simple.log_n_rows", True),
        ("cardinality.distinct_share.max", True),
        ("target.distinct_share", True),
        ("simple.log_n_features", False),
        ("cardinality.mode_share.max", False),
        ("log_n_rows", False),
        ("", False),
    ],
)
def test_summaries_count_as_what_they_summarise(column: str, expected: bool) -> None:
    assert tells_rows(column) is expected
