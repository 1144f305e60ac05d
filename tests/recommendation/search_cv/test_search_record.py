"""What a fitted search keeps."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_wine

from foretune import MetaSearchCV
from foretune.recommendation.core.memory import load_memory
from foretune.recommendation.search_cv.search_record import SearchRecord, fingerprint_of

X, Y = load_wine(return_X_y=True, as_frame=True)


def _fit(memory_folder: Path, y: pd.Series = Y, **given: object) -> SearchRecord:
    search = MetaSearchCV("svm", n_trials=0, random_state=0, memory=memory_folder, **given).fit(X, y)
    record: SearchRecord = search._record_
    return record


def test_it_has_no_rows_and_gives_the_recommender_back(memory_folder: Path) -> None:
    record = _fit(memory_folder)
    many = pickle.dumps(record)
    # Of 178 rows of 13 numbers the values alone are 18 kB
    assert len(many) < 18_000
    memory = load_memory("classification", memory_folder)
    assert record.fingerprint == fingerprint_of(memory)
    back = record.recommend(memory)
    assert back is not None
    assert back.new_task.n_rows == len(X)
    assert list(back.new_task.X.columns) == list(X.columns)
    assert back.metafeatures.notna().any()
    assert back.candidates.configurations


def test_another_memory_has_another_fingerprint(memory_folder: Path) -> None:
    memory = load_memory("classification", memory_folder)
    family = memory.training_set.families[0]
    assert fingerprint_of(memory.without([family])) != fingerprint_of(memory)


@pytest.mark.parametrize(
    ("labels", "problem", "label_type"),
    [
        (Y, "", None),
        (Y.map({0: "a", 1: "b", 2: "c"}), "", None),
        (Y.astype(object), "", "int"),
        (Y.map({0: b"a", 1: b"b", 2: b"c"}), "not the labels", None),
    ],
    ids=["numbers", "texts", "objects", "bytes"],
)
@pytest.mark.filterwarnings("ignore")
def test_a_target_that_a_program_cannot_read_is_told(
    memory_folder: Path, labels: pd.Series, problem: str, label_type: str | None
) -> None:
    record = _fit(memory_folder, labels, task_type="classification")
    assert problem in record.problem
    assert bool(record.problem) == bool(problem)
    if not problem:
        assert record.facts is not None
        assert record.facts.label_type == label_type


def test_a_sample_is_kept_as_its_sizes(memory_folder: Path) -> None:
    with pytest.warns(UserWarning, match="rows"):
        record = _fit(memory_folder, max_rows=60)
    assert record.plan.strata_sizes is not None
    assert sum(record.plan.strata_sizes) == pytest.approx(60, abs=3)
    assert not len(record.plan.rows)
    assert np.sum(record.facts.class_counts if record.facts else 0) == sum(record.plan.strata_sizes)
